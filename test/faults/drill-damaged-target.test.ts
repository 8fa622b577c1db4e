import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckId } from '../../core/drill/report.ts';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { configEnv, engine, engineEnv, makeBucket, type TestBucket, withClient } from '../support/engine.ts';
import { inspectCopy, notVerified } from '../support/inspect.ts';
import { backUp, said } from '../support/runs.ts';

const CONFIG = {
  integrity: { rules: [{ name: 'states', table: 'users', column: 'state', values: ['active', 'gone'] }] },
};

const SOURCE = `
  CREATE ROLE app LOGIN; CREATE ROLE readers; CREATE ROLE stranger; GRANT readers TO app; ALTER ROLE app SET work_mem TO '8MB';
  CREATE EXTENSION hstore VERSION '1.8'; CREATE EXTENSION pg_trgm;
  CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN positive AS int CONSTRAINT above CHECK (VALUE > 0);
  CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i * 2';
  CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- one, and no more
  RETURN NEW;
END $$;
  CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text DEFAULT 'nobody', state text NOT NULL DEFAULT 'active',
    age positive, feels mood, doubled int GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT named CHECK (name <> ''));
  CREATE INDEX users_name ON users (name); ALTER TABLE users OWNER TO app;
  CREATE TABLE "Story ""이야기""" (id int PRIMARY KEY, user_id int, body text, CONSTRAINT "of user" FOREIGN KEY (user_id) REFERENCES users);
  CREATE INDEX "이야기 idx" ON "Story ""이야기""" (body);
  CREATE TABLE calls (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE calls_old PARTITION OF calls FOR VALUES FROM (MINVALUE) TO ('2026-11-01');
  CREATE TABLE calls_new PARTITION OF calls FOR VALUES FROM ('2026-11-01') TO (MAXVALUE);
  CREATE TABLE rooms (during int4range, EXCLUDE USING gist (during WITH &&));
  CREATE SEQUENCE numbers; SELECT setval('numbers', 50);
  INSERT INTO users (name, age, feels) SELECT 'user ' || i, i, 'ok' FROM generate_series(1, 20) AS i;
  INSERT INTO "Story ""이야기""" SELECT i, i, 'body ' || i FROM generate_series(1, 10) AS i;
  INSERT INTO calls SELECT i, date '2026-10-20' + i FROM generate_series(1, 20) AS i; INSERT INTO rooms VALUES ('[1,2)'), ('[2,3)');
  CREATE VIEW grown AS SELECT users.id, users.name FROM users WHERE age > 10;
  CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM users;
  CREATE TRIGGER noted BEFORE UPDATE ON users FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION note();
  ALTER TABLE users ENABLE ROW LEVEL SECURITY; ALTER TABLE users FORCE ROW LEVEL SECURITY;
  CREATE POLICY "own 것" ON users FOR SELECT TO readers, app USING (name = current_user);
  GRANT SELECT ON users TO readers; GRANT USAGE ON SEQUENCE numbers TO app; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO readers;
  SELECT lo_from_bytea(4242, 'a large one'); COMMENT ON TABLE users IS 'who is who';
  CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER watching ON ddl_command_start EXECUTE FUNCTION watch();
  REVOKE CONNECT ON DATABASE source FROM PUBLIC; GRANT CONNECT ON DATABASE source TO readers; ALTER DATABASE source SET statement_timeout TO '1h';`;

const STORY = '"Story ""이야기"""';
const AS_REPLICA = 'SET session_replication_role = replica;';

