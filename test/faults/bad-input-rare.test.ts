import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectRefused, runIn, withPassword } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';
import { asUser, makeRole } from '../support/runs.ts';

const DAILY = ['backup', '--kind', 'daily'];
let source: TestDatabase;
let run: FaultRun;
beforeAll(async () => {
  source = await makeDatabase(17);
  await source.query('CREATE TABLE small AS SELECT 1 AS id');
  run = await prepareRun({ url: withPassword(source.url) }, {});
});

/** A public key that was good until 2020. */
async function expiredKey(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'vpb-k-'));
  const gpg = (...args: string[]) =>
    execa('gpg', ['--batch', '--homedir', home, '--pinentry-mode', 'loopback', '--passphrase', '', ...args]);
  const then = ['--faked-system-time', '20200101T000000!'];
  try {
    await gpg(...then, '--quick-gen-key', 'old <old@example.test>', 'default', 'default', '1d');
    return (await gpg('--armor', '--export')).stdout;
  } finally {
    await execa('gpgconf', ['--homedir', home, '--kill', 'all'], { reject: false });
    await rm(home, { recursive: true, force: true });
  }
}

describe('bad input leaves no process, file or secret behind', () => {
  it('without a verb, and the message says which there are', async () => {
    await expectRefused(run, [], {}, ['UsageError', /backup.*list.*verify.*restore/s]);
  });

  const { publicKey } = inject('keys');
  it.each<[string, () => Promise<string>, RegExp]>([
    ['an expired key', expiredKey, /which cannot encrypt now.*renew/],
    [
      'a good key and an expired one',
      async () => `${publicKey}\n${await expiredKey()}`,
      /which cannot encrypt now/,
    ],
    [
      'a key that was damaged on its way',
      async () => publicKey.replace(/\n[A-Za-z0-9+/]{40}/, '\n'),
      /^GPG_PUBLIC_KEY holds no/,
    ],
  ])('with %s', async (_, key, says) => {
    await expectRefused(run, DAILY, { GPG_PUBLIC_KEY: await key() }, ['KeyError', says]);
  });

  it('without any client programs', async () => {
    const env = { BACKUP_POSTGRES_BINDIRS: '/nowhere' };
    await expectRefused(run, DAILY, env, ['ClientTooOldError', /17 or newer, found none/]);
  });

  it.each(['gpg', 'zstd'])('without %s, to back up or to restore', async (missing) => {
    const made = await runIn(run, DAILY);
    const PATH = await mkdtemp(join(tmpdir(), 'vpb-path-'));
    for (const program of ['gpg', 'gpgconf', 'gpg-agent', 'zstd'].filter((name) => name !== missing))
      await symlink(join('/usr/bin', program), join(PATH, program));
    const env = { PATH, BACKUP_POSTGRES_BINDIRS: inject('servers')[17].binDir };
    const refusal = ['MissingProgramError', new RegExp(`${missing} was not found on PATH`)] as const;
    await expectRefused(run, [...DAILY, '--slot', '2026-11-01T00:00:00Z'], env, refusal);
    const target = { TARGET_DATABASE_URL: (await makeDatabase(17)).url };
    await expectRefused(run, ['restore', made.result.id, '--mode', 'full'], { ...env, ...target }, refusal);
  });

  it('with a host that has no address', async () => {
    const env = { DATABASE_URL: run.env.DATABASE_URL?.replace('127.0.0.1', 'nowhere.invalid') ?? '' };
    await expectRefused(run, DAILY, env, ['UnreachableDatabaseError', /nowhere\.invalid/]);
  });

  it.each([
    [
      'row level security that is forced upon the owner',
      (role: string) =>
        `ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; ALTER TABLE hidden FORCE ROW LEVEL SECURITY;
         ALTER TABLE hidden OWNER TO ${role}; GRANT SELECT ON small TO ${role}`,
      /row level security hides rows of public\.hidden/,
    ],
    [
      'a schema that the role may not enter',
      (role: string) =>
        `CREATE SCHEMA closed; ALTER TABLE hidden SET SCHEMA closed;
         GRANT SELECT ON ALL TABLES IN SCHEMA public, closed TO ${role}`,
      /no SELECT on closed\.hidden/,
    ],
  ])('with %s', async (_, prepare, says) => {
    const database = await makeDatabase(17);
    const role = await makeRole(inject('servers')[17].url, 'LOGIN');
    await database.query(`CREATE TABLE small AS SELECT 1 AS id; CREATE TABLE hidden AS SELECT 2 AS id`);
    await database.query(prepare(role));
    const env = { DATABASE_URL: asUser(database.url, role, 'Never/Printed:4711') };
    await expectRefused(run, DAILY, env, ['UnreadableTablesError', says]);
  });

  it('with a target that cannot hold the characters of the source', async () => {
    const made = await runIn(run, DAILY);
    expect(made, made.stderr + made.stdout).toMatchObject({ exitCode: 0 });
    const { url } = await makeDatabase(17, `ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    const env = { TARGET_DATABASE_URL: withPassword(url) };
    const args = ['restore', made.result.id, '--mode', 'full'];
    await expectRefused(run, args, env, ['UnsuitableTargetError', /LATIN1.*UTF8/]);
  });
});

describe('a role that would miss large objects', () => {
  const owned = (role: string) => `SELECT lo_from_bytea(11, 'own'); ALTER LARGE OBJECT 11 OWNER TO ${role};
    SELECT lo_from_bytea(12, 'granted'); GRANT SELECT ON LARGE OBJECT 12 TO ${role};
    SELECT lo_from_bytea(13, 'everybody'); GRANT SELECT ON LARGE OBJECT 13 TO PUBLIC;
    SELECT lo_from_bytea(14, 'by membership'); GRANT SELECT ON LARGE OBJECT 14 TO pg_read_all_data;
    GRANT pg_read_all_data TO ${role}`;

  async function asReader(more: string): Promise<{ run: FaultRun; env: Record<string, string> }> {
    const database = await makeDatabase(15);
    const role = await makeRole(database.url, 'LOGIN');
    await database.query(`${owned(role)}; ${more}`);
    return { run: await prepareRun(database), env: { DATABASE_URL: asUser(database.url, role) } };
  }

  it('is refused, and they are named', async () => {
    const closed = "SELECT lo_from_bytea(4711, 'closed'); SELECT lo_from_bytea(4712, 'for writing'); ";
    const { run, env } = await asReader(`${closed}GRANT UPDATE ON LARGE OBJECT 4712 TO PUBLIC`);
    await expectRefused(run, DAILY, env, [
      'UnreadableLargeObjectsError',
      /role role_\w+ cannot read the large objects 4711, 4712;/,
    ]);
  });

  it('is taken where it may read them all, in whatever way', async () => {
    const { run, env } = await asReader('SELECT 1');
    const end = await runIn(run, DAILY, env);
    expect(end, end.stdout).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  });

  it('is taken for a set of tables, which holds none', async () => {
    const { run, env } = await asReader("SELECT lo_from_bytea(4711, 'closed'); CREATE TABLE users (id int)");
    const end = await runIn(run, ['backup', '--kind', 'critical'], env);
    expect(end, end.stdout).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  });
});
