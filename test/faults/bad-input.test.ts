import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { freePort } from '../../local/processes.ts';
import {
  clientsEnv,
  configEnv,
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { makeKeyPair } from '../support/keys.ts';
import { asUser, makeRole, said } from '../support/runs.ts';

const SECRET = 'Swordfish-8c1f';
const BACKUP = ['backup', '--kind', 'daily'];
const SLOT = '2026-11-24T02:00:00';

type Env = Record<string, string>;

let source: TestDatabase;
let locked: LocalPostgres;
beforeAll(async () => {
  [source, locked] = await Promise.all([
    makeDatabase(15),
    startPostgres({ major: 15, auth: 'scram-sha-256', password: 'Correct-horse-51' }),
  ]);
  await source.query('CREATE TABLE films (id int PRIMARY KEY); INSERT INTO films VALUES (1), (2)');
});
afterAll(() => locked.stop());

interface Attempt {
  readonly bucket: TestBucket;
  readonly end: EngineEnd;
}

/** A run that would make a set, but for what the test changes; the password is always in its environment. */
async function attempt(args: readonly string[], change: Env = {}): Promise<Attempt> {
  const bucket = await makeBucket();
  const { GPG_PRIVATE_KEY: _, ...env } = engineEnv(bucket, { url: withSecret(source.url) });
  const given = { ...env, ...(await configEnv({ upload: { attempts: 1 } })), ...change };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  return { bucket, end: await engine(args, set) };
}

function withSecret(url: string): string {
  return asUser(url, decodeURIComponent(new URL(url).username), SECRET);
}

/** The URL with one part changed. */
function changed(url: string, change: (parts: URL) => void): string {
  const parts = new URL(url);
  change(parts);
  return parts.href;
}

async function expectRefused({ bucket, end }: Attempt, name: string, message: RegExp): Promise<void> {
  expect(end, said(end)).toMatchObject({
    exitCode: 3,
    signal: null,
    result: {
      outcome: 'bad-input',
      exitCode: 3,
      error: { name, message: expect.stringMatching(message) },
    },
  });
  expect(await bucket.keys()).toEqual([]);
  for (const secret of [SECRET, 'PRIVATE KEY', 'Correct-horse'])
    expect(end.stdout + end.stderr).not.toContain(secret);
}

describe('a command line that is wrong', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown verb', ['bakup', '--kind', 'daily'], /bakup.*--help/],
    ['no verb', [], /--help/],
    ['an unknown option', [...BACKUP, '--fast'], /--fast.*--help/],
    ['a kind that does not exist', ['backup', '--kind', 'hourly'], /hourly.*daily.*critical/],
    ['no kind', ['backup'], /--kind/],
    ['an option without its value', ['backup', '--kind'], /--kind/],
    ['an argument too many', [...BACKUP, 'now'], /arguments.*--help/],
    ['a slot without a zone', [...BACKUP, '--slot', SLOT], /zone.*2026-11-24T02:00:00\+09:00/],
    ['a slot on a day that does not exist', [...BACKUP, '--slot', '2026-02-30T02:00:00Z'], /2026-02-30/],
    ['a slot of the year 0', [...BACKUP, '--slot', '0000-01-01T00:00:00Z'], /year 0000.*1970 to 9999/],
    ['a slot in a leap second', [...BACKUP, '--slot', '2016-12-31T23:59:60Z'], /leap second/],
    [
      'a time beside a set id',
      ['restore', 'daily-20260101T000000Z', '--mode', 'full', '--at', '2026-01-01T00:00:00Z'],
      /--at .*only with latest.*daily-20260101T000000Z/,
    ],
    ['a slot that is no time', [...BACKUP, '--slot', 'yesterday'], /yesterday.*ISO 8601/],
  ])('is refused: %s', async (_, args, message) => {
    await expectRefused(await attempt(args), 'UsageError', message);
  });
});

describe('a connection string where none belongs', () => {
  const url = `postgresql://user:${SECRET}@host/db`;
  it.each<[string, string[]]>([
    ['as verb', [url]],
    ['as an argument too many', [...BACKUP, url]],
    ['as set id', ['verify', url]],
    ['as kind', ['backup', '--kind', url]],
    ['as slot', [...BACKUP, `--slot=${url}`]],
    ['as an option', [...BACKUP, `--${url}`]],
  ])('is not repeated: %s', async (_, args) => {
    await expectRefused(await attempt(args), 'UsageError', /./);
  });
});

describe('an environment that lacks something', () => {
  it.each(['DATABASE_URL', 'BACKUP_BUCKET', 'GPG_PUBLIC_KEY'])('is refused: no %s', async (variable) => {
    const message = new RegExp(`^${variable} is not set; set it to`);
    await expectRefused(await attempt(BACKUP, { [variable]: '' }), 'EnvironmentError', message);
  });

  it('is refused: a variable of blanks only', async () => {
    const run = await attempt(BACKUP, { DATABASE_URL: '  ' });
    await expectRefused(run, 'EnvironmentError', /^DATABASE_URL is not set/);
  });
});

