import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { startPostgres } from '../../local/postgres.ts';
import { makeDatabase, type TestDatabase, withClient } from '../support/engine.ts';
import { expectError, runIn, startIn } from '../support/fault-guard.ts';
import { expectEmpty } from '../support/fault-restore.ts';
import { type FaultRun, makeSource, prepareRun } from '../support/fault-run.ts';
import { type S3Asked, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { asUser, makeRole } from '../support/runs.ts';

const DAILY = ['backup', '--kind', 'daily'];
const full = (id: string) => ['restore', id, '--mode', 'full'];

/** Rows that the source itself would not take any more: the last step but a few of a restore fails for them. */
const CONTRADICTION = `
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent);
  ALTER TABLE child DISABLE TRIGGER ALL; INSERT INTO child VALUES (1, 1); ALTER TABLE child ENABLE TRIGGER ALL`;

/** What lies in no schema, or is the server's own. */
const ODDITIES = `
  CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far;
  CREATE USER MAPPING FOR CURRENT_USER SERVER away OPTIONS (user 'nobody');
  CREATE TEXT SEARCH CONFIGURATION words (COPY = simple); CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1');
  CREATE FUNCTION same(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
  CREATE OPERATOR === (FUNCTION = same, LEFTARG = int, RIGHTARG = int);
  CREATE TYPE pair AS (a int, b int); CREATE FUNCTION one(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a';
  CREATE CAST (pair AS int) WITH FUNCTION one(pair);
  CREATE PUBLICATION everything FOR ALL TABLES;
  CREATE EXTENSION hstore;
  REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC;
  REVOKE SELECT ON pg_catalog.pg_stats FROM PUBLIC;
  ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  SELECT count(lo_create(0)) FROM generate_series(1, 20000)`;

/** What surrounds the objects of a database. */
async function surroundings(database: TestDatabase): Promise<unknown[]> {
  const { rows } = await database.query(`
    SELECT pg_get_userbyid(defaclrole) AS owner, defaclnamespace::regnamespace::text AS schema, defaclobjtype::text AS type, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(defaclacl) a)::text AS acl
      FROM pg_default_acl
    UNION ALL SELECT proowner::regrole::text, '', 'pg_sleep', (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(proacl) a)::text FROM pg_proc WHERE oid = 'pg_catalog.pg_sleep(float8)'::regprocedure
    UNION ALL SELECT relowner::regrole::text, '', 'pg_stats', (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(relacl) a)::text FROM pg_class WHERE oid = 'pg_catalog.pg_stats'::regclass
    UNION ALL SELECT nspowner::regrole::text, '', 'public', (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(nspacl) a)::text FROM pg_namespace WHERE nspname = 'public' ORDER BY 1, 2, 3`);
  return rows;
}

let s3: S3Line | undefined;
afterEach(async () => {
  await s3?.stop();
});

describe.each([15, 17] as const)('a restore that fails near its end, PostgreSQL %i', (major) => {
  it('leaves nothing of what lies in no schema, and the surroundings as they were', async () => {
    const server = inject('servers')[major].url;
    const [target, stranger] = [await makeDatabase(major), await makeRole(server, 'LOGIN')];
    const source = await makeDatabase(major);
    await source.query(CONTRADICTION);
    await source.query(ODDITIES);
    await target.query(`ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${stranger};
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO ${stranger} WITH GRANT OPTION;
      GRANT CREATE ON SCHEMA public TO ${stranger};
      GRANT EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) TO ${stranger} WITH GRANT OPTION`);
    const before = await surroundings(target);
    const run = await prepareRun(source);
    const { id } = (await runIn(run, DAILY)).result;
    const ended = await runIn(run, full(id), { TARGET_DATABASE_URL: target.url });
    expectError(
      ended,
      1,
      'DatabaseFailedError',
      /FK CONSTRAINT.*violates foreign key constraint "child_parent_fkey"/,
    );
    expect(ended.result.notTakenBack).toBeUndefined();
    expect(await surroundings(target)).toEqual(before);
    await target.query(`ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM ${stranger};
      ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE INSERT ON TABLES FROM ${stranger}`);
    await expectEmpty(target);
  });

  it('leaves what others have set for the schema public', async () => {
    const server = inject('servers')[major].url;
    const owner = await makeRole(server, 'LOGIN CREATEROLE');
    const [other, reader] = [await makeRole(server, 'NOLOGIN'), await makeRole(server, 'NOLOGIN')];
    const [source, target] = [await makeDatabase(major), await makeDatabase(major, `OWNER ${owner}`)];
    await source.query(`GRANT CREATE ON SCHEMA public TO ${owner}; SET ROLE ${owner}; ${CONTRADICTION.split('ALTER')[0]};
      RESET ROLE; INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1); ALTER TABLE child DISABLE TRIGGER ALL; UPDATE child SET parent = 2;
      ALTER TABLE child ENABLE TRIGGER ALL; SET ROLE ${owner};
      CREATE TYPE span AS RANGE (subtype = int4); CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE TYPE pair AS (a int, b span);
      CREATE VIEW v AS SELECT 1 AS one; CREATE SEQUENCE s; CREATE STATISTICS st ON id, parent FROM child;
      CREATE PROCEDURE p(positive) LANGUAGE sql AS ''; CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
      CREATE FUNCTION "묻 ""%s"(pair, VARIADIC span[]) RETURNS positive LANGUAGE sql AS 'SELECT 1'`);
    await target.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${other} IN SCHEMA public GRANT SELECT ON TABLES TO ${reader};
      GRANT CREATE ON SCHEMA public TO ${reader}; COMMENT ON SCHEMA public IS '그대로'`);
    const before = await surroundings(target);
    const run = await prepareRun(source);
    const { id } = (await runIn(run, DAILY)).result;
    const ended = await runIn(run, full(id), { TARGET_DATABASE_URL: asUser(target.url, owner) });
    expectError(ended, 1, 'DatabaseFailedError', /child_parent_fkey/);
    expect(ended.result.notTakenBack).toBeUndefined();
    expect(await surroundings(target)).toEqual(before);
    await target.query(
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${other} IN SCHEMA public REVOKE SELECT ON TABLES FROM ${reader}`,
    );
    await expectEmpty(target);
  });

  it('takes back more partitions than the lock table holds', async () => {
    const server = await startPostgres({ major });
    try {
      await server.psql('postgres', 'ALTER SYSTEM SET max_locks_per_transaction = 10');
      await server.psql('postgres', 'ALTER SYSTEM SET max_connections = 20');
      await server.restart();
      await server.createDatabase('target');
      const source = await makeDatabase(major);
      await source.query(`CREATE TABLE tree (n int) PARTITION BY LIST (n);
        DO $$BEGIN FOR i IN 1..1500 LOOP EXECUTE format('CREATE TABLE leaf_%s PARTITION OF tree FOR VALUES IN (%1$s)', i); END LOOP; END$$`);
      const run = await prepareRun(source);
      const { id } = (await runIn(run, DAILY)).result;
      const ended = await runIn(run, full(id), { TARGET_DATABASE_URL: server.url('target') });
      expectError(ended, 1, 'ProgramFailedError', /max_locks_per_transaction/);
      expect(await server.psql('target', 'SELECT count(*) FROM pg_class WHERE oid >= 16384')).toBe('0');
    } finally {
      await server.stop();
    }
  });

  it('leaves none of the roles it has made', async () => {
    const server = await startPostgres({ major });
    try {
      await server.createDatabase('target');
      const owner = await makeRole(inject('servers')[major].url, 'NOLOGIN');
      const source = await makeDatabase(major);
      await source.query(`${CONTRADICTION}; CREATE TABLE owned (n int); ALTER TABLE owned OWNER TO ${owner}`);
      const run = await prepareRun(source);
      const { id } = (await runIn(run, DAILY)).result;
      const before = await server.psql('target', 'SELECT rolname FROM pg_roles ORDER BY 1');
      const ended = await runIn(run, full(id), { TARGET_DATABASE_URL: server.url('target') });
      expectError(ended, 1, 'DatabaseFailedError', /child_parent_fkey/);
      expect(await server.psql('target', 'SELECT rolname FROM pg_roles ORDER BY 1')).toBe(before);
    } finally {
      await server.stop();
    }
  });

  it.each([
    'CREATE FOREIGN DATA WRAPPER far',
    'CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)',
    "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1')",
    'CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = int4, RIGHTARG = int4)',
    'CREATE CAST (text AS int4) WITH INOUT',
    'CREATE SCHEMA other',
    'CREATE TYPE pair AS (a int, b int)',
    "CREATE SUBSCRIPTION theirs CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false, slot_name = NONE)",
    'SELECT lo_create(4711)',
  ])('is not begun where a rollback would take away what was there: %s', async (statement) => {
    const source = await makeDatabase(major);
    const target = await makeDatabase(major);
    await source.query('CREATE TABLE t (n int)');
    await target.query(statement);
    const run = await prepareRun(source);
    const { id } = (await runIn(run, DAILY)).result;
    const ended = await runIn(run, full(id), { TARGET_DATABASE_URL: target.url });
    expectError(ended, 3, 'TargetNotEmptyError', /is not empty/);
    await target.query('DROP SUBSCRIPTION IF EXISTS theirs');
  });
});

