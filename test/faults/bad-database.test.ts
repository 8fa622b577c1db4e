import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { freePort } from '../../local/processes.ts';
import { clientsEnv, databaseUrl, makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectRefused, withPassword } from '../support/fault-guard.ts';
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

function changed(url: string, change: (url: URL) => void): { DATABASE_URL: string } {
  const copy = new URL(withPassword(url));
  change(copy);
  return { DATABASE_URL: copy.href };
}

describe('a database that cannot be reached is refused', () => {
  it('when nobody listens', async () => {
    const port = String(await freePort());
    const env = changed(source.url, (url) => {
      url.port = port;
    });
    await expectRefused(run, DAILY, env, ['UnreachableDatabaseError', new RegExp(`${port}.*ECONNREFUSED`)]);
  });

  it('when the host has no address', async () => {
    const env = changed(source.url, (url) => {
      url.hostname = 'nowhere.invalid';
    });
    await expectRefused(run, DAILY, env, ['UnreachableDatabaseError', /nowhere\.invalid/]);
  });

  it('when there is no such database', async () => {
    const env = { DATABASE_URL: databaseUrl(withPassword(source.url), 'nowhere') };
    await expectRefused(run, DAILY, env, ['UnreachableDatabaseError', /database "nowhere" does not exist/]);
  });

  it.each([
    ['no connection string', 'here it is', /^DATABASE_URL is no PostgreSQL connection string/],
    ['another scheme', 'mysql://root:Never%2FPrinted@127.0.0.1/x', /^DATABASE_URL is no PostgreSQL/],
    ['a per cent sign too many', 'postgresql://a:50%-wrong@127.0.0.1/x', /^DATABASE_URL has a %/],
  ])('when DATABASE_URL is %s', async (_, DATABASE_URL, says) => {
    await expectRefused(run, DAILY, { DATABASE_URL }, ['DatabaseUrlError', says]);
  });

  it('when it is behind the port of a transaction pooler', async () => {
    const env = changed(source.url, (url) => {
      url.port = '6543';
    });
    await expectRefused(run, DAILY, env, ['TransactionPoolerError', /6543.*session pooler/]);
  });
});

describe('a server that asks for a password', () => {
  let server: LocalPostgres;
  beforeAll(async () => {
    server = await startPostgres({ major: 17, auth: 'scram-sha-256' });
  });
  afterAll(() => server?.stop());

  it('refuses a wrong one, which is not printed', async () => {
    const env = { DATABASE_URL: withPassword(server.url('postgres')) };
    await expectRefused(run, DAILY, env, ['UnreachableDatabaseError', /password authentication failed/]);
  });

  it('refuses none', async () => {
    const env = { DATABASE_URL: server.url('postgres', { user: 'postgres', password: '' }) };
    await expectRefused(run, DAILY, env, ['UnreachableDatabaseError', /password/]);
  });
});

describe('a database that cannot be read whole is refused', () => {
  it('by clients that are older than the server', async () => {
    const env = clientsEnv(15);
    await expectRefused(run, DAILY, env, [
      'ClientTooOldError',
      /version 17 or newer, found 15.*postgresql-client-17/,
    ]);
  });

  it('by no clients at all', async () => {
    const env = { BACKUP_POSTGRES_BINDIRS: '/nowhere' };
    await expectRefused(run, DAILY, env, ['ClientTooOldError', /found none/]);
  });

  it.each([
    [
      'row level security hides rows from a role that may select',
      (role: string) =>
        `ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; GRANT SELECT ON small, hidden TO ${role}`,
      /row level security hides rows of public\.hidden.*BYPASSRLS/,
    ],
    [
      'row level security is forced upon the owner',
      (role: string) =>
        `ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; ALTER TABLE hidden FORCE ROW LEVEL SECURITY;
         ALTER TABLE hidden OWNER TO ${role}; GRANT SELECT ON small TO ${role}`,
      /row level security hides rows of public\.hidden/,
    ],
    [
      'the role may not select from a table',
      (role: string) => `GRANT SELECT ON small TO ${role}`,
      /cannot read everything: no SELECT on public\.hidden.*grant SELECT/,
    ],
    [
      'the role may not enter a schema',
      (role: string) =>
        `CREATE SCHEMA closed; ALTER TABLE hidden SET SCHEMA closed;
         GRANT SELECT ON ALL TABLES IN SCHEMA public, closed TO ${role}`,
      /no SELECT on closed\.hidden/,
    ],
  ])('when %s', async (_, prepare, says) => {
    const database = await makeDatabase(17);
    const role = await makeRole(inject('servers')[17].url, 'LOGIN');
    await database.query(`CREATE TABLE small AS SELECT 1 AS id; CREATE TABLE hidden AS SELECT 2 AS id`);
    await database.query(prepare(role));
    const env = { DATABASE_URL: asUser(database.url, role, 'Never/Printed:4711') };
    await expectRefused(run, DAILY, env, ['UnreadableTablesError', says]);
  });

  it.each(['critical', 'important'])('when it has none of the %s tables', async (kind) => {
    await expectRefused(run, ['backup', '--kind', kind], {}, ['NoSuchTableError', /public\.small|no table/]);
  });
});

describe('a bucket that cannot be used is refused', () => {
  it('when there is none of that name', async () => {
    const env = { BACKUP_BUCKET: 'there-is-no-such-bucket' };
    await expectRefused(run, DAILY, env, ['BucketError', /there-is-no-such-bucket.*no such bucket/]);
  });

  it('when nobody listens at its endpoint', async () => {
    const env = { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${await freePort()}` };
    await expectRefused(run, DAILY, env, ['BucketError', /ECONNREFUSED.*endpoint/]);
  });
});
