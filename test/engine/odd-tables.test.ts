import { describe, expect, inject, it } from 'vitest';
import {
  configEnv,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  type TestDatabase,
} from '../support/engine.ts';
import { asUser, backUp, makeRole, readManifest, restore, said } from '../support/runs.ts';

// Tables of which something is not as tables usually are: each was found by a database that could not be backed up or
// restored.

async function sourceOf(major: 15 | 17, sql: string, options = ''): Promise<TestDatabase> {
  const source = await makeDatabase(major, options);
  for (const statement of sql.split(/;;\s*/)) await source.query(statement);
  return source;
}

/** The restore stands, and names what it could not prove. */
async function expectNamed(major: 15 | 17, source: TestDatabase, says: RegExp): Promise<TestDatabase> {
  const bucket = await makeBucket();
  const target = await makeDatabase(major);
  const env = { ...engineEnv(bucket, source), TARGET_DATABASE_URL: target.url };
  const made = await backUp(env);
  const end = await engine(['restore', made.id, '--mode', 'full'], env);
  expect(end, said(end)).toMatchObject({
    exitCode: 2,
    result: { notVerified: [expect.stringMatching(says)] },
  });
  return target;
}

describe.each([15, 17] as const)('functions behind indexes and statistics, PostgreSQL %i', (major) => {
  it('are not looked up by a backup: an SQL function with names of another search path', async () => {
    const source = await sourceOf(
      major,
      `CREATE SCHEMA extensions;; CREATE EXTENSION unaccent SCHEMA extensions;;
       CREATE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT extensions.unaccent($1)';;
       CREATE TABLE words (id int, word text);;
       INSERT INTO words SELECT g, 'é' || chr(9) || g FROM generate_series(1, 3000) g;;
       CREATE INDEX ON words (plain(word));;
       SET search_path = public, extensions;
       CREATE OR REPLACE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT unaccent($1)'`,
    );
    const bucket = await makeBucket();
    const env = { ...engineEnv(bucket, source), ...(await configEnv(SLICE_EVERYTHING)) };
    const { id } = await backUp(env);
    expect((await readManifest(bucket, id)).tables).toMatchObject([{ name: 'words', rows: '3000' }]);
  });

  it('are never run by a backup or a restore, whoever wrote them', async () => {
    const { url } = inject('servers')[major];
    const owner = await makeRole(url, 'LOGIN');
    const source = await makeDatabase(major);
    await source.query(`CREATE SCHEMA trap AUTHORIZATION ${owner}; CREATE SEQUENCE trap.sprung;
      ALTER SEQUENCE trap.sprung OWNER TO ${owner}; SET ROLE ${owner};
      CREATE FUNCTION trap.spring() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
        IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RAISE EXCEPTION 'sprung'; END IF;
        RETURN 1; END $$;
      CREATE FUNCTION trap.set() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN trap.spring(); END';
      CREATE TABLE trap.door (a int, b text); INSERT INTO trap.door SELECT g, 'x' || g FROM generate_series(1, 2000) g;
      CREATE INDEX ON trap.door ((trap.set())); RESET ROLE`);
    // not compared by SQL: that is what springs the trap
    for (const config of [{}, SLICE_EVERYTHING]) {
      const env = { ...engineEnv(await makeBucket(), source), ...(await configEnv(config)) };
      const { url: targetUrl } = await makeDatabase(major);
      await restore({ ...env, TARGET_DATABASE_URL: targetUrl }, (await backUp(env)).id);
    }
  });
});

