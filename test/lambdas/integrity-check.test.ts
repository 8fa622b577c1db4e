import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';
import { type Bundles, bundleFunctions, type CallEnd } from '../support/functions.ts';
import { TEAM_RULES, unwatched } from '../support/integrity.ts';

const FAMILY = `CREATE TABLE projects (id int PRIMARY KEY); INSERT INTO projects VALUES (1);
  CREATE TABLE stories (id int PRIMARY KEY, project_id int REFERENCES projects); INSERT INTO stories VALUES (1, 1)`;
const RULES = { rules: [] };

let bundles: Bundles;
let client: SecretsManagerClient;
beforeAll(async () => {
  bundles = await bundleFunctions(['integrity-check']);
  client = new SecretsManagerClient({
    endpoint: inject('s3').endpoint,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterAll(() => bundles.remove());

/** The ARN of a new secret, which is empty where no value is given. */
async function secret(value?: string): Promise<string> {
  const name = `test-${crypto.randomUUID()}`;
  const { ARN = '' } = await client.send(
    new CreateSecretCommand({ Name: name, ...(value === undefined ? {} : { SecretString: value }) }),
  );
  return ARN;
}

async function call(
  event: unknown,
  arns: { source?: string; target?: string },
  config: unknown = RULES,
): Promise<CallEnd> {
  return bundles.call('integrity-check', event, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: inject('s3').endpoint,
    ENVIRONMENT_NAME: 'test',
    ...(arns.source === undefined ? {} : { DATABASE_SECRET_ARN: arns.source }),
    ...(arns.target === undefined ? {} : { TARGET_DATABASE_SECRET_ARN: arns.target }),
    INTEGRITY_CONFIG: JSON.stringify(config),
  });
}

describe('the integrity check', () => {
  let sound: TestDatabase;
  let broken: TestDatabase;
  beforeAll(async () => {
    [sound, broken] = await Promise.all([makeDatabase(15), makeDatabase(17)]);
    await Promise.all([sound.query(FAMILY), broken.query(FAMILY)]);
    await broken.query(unwatched('INSERT INTO stories VALUES (2, 7)'));
  });

  it('looks at the database that was asked for', async () => {
    const arns = { source: await secret(sound.url), target: await secret(broken.url) };
    expect((await call({ target: 'source' }, arns, TEAM_RULES)).result).toMatchObject({
      target: 'source',
      database: sound.name,
      outcome: 'verified',
      counts: { errors: 0, notApplicable: 2 },
      findings: [{ name: 'orphaned-video-generations' }, { name: 'user-roles' }],
      findingsLeftOut: 0,
    });
    const { result, log } = await call({ target: 'target' }, arns);
    expect(result).toMatchObject({
      target: 'target',
      database: broken.name,
      outcome: 'violated',
      counts: { errors: 1 },
    });
    expect(result.findings).toEqual([
      expect.objectContaining({ violations: '1', samples: [{ id: '2', project_id: '7' }] }),
    ]);
    expect(log).toContainEqual(
      expect.objectContaining({
        message: 'finding',
        rule: 'foreign-key:public.stories.stories_project_id_fkey',
      }),
    );
  });

  it('answers within what a state holds, however much is wrong', async () => {
    const database = await makeDatabase(17);
    await database.query(`CREATE TABLE parents (id text PRIMARY KEY); DO $$ BEGIN FOR n IN 1..400 LOOP EXECUTE format(
      'CREATE TABLE children_%s (id text PRIMARY KEY, parent text REFERENCES parents)', n); END LOOP; END $$`);
    await database.query(
      unwatched(`DO $$ BEGIN FOR n IN 1..400 LOOP EXECUTE format(
      'INSERT INTO children_%s SELECT repeat(''한'', 90) || g, repeat(''"'', 300) FROM generate_series(1, 30) g', n); END LOOP; END $$`),
    );
    const { result } = await call({ target: 'source' }, { source: await secret(database.url) });
    expect(result.counts).toMatchObject({ errors: 400, rules: 400 });
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(105_000);
    expect(result.findings.length + result.findingsLeftOut).toBe(400);
    expect(result.findings[0].samples).toHaveLength(20);
    expect(result.findings.at(-1).violations).toBe('30');
  });

  it.each([
    ['no event', {}, 'EventInvalidError', /target: expected source or target/],
    ['an odd target', { target: 'elsewhere' }, 'EventInvalidError', /target: expected source or target/],
    ['more than it takes', { target: 'source', query: 'DROP' }, 'EventInvalidError', /"query"/],
  ])('refuses %s', async (_, event, name, message) => {
    const { error } = await call(event, { source: await secret(sound.url) });
    expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
  });

  it('names the secret that is not set, not there, or still empty', async () => {
    const missing = 'arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:gone-abcdef';
    expect((await call({ target: 'target' }, {})).error).toMatchObject({
      name: 'EnvironmentError',
      message: expect.stringMatching(/^TARGET_DATABASE_SECRET_ARN is not set/),
    });
    for (const source of [missing, await secret()]) {
      const { error } = await call({ target: 'source' }, { source });
      expect(error).toMatchObject({
        name: 'SecretUnreadableError',
        message: expect.stringContaining(source),
      });
    }
  });

  const PASSWORD = 'pass/word@of:the#role%';
  it.each([
    [
      'a password that was not encoded',
      `postgresql://u:${PASSWORD}@localhost/db`,
      'DatabaseUrlError',
      /holds no PostgreSQL connection string/,
    ],
    [
      'one cut in two by #',
      'postgresql://u:12#word@localhost/db',
      'DatabaseUrlError',
      /holds no PostgreSQL connection string/,
    ],
    ['no connection string', 'word', 'DatabaseUrlError', /holds no PostgreSQL connection string/],
    ['bad encoding', 'postgresql://u:word%zz@localhost/db', 'DatabaseUrlError', /per cent sign/],
    [
      'a port that is none',
      'postgresql://u:word@localhost:70000/db',
      'DatabaseUrlError',
      /port that is no number/,
    ],
    [
      'the transaction pooler',
      'postgresql://u:word@localhost:6543/db',
      'TransactionPoolerError',
      /^localhost is addressed on port 6543/,
    ],
    [
      'a client certificate',
      'postgresql://u:word@localhost/db?sslcert=/x',
      'EnvironmentError',
      /has sslcert/,
    ],
    [
      'verification by nothing',
      'postgresql://u:word@localhost/db?sslmode=verify-full',
      'EnvironmentError',
      /without sslrootcert/,
    ],
    [
      'an odd mode',
      'postgresql://u:word@localhost/db?sslmode=maybe',
      'EnvironmentError',
      /has sslmode=maybe/,
    ],
    [
      'a closed port',
      'postgresql://u:word@127.0.0.1:1/db',
      'UnreachableDatabaseError',
      /database db at 127\.0\.0\.1:1: .*ECONNREFUSED/,
    ],
  ])('refuses %s, and never repeats it', async (_, url, name, message) => {
    const { error, log } = await call({ target: 'source' }, { source: await secret(url) });
    expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
    for (const part of ['word', 'u:12'])
      expect(
        JSON.stringify([error, log]).replaceAll('password@host', '').replaceAll('user and password', ''),
      ).not.toContain(part);
  });
});

describe('sslmode means what libpq means', () => {
  let secure: LocalPostgres;
  let plain: TestDatabase;
  beforeAll(async () => {
    secure = await startPostgres({ major: 15, ssl: true, auth: 'scram-sha-256', password: 'p@ss:w/ö rd%+' });
    await secure.createDatabase('db');
    plain = await makeDatabase(15);
  });
  afterAll(() => secure.stop());

  /** Whether TLS was on in the session that ran the rule. */
  async function tlsOf(url: string): Promise<unknown> {
    const sql = 'SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()';
    const { result, error } = await call(
      { target: 'source' },
      { source: await secret(url) },
      { rules: [{ name: 'tls', sql }] },
    );
    return error?.message ?? result.findings[0].samples[0].ssl;
  }

  const own = () => secure.caFile ?? '';
  it.each<[string, () => Record<string, string>, string | RegExp]>([
    ['nothing', () => ({}), 'true'],
    ['prefer', () => ({ sslmode: 'prefer' }), 'true'],
    ['disable', () => ({ sslmode: 'disable' }), 'false'],
    ['require, by a stranger', () => ({ sslmode: 'require' }), 'true'],
    ['require, with its authority', () => ({ sslmode: 'require', sslrootcert: own() }), 'true'],
    ['verify-ca', () => ({ sslmode: 'verify-ca', sslrootcert: own() }), 'true'],
    ['verify-full', () => ({ sslmode: 'verify-full', sslrootcert: own(), host: 'localhost' }), 'true'],
    [
      'verify-full of another name',
      () => ({ sslmode: 'verify-full', sslrootcert: own(), host: 'elsewhere.test', hostaddr: '127.0.0.1' }),
      /elsewhere\.test/,
    ],
    ['verify-full of a stranger', () => ({ sslmode: 'verify-full', sslrootcert: 'system' }), /self-signed/],
    ['the system alone', () => ({ sslrootcert: 'system' }), /self-signed/],
  ])('%s', async (_, params, expected) => {
    const seen = await tlsOf(secure.url('db', { params: params() }));
    if (expected instanceof RegExp) expect(seen).toMatch(expected);
    else expect(seen).toBe(expected);
  });

  it('takes a server without TLS only where that is not asked for', async () => {
    expect(await tlsOf(plain.url)).toBe('false');
    expect(await tlsOf(`${plain.url}?sslmode=require`)).toMatch(/does not support SSL/);
  });
});