describe('a subscription', () => {
  it('is not carried: a copy must not begin to take the changes of the publisher', async () => {
    const [source, target] = [await makeDatabase(17), await makeDatabase(17)];
    await source.query('CREATE TABLE t (n int)');
    await source.query(
      "CREATE SUBSCRIPTION theirs CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false, slot_name = NONE)",
    );
    const run = await prepareRun(source);
    const { id } = (await runIn(run, DAILY)).result;
    await source.query('DROP SUBSCRIPTION theirs');
    const ended = await runIn(run, full(id), { TARGET_DATABASE_URL: target.url });
    expect(ended, ended.stderr + ended.stdout).toMatchObject({ exitCode: 0, result: { notVerified: [] } });
    expect(
      (
        await target.query(
          'SELECT FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())',
        )
      ).rowCount,
    ).toBe(0);
  });
});

describe('two restores into one target', () => {
  let run: FaultRun;
  let id: string;
  beforeAll(async () => {
    run = await prepareRun(await makeSource());
    id = (await runIn(run, DAILY)).result.id;
  });

  it('do not take back what the other has made: the second is refused', async () => {
    const target = await makeDatabase(15);
    const env = { TARGET_DATABASE_URL: target.url };
    s3 = await startS3Line(({ operation, key }: S3Asked) =>
      operation === 'GetObject' && key.includes('/data/') ? { silentAfter: 1_000_000 } : undefined,
    );
    const first = startIn(run, full(id), { ...env, ...s3.env });
    await s3.struck;
    const second = await startIn(run, full(id), env).end;
    expectError(second, 3, 'TargetBusyError', /another restore is under way in database/);
    s3.release();
    const ended = await first.end;
    expect(ended, ended.stderr + ended.stdout).toMatchObject({
      exitCode: 0,
      result: { outcome: 'verified' },
    });
    expect((await target.query('SELECT count(*)::int AS n FROM large')).rows).toEqual([{ n: 1000 }]);
  });

  it('do not take back what the other has made: one that has lost its lock leaves all as it is, and says so', async () => {
    const target = await makeDatabase(15);
    s3 = await startS3Line(({ operation, key }: S3Asked) =>
      operation === 'GetObject' && key.includes('/data/') ? { silentAfter: 1_000_000 } : undefined,
    );
    const first = startIn(run, full(id), { TARGET_DATABASE_URL: target.url, ...s3.env });
    await s3.struck;
    await withClient(target.url, async (other) => {
      // a server that ends all sessions, and another restore that comes before the first notices
      await other.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      await other.query('SELECT pg_advisory_lock(7313902841)');
      s3?.release();
      const ended = await first.end;
      expectError(ended, 1, ended.result.error.name, /could not be emptied again/);
      expect(ended.result.notTakenBack).toMatch(/by hand/);
    });
    expect((await target.query("SELECT to_regclass('public.large') IS NOT NULL AS there")).rows).toEqual([
      { there: true },
    ]);
  });
});