describe.each([15, 17] as const)('rows that may move or be written otherwise, PostgreSQL %i', (major) => {
  it.each([
    ['a domain of an enum', 'CREATE DOMAIN feeling AS mood', 'm feeling', 'm'],
    ['an expression that gives an enum', 'SELECT 1', 'm mood', `(coalesce(m, 'a'::mood))`],
    ['an array of an enum', 'SELECT 1', 'm mood[]', 'm'],
  ])('come back from hash partitions by %s', async (_, before, column, key) => {
    const value = column.endsWith('[]')
      ? 'ARRAY[(enum_range(NULL::mood))[1 + i % 6]]'
      : '(enum_range(NULL::mood))[1 + i % 6]';
    const source = await sourceOf(
      major,
      `CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd', 'e', 'f');; ${before};;
       CREATE TABLE p (${column}, n int, pad text) PARTITION BY HASH (${key});;
       ${[0, 1, 2].map((r) => `CREATE TABLE p${r} PARTITION OF p FOR VALUES WITH (MODULUS 3, REMAINDER ${r})`).join(';;')};;
       INSERT INTO p SELECT ${value}, i, repeat('x', 300) FROM generate_series(1, 3000) i`,
    );
    for (const config of [{}, SLICE_EVERYTHING]) {
      const target = await makeDatabase(major);
      // other numbers of types, other hashes
      await target.query('CREATE TABLE x AS SELECT 1; DROP TABLE x');
      const env = { ...engineEnv(await makeBucket(), source), ...(await configEnv(config)) };
      await restore({ ...env, TARGET_DATABASE_URL: target.url }, (await backUp(env)).id);
      const sums = 'SELECT count(*), sum(n) FROM p';
      expect((await target.query(sums)).rows).toEqual((await source.query(sums)).rows);
    }
  });

  it('are named where a generated column is computed otherwise now', async () => {
    const source = await sourceOf(
      major,
      `CREATE FUNCTION price(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * 2; END';;
       CREATE TABLE t (a int, g int GENERATED ALWAYS AS (price(a)) STORED);; INSERT INTO t (a) VALUES (1);;
       CREATE OR REPLACE FUNCTION price(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * 3; END'`,
    );
    const target = await expectNamed(major, source, /columns g of public\.t: generated values/);
    expect((await target.query('SELECT a FROM t')).rows).toEqual([{ a: 1 }]);
  });

  it('are named where the name of an object stands for another, or for none', async () => {
    const source = await sourceOf(
      major,
      `CREATE TABLE audit (id int, what regclass);; CREATE TABLE gone ();; CREATE TABLE stays ();;
       INSERT INTO audit VALUES (1, 'gone'), (2, 'stays');; DROP TABLE gone;;
       INSERT INTO audit SELECT g, g::oid::regclass FROM generate_series(16384, 40000) g
         WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = g)`,
    );
    const bucket = await makeBucket();
    const target = await makeDatabase(major);
    const env = { ...engineEnv(bucket, source), TARGET_DATABASE_URL: target.url };
    const end = await engine(['restore', (await backUp(env)).id, '--mode', 'full'], env);
    expect([0, 2], said(end)).toContain(end.exitCode);
    const { rows } = await target.query(`SELECT what::text FROM audit WHERE id = 2`);
    expect(rows).toEqual([{ what: 'stays' }]);
  });

  it('come back from another encoding into UTF-8', async () => {
    const source = await sourceOf(
      major,
      `CREATE TABLE t (a text, b xml);; INSERT INTO t VALUES ('café', '<é/>')`,
      `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
    );
    const target = await makeDatabase(major);
    const env = { ...engineEnv(await makeBucket(), source), TARGET_DATABASE_URL: target.url };
    await restore(env, (await backUp(env)).id);
    expect((await target.query('SELECT a FROM t')).rows).toEqual([{ a: 'café' }]);
  });
});

describe.each([15, 17] as const)('settings of the database, PostgreSQL %i', (major) => {
  it.each([
    [
      'quote all identifiers',
      'quote_all_identifiers = on',
      `CREATE TYPE mood AS ENUM ('a'); CREATE FUNCTION f(mood, int) RETURNS int LANGUAGE sql AS 'SELECT 1';
       CREATE TABLE t (a regtype); INSERT INTO t VALUES ('mood')`,
    ],
    [
      'take NULL in arrays for a word',
      'array_nulls = off',
      `CREATE TABLE t (a int[]); SET array_nulls = on; INSERT INTO t VALUES ('{1,NULL}')`,
    ],
  ])('that %s do not spoil a round trip', async (_, setting, sql) => {
    const source = await makeDatabase(major);
    await source.query(`ALTER DATABASE ${source.name} SET ${setting}`);
    await source.query(sql);
    const target = await makeDatabase(major);
    await target.query(`ALTER DATABASE ${target.name} SET ${setting}`);
    const env = { ...engineEnv(await makeBucket(), source), TARGET_DATABASE_URL: target.url };
    await restore(env, (await backUp(env)).id);
  });
});

describe.each([15, 17] as const)(
  'tables whose entry in an archive is easily missed, PostgreSQL %i',
  (major) => {
    it.each([
      [
        'of a schema or a name that reads like another entry',
        'CREATE SCHEMA "DATA"; CREATE TABLE "DATA".t (a int)',
      ],
      ['with a line break in its name', 'CREATE TABLE "1; 0 2 TABLE DATA x\ny" (a int)'],
      ['without columns, and one without rows', 'CREATE TABLE bare (); CREATE TABLE empty (a int)'],
      [
        'attached to another',
        'CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT',
      ],
      ['unlogged', 'CREATE UNLOGGED TABLE u (a int)'],
      [
        'in a schema that an extension brings',
        'CREATE EXTENSION pgcrypto; CREATE SCHEMA brought; ALTER EXTENSION pgcrypto ADD SCHEMA brought; CREATE TABLE brought.mine (a int)',
      ],
      [
        'that is the configuration of an extension',
        `CREATE EXTENSION pgcrypto; CREATE TABLE configured AS SELECT 1 AS a; ALTER EXTENSION pgcrypto ADD TABLE configured;
       UPDATE pg_extension SET extconfig = ARRAY['configured'::regclass::oid], extcondition = ARRAY['']
       WHERE extname = 'pgcrypto'`,
      ],
      ['of which there is none', 'SELECT 1'],
    ])('are found there: one %s', async (_, sql) => {
      const source = await sourceOf(major, sql);
      await backUp(engineEnv(await makeBucket(), source));
    });

    it('are found there: one of an extension, in a set of tables named one by one', async () => {
      const source = await sourceOf(
        major,
        `CREATE EXTENSION pgcrypto; CREATE TABLE users AS SELECT 1 AS a; ALTER EXTENSION pgcrypto ADD TABLE users;
       UPDATE pg_extension SET extconfig = ARRAY['users'::regclass::oid], extcondition = ARRAY['WHERE a = 1']
       WHERE extname = 'pgcrypto'`,
      );
      await backUp(engineEnv(await makeBucket(), source), '--kind', 'critical');
    });
  },
);

describe('many tables', () => {
  it('do not fill the lock table of the server', async () => {
    const source = await makeDatabase(17);
    await source.query(`DO $$ BEGIN FOR i IN 1..900 LOOP
      EXECUTE format('CREATE TABLE t%s (a int PRIMARY KEY, b int UNIQUE, c int UNIQUE)', i); END LOOP; END $$`);
    const env = {
      ...engineEnv(await makeBucket(), source),
      ...(await configEnv({ backup: { workers: 2 } })),
    };
    const lockedIndexes = `SELECT count(*)::int AS n FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
      JOIN pg_database d ON d.oid = l.database WHERE c.relkind = 'i' AND d.datname = current_database() AND c.relname ~ '^t'`;
    let most = 0;
    const watching = setInterval(() => {
      void source.query(lockedIndexes).then(({ rows }) => {
        most = Math.max(most, rows[0].n);
      });
    }, 50);
    await backUp(env);
    clearInterval(watching);
    // a hundred tables between two savepoints, three indexes each
    expect(most).toBeLessThanOrEqual(300);
  });
});

describe('row level security that is forced upon the owner', () => {
  it('is named by a restore whose role it binds, and the restore stands', async () => {
    const { url } = inject('servers')[17];
    const owner = await makeRole(url, 'LOGIN CREATEDB');
    const source = await makeDatabase(17);
    await source.query(`CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t OWNER TO ${owner};
      ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY`);
    const target = await makeDatabase(17, `OWNER ${owner}`);
    await target.query(`ALTER SCHEMA public OWNER TO ${owner}`);
    const env = { ...engineEnv(await makeBucket(), source), TARGET_DATABASE_URL: asUser(target.url, owner) };
    const end = await engine(['restore', (await backUp(env)).id, '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 2 });
    expect(end.result.notVerified.join()).toMatch(/rows of public\.t: row level security hides them/);
    expect((await target.query('SELECT a FROM t')).rows).toEqual([{ a: 1 }]);
  });
});