/** What somebody did to a restored database, and the checks that must fail for it: these and no others. */
const DAMAGES: readonly (readonly [string, string, readonly CheckId[]])[] = [
  ['a table is gone', `DROP TABLE rooms`, ['tables', 'structure', 'constraints']],
  [
    'a table with keys to it is gone',
    `DROP TABLE ${STORY}`,
    ['tables', 'structure', 'indexes', 'constraints'],
  ],
  ['a row is another', `UPDATE ${STORY} SET body = 'other' WHERE id = 3`, ['tables']],
  ['a row is missing', `DELETE FROM ${STORY} WHERE id = 3`, ['tables']],
  ['a row is there besides', `INSERT INTO ${STORY} VALUES (99, 1, 'new')`, ['tables']],
  ['a row is in another partition', `UPDATE calls SET day = '2026-12-01' WHERE id = 1`, ['tables']],
  ['a partition is cut off', `ALTER TABLE calls DETACH PARTITION calls_old`, ['structure', 'indexes']],
  ['a table is there besides', `CREATE TABLE stray (id int)`, ['tables', 'structure', 'privileges']],
  ['a sequence has another value', `SELECT setval('numbers', 51)`, ['sequences']],
  ['an identity is behind', `SELECT setval('users_id_seq', 3)`, ['sequences', 'integrity']],
  ['a sequence counts otherwise', `ALTER SEQUENCE numbers INCREMENT 7`, ['sequences']],
  ['an extension is gone', `DROP EXTENSION pg_trgm`, ['extensions']],
  [
    'an extension is of an older version',
    `UPDATE pg_extension SET extversion = '1.5' WHERE extname = 'pg_trgm'`,
    ['extensions'],
  ],
  [
    'an extension is of another major version',
    `UPDATE pg_extension SET extversion = '2.0' WHERE extname = 'pg_trgm'`,
    ['extensions'],
  ],
  ['an index is gone', `DROP INDEX users_name`, ['indexes']],
  [
    'an index is INVALID',
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"이야기 idx"'::regclass`,
    ['indexes'],
  ],
  [
    'an index is not ready',
    `UPDATE pg_index SET indisready = false WHERE indexrelid = 'users_name'::regclass`,
    ['indexes'],
  ],
  [
    'an index is on something else',
    `DROP INDEX users_name; CREATE INDEX users_name ON users (state)`,
    ['indexes'],
  ],
  ['a foreign key is gone', `ALTER TABLE ${STORY} DROP CONSTRAINT "of user"`, ['constraints']],
  [
    'a foreign key is NOT VALID',
    `ALTER TABLE ${STORY} DROP CONSTRAINT "of user", ADD CONSTRAINT "of user" FOREIGN KEY (user_id) REFERENCES users NOT VALID`,
    ['constraints'],
  ],
  ['a CHECK is gone', `ALTER TABLE users DROP CONSTRAINT named`, ['constraints']],
  [
    'a CHECK is NOT VALID',
    `ALTER TABLE users DROP CONSTRAINT named, ADD CONSTRAINT named CHECK (name <> '') NOT VALID`,
    ['constraints'],
  ],
  [
    'a CHECK of a domain is another',
    `ALTER DOMAIN positive DROP CONSTRAINT above; ALTER DOMAIN positive ADD CONSTRAINT above CHECK (VALUE > -1)`,
    ['constraints'],
  ],
  ['an exclusion is gone', `ALTER TABLE rooms DROP CONSTRAINT rooms_during_excl`, ['constraints']],
  ['a column may be null', `ALTER TABLE users ALTER state DROP NOT NULL`, ['structure']],
  ['a default is another', `ALTER TABLE users ALTER name SET DEFAULT 'somebody'`, ['structure']],
  ['a column is of another type', `ALTER TABLE ${STORY} ALTER body TYPE varchar(100)`, ['structure']],
  ['an enum has a value more', `ALTER TYPE mood ADD VALUE 'great'`, ['structure']],
  [
    'a body of a function is another',
    `CREATE OR REPLACE FUNCTION twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i * 3'`,
    ['structure'],
  ],
  [
    'a comment within a function is another',
    `CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  -- two\n  RETURN NEW;\nEND $$`,
    ['structure'],
  ],
  [
    'a view is another',
    `CREATE OR REPLACE VIEW grown AS SELECT id, name FROM users WHERE age > 11`,
    ['structure'],
  ],
  ['a trigger is disabled', `ALTER TABLE users DISABLE TRIGGER noted`, ['structure']],
  [
    'a trigger has another WHEN',
    `DROP TRIGGER noted ON users; CREATE TRIGGER noted BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note()`,
    ['structure'],
  ],
  ['an event trigger is disabled', `ALTER EVENT TRIGGER watching DISABLE`, ['structure']],
  ['an event trigger is gone', `DROP EVENT TRIGGER watching`, ['structure']],
  ['a comment is another', `COMMENT ON TABLE users IS 'who was who'`, ['structure']],
  [
    'a setting of the database is another',
    `ALTER DATABASE damaged SET statement_timeout TO '2h'`,
    ['structure'],
  ],
  ['an owner is another', `ALTER TABLE ${STORY} OWNER TO stranger`, ['structure']],
  [
    'an owner of something granted is another',
    `ALTER VIEW grown OWNER TO stranger; ALTER SEQUENCE numbers OWNER TO stranger`,
    ['structure', 'sequences'],
  ],
  ['row level security is off', `ALTER TABLE users DISABLE ROW LEVEL SECURITY`, ['row-level-security']],
  [
    'row level security is not forced',
    `ALTER TABLE users NO FORCE ROW LEVEL SECURITY`,
    ['row-level-security'],
  ],
  ['a policy is gone', `DROP POLICY "own 것" ON users`, ['row-level-security']],
  ['a policy lets more through', `ALTER POLICY "own 것" ON users USING (true)`, ['row-level-security']],
  ['a policy is for others', `ALTER POLICY "own 것" ON users TO PUBLIC`, ['row-level-security']],
  ['a policy is there besides', `CREATE POLICY wide ON users USING (true)`, ['row-level-security']],
  ['a grant is gone', `REVOKE SELECT ON users FROM readers`, ['privileges']],
  ['a grant is there besides', `GRANT SELECT ON ${STORY} TO PUBLIC`, ['privileges']],
  [
    'default privileges are gone',
    `ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM readers`,
    ['privileges'],
  ],
  ['everyone may connect', `GRANT CONNECT ON DATABASE damaged TO PUBLIC`, ['privileges']],
  ['a stranger may make schemas', `GRANT CREATE ON DATABASE damaged TO stranger`, ['privileges']],
  ['a large object has other bytes', `SELECT lo_put(4242, 0, 'A')`, ['large-objects']],
  ['a large object is gone', `SELECT lo_unlink(4242)`, ['large-objects']],
  [
    'a materialized view is not populated',
    `REFRESH MATERIALIZED VIEW counted WITH NO DATA`,
    ['materialized-views'],
  ],
  [
    'a materialized view is another',
    `DROP MATERIALIZED VIEW counted; CREATE MATERIALIZED VIEW counted AS SELECT count(*) + 1 AS n FROM users; REVOKE ALL ON counted FROM readers`,
    ['materialized-views'],
  ],
  [
    'rows refer to nothing',
    `${AS_REPLICA} UPDATE ${STORY} SET user_id = 999 WHERE id = 3`,
    ['tables', 'integrity'],
  ],
  [
    'a row breaks a rule of the configuration',
    `UPDATE users SET state = 'odd' WHERE id = 1`,
    ['tables', 'integrity'],
  ],
];