describe('a public key that cannot be used', () => {
  it.each<[string, () => Promise<string> | string, RegExp]>([
    ['no key at all', () => 'no key', /^GPG_PUBLIC_KEY holds no OpenPGP key/],
    ['a private key', () => inject('keys').privateKey, /^GPG_PUBLIC_KEY holds a private key; .*--export/],
    [
      'a key that can only sign',
      async () => (await makeKeyPair('signer', { signOnly: true })).publicKey,
      /^GPG_PUBLIC_KEY holds key [0-9A-F]{40}, which cannot encrypt now/,
    ],
    [
      'a key cut in half',
      () => inject('keys').publicKey.slice(0, inject('keys').publicKey.length / 2),
      /^GPG_PUBLIC_KEY holds no/,
    ],
    [
      'a good key beside one that can only sign',
      async () =>
        `${inject('keys').publicKey}\n${(await makeKeyPair('signer', { signOnly: true })).publicKey}`,
      /^GPG_PUBLIC_KEY holds key [0-9A-F]{40}, which cannot encrypt now/,
    ],
  ])('is refused: %s', async (_, key, message) => {
    await expectRefused(await attempt(BACKUP, { GPG_PUBLIC_KEY: await key() }), 'KeyError', message);
  });
});

describe('a database that cannot be reached', () => {
  it.each<[string, (url: string, port: number) => string, string, RegExp]>([
    [
      'nobody listens on the port',
      (url, port) => changed(url, (parts) => Object.assign(parts, { port: String(port) })),
      'UnreachableDatabaseError',
      /ECONNREFUSED.*check host, port/,
    ],
    [
      'there is no such database',
      (url) => changed(url, (parts) => Object.assign(parts, { pathname: '/nowhere' })),
      'UnreachableDatabaseError',
      /database nowhere at .*"nowhere" does not exist/,
    ],
    [
      'a wrong password',
      () => locked.url('postgres', { password: SECRET }),
      'UnreachableDatabaseError',
      /password authentication failed/,
    ],
    [
      'no password where one is needed',
      () => locked.url('postgres', { user: 'somebody' }),
      'UnreachableDatabaseError',
      /password/,
    ],
    [
      'port 6543, a transaction pooler',
      (url) => changed(url, (parts) => Object.assign(parts, { port: '6543' })),
      'TransactionPoolerError',
      /6543.*5432/,
    ],
    [
      'the text is no connection string',
      () => `host=127.0.0.1 password=${SECRET}`,
      'DatabaseUrlError',
      /^DATABASE_URL is no PostgreSQL connection string/,
    ],
    [
      'a per cent sign that is not encoded',
      (url) => url.replace(SECRET, `${SECRET}%zz`),
      'DatabaseUrlError',
      /percent-encod/,
    ],
    [
      'an sslmode that does not exist',
      (url) => `${url}?sslmode=always`,
      'EnvironmentError',
      /sslmode=always.*verify-full/,
    ],
    [
      'TLS is demanded and not offered',
      (url) => `${url}?sslmode=require`,
      'UnreachableDatabaseError',
      /does not support SSL.*sslmode/,
    ],
  ])('is refused: %s', async (_, url, name, message) => {
    const run = await attempt(BACKUP, { DATABASE_URL: url(withSecret(source.url), await freePort()) });
    await expectRefused(run, name, message);
  });

  it('is refused: client programs older than the server', async () => {
    const { url } = await makeDatabase(17);
    const run = await attempt(BACKUP, { DATABASE_URL: withSecret(url), ...clientsEnv(15) });
    await expectRefused(run, 'ClientTooOldError', /version 17 or newer, found 15; .*BACKUP_POSTGRES_BINDIRS/);
  });
});

describe('a bucket that cannot be used', () => {
  it('is refused: it does not exist', async () => {
    const run = await attempt(BACKUP, { BACKUP_BUCKET: 'test-nowhere' });
    await expectRefused(
      run,
      'BucketError',
      /bucket test-nowhere .*there is no such bucket; check BACKUP_BUCKET/,
    );
  });

  it('is refused: nobody listens at the endpoint', async () => {
    const run = await attempt(BACKUP, { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${await freePort()}` });
    await expectRefused(run, 'BucketError', /ECONNREFUSED.*endpoint/);
  });
});

describe('a role that would miss rows', () => {
  /** A database with a table the role reads, one it does not, and one of whose rows it sees only some. */
  async function asReader(grants: string): Promise<Env> {
    const database = await makeDatabase(15);
    const role = await makeRole(database.url, 'LOGIN');
    await database.query(`
      CREATE TABLE open (id int); CREATE TABLE closed (id int); CREATE TABLE filtered (id int);
      INSERT INTO filtered VALUES (1), (2);
      ALTER TABLE filtered ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON filtered USING (id = 1);
      GRANT SELECT ON open, ${grants} TO ${role}`);
    return { DATABASE_URL: asUser(database.url, role, SECRET) };
  }

  it.each<[string, string, RegExp]>([
    [
      'row level security hides some',
      'closed, filtered',
      /: row level security hides rows of public\.filtered;/,
    ],
    ['it may not read a table', 'open', /: no SELECT on public\.closed, public\.filtered;/],
    ['both', 'filtered', /: no SELECT on public\.closed; row level security hides rows of public\.filtered;/],
  ])('is refused: %s', async (_, grants, message) => {
    await expectRefused(await attempt(BACKUP, await asReader(grants)), 'UnreadableTablesError', message);
  });

  it('is refused: none of the tables of the kind exists, with what there is', async () => {
    const run = await attempt(['backup', '--kind', 'critical']);
    await expectRefused(run, 'NoSuchTableError', /no table public\.users .*public\.films/);
  });
});