/** Roles belong to the server, so these are done and undone. */
const ROLE_DAMAGES: readonly (readonly [string, string, string])[] = [
  ['a role is another', 'ALTER ROLE app SUPERUSER', 'ALTER ROLE app NOSUPERUSER'],
  ['a role is missing', 'ALTER ROLE stranger RENAME TO away', 'ALTER ROLE away RENAME TO stranger'],
  ['a member is none', 'REVOKE readers FROM app', 'GRANT readers TO app'],
  ['a member is one besides', 'GRANT readers TO stranger', 'REVOKE readers FROM stranger'],
  [
    'a member may grant',
    'GRANT readers TO app WITH ADMIN OPTION',
    'REVOKE ADMIN OPTION FOR readers FROM app',
  ],
  [
    'a setting of a role is another',
    "ALTER ROLE app SET work_mem TO '9MB'",
    "ALTER ROLE app SET work_mem TO '8MB'",
  ],
];

let server: LocalPostgres;
let bucket: TestBucket;
let id: string;

beforeAll(async () => {
  server = await startPostgres({ major: 17 });
  await server.createDatabase('source');
  await withClient(server.url('source'), (client) => client.query(SOURCE));
  await server.createDatabase('restored');
  bucket = await makeBucket();
  const env = {
    ...engineEnv(bucket, { url: server.url('source') }, { url: server.url('restored') }),
    ...(await configEnv(CONFIG)),
  };
  id = (await backUp(env)).id;
  const end = await engine(['restore', id, '--mode', 'full'], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0 });
});

afterAll(() => server.stop());

/** A copy of the restored database, damaged and looked at. */
async function lookAtDamaged(damage: string) {
  await server.createDatabase('damaged', { template: 'restored' });
  // a copy takes neither the settings nor the rights of the database with it
  await withClient(server.url('damaged'), (client) =>
    client.query(`REVOKE CONNECT ON DATABASE damaged FROM PUBLIC; GRANT CONNECT ON DATABASE damaged TO readers;
      ALTER DATABASE damaged SET statement_timeout TO '1h'`),
  );
  try {
    await withClient(server.url('damaged'), (client) =>
      client.query(`SET allow_system_table_mods = on; ${damage}`),
    );
    return notVerified(await inspectCopy(bucket, id, { url: server.url('damaged') }, { config: CONFIG }));
  } finally {
    await server.dropDatabase('damaged');
  }
}

const failedIn = (found: Awaited<ReturnType<typeof lookAtDamaged>>) =>
  Object.entries(found)
    .filter(([, check]) => check.state === 'failed')
    .map(([check]) => check)
    .toSorted();

describe('a restored database that somebody has been at', () => {
  it('is verified in every check as long as nobody has', async () => {
    expect(await lookAtDamaged('SELECT 1')).toEqual({});
  });

  it.each(DAMAGES)('%s', async (_, damage, checks) => {
    const found = await lookAtDamaged(damage);
    expect(failedIn(found), JSON.stringify(found, null, 1)).toEqual(checks.toSorted());
    expect(Object.keys(found).toSorted()).toEqual(checks.toSorted());
  });

  it.each(ROLE_DAMAGES)('%s', async (_, damage, undo) => {
    try {
      const found = await lookAtDamaged(damage);
      expect(failedIn(found), JSON.stringify(found, null, 1)).toContain('roles');
      expect(JSON.stringify(found)).not.toContain('9MB');
    } finally {
      await withClient(server.url('postgres'), (client) => client.query(undo));
    }
  });

  it('has another definition of what may hold a key: that is told, and the key is not', async () => {
    const found = await lookAtDamaged(
      `CREATE OR REPLACE FUNCTION twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS $$SELECT i * 2 /* sk_live_key */$$`,
    );
    expect(failedIn(found)).toEqual(['structure']);
    expect(found.structure?.findings[0]).toContain('FUNCTION public.twice(integer) has another definition');
    expect(JSON.stringify(found)).not.toContain('sk_live_key');
  });

  it('has a newer version of an extension, which is told and is no failure', async () => {
    const newer = `UPDATE pg_extension SET extversion = '1.99' WHERE extname = 'pg_trgm'`;
    expect(await lookAtDamaged(newer)).toEqual({
      extensions: {
        state: 'could-not-verify',
        findings: [expect.stringContaining('is version 1.99, expected')],
      },
    });
  });

  it('cannot be reached: nothing is verified, and nothing is called wrong', async () => {
    const { checks, tables } = await inspectCopy(bucket, id, { url: server.url('no_such_database') });
    expect(new Set(checks.map(({ state }) => state))).toEqual(new Set(['could-not-verify']));
    expect(checks).toHaveLength(13);
    expect(new Set(tables.map(({ state }) => state))).toEqual(new Set(['could-not-verify']));
  });

  it('is looked at by a run that is stopped: it says nothing', async () => {
    const looking = inspectCopy(bucket, id, { url: server.url('restored') }, { signal: AbortSignal.abort() });
    await expect(looking).rejects.toThrow();
  });
});
