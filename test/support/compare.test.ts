import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { type DatabaseDescription, describeDatabase, differences } from './compare.ts';

const FIXTURE = `
  DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'compare_reader') THEN CREATE ROLE compare_reader; END IF;
  END $$;
  CREATE TABLE notes (id int PRIMARY KEY, title text, t jsonb);
  INSERT INTO notes SELECT i, '제목 ' || i, jsonb_build_object('i', i) FROM generate_series(1, 100) i;
  CREATE INDEX notes_title ON notes (title);
  CREATE TABLE nothing ();
  INSERT INTO nothing DEFAULT VALUES;
  CREATE TYPE mood AS ENUM ('좋음', '나쁨');
  CREATE TABLE moods (mood mood, n int) PARTITION BY HASH (mood);
  CREATE TABLE moods_all PARTITION OF moods FOR VALUES WITH (MODULUS 1, REMAINDER 0);
  INSERT INTO moods VALUES ('좋음', 1), ('나쁨', 2);
  GRANT SELECT ON notes TO compare_reader;
  CREATE SEQUENCE counter;
  SELECT setval('counter', 10);
  CREATE MATERIALIZED VIEW titles AS SELECT title FROM notes;
  CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    -- one comment
    RETURN 1; END $$;
  SELECT lo_from_bytea(4711, '\\x00ff10');
  GRANT SELECT ON LARGE OBJECT 4711 TO compare_reader;`;

const CHANGES: readonly (readonly [what: string, section: keyof DatabaseDescription, sql: string])[] = [
  ['a changed value', 'tables', `UPDATE notes SET title = '제목 5.' WHERE id = 5`],
  ['a changed value inside JSON', 'tables', `UPDATE notes SET t = '{"i": "5"}' WHERE id = 5`],
  ['an empty string instead of NULL', 'tables', `UPDATE notes SET title = '' WHERE id = 100`],
  ['a missing row', 'tables', 'DELETE FROM notes WHERE id = 50'],
  ['a row too many without columns', 'tables', 'INSERT INTO nothing DEFAULT VALUES'],
  [
    'values swapped between two rows',
    'tables',
    'UPDATE notes a SET title = b.title FROM notes b WHERE (a.id, b.id) IN ((1, 2), (2, 1))',
  ],
  ['a value moved into another column', 'tables', `UPDATE notes SET title = t::text, t = '{}' WHERE id = 7`],
  ['a row below a hash of an enum', 'tables', 'UPDATE moods SET n = 3 WHERE n = 2'],
  ['a materialized view emptied', 'tables', 'REFRESH MATERIALIZED VIEW titles WITH NO DATA'],
  ['a table too many', 'tables', 'CREATE TABLE extra (id int)'],
  ['a dropped index', 'schema', 'DROP INDEX notes_title'],
  ['a changed grant', 'schema', 'GRANT UPDATE (title) ON notes TO compare_reader'],
  ['a changed owner', 'schema', 'ALTER TABLE nothing OWNER TO compare_reader'],
  [
    'a changed comment in a function',
    'schema',
    'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN\n    -- two comment\n    RETURN 1; END $$',
  ],
  ['a sequence moved', 'sequences', `SELECT nextval('counter')`],
  ['a sequence not called yet', 'sequences', `SELECT setval('counter', 10, false)`],
  ['a byte of a large object', 'largeObjects', `SELECT lo_put(4711, 1, '\\xfe')`],
  [
    'a large object without its grant',
    'largeObjects',
    'REVOKE SELECT ON LARGE OBJECT 4711 FROM compare_reader',
  ],
  ['a comment on a large object', 'largeObjects', `COMMENT ON LARGE OBJECT 4711 IS 'x'`],
  ['a setting', 'settings', `ALTER DATABASE changed SET work_mem = '5MB'`],
  ['a setting of a role', 'settings', `ALTER ROLE compare_reader IN DATABASE changed SET work_mem = '5MB'`],
];

describe.each([15, 17] as const)('comparing databases on PostgreSQL %i', { timeout: 60_000 }, (major) => {
  let server: LocalPostgres;
  let original: DatabaseDescription;
  const describeNow = (database: string) =>
    describeDatabase({ url: server.url(database), binDir: server.binDir });

  beforeAll(async () => {
    server = await startPostgres({ major });
    await server.createDatabase('original');
    await server.psql('original', `${FIXTURE}; UPDATE notes SET title = NULL WHERE id = 100;`);
    original = await describeNow('original');
  }, 120_000);

  afterAll(() => server?.stop());

  test('a clone has no differences', async () => {
    await server.createDatabase('clone', { template: 'original' });
    expect(differences(original, await describeNow('clone'))).toEqual([]);
    expect(original.tables.get('public.notes')).toMatch(/^100 rows, [0-9a-f]{32}$/);
    expect([...original.largeObjects.keys()]).toEqual(['4711']);
    expect([...original.roles.keys()]).toContain('compare_reader');
  });

  test('the order of rows and dead row versions are no difference', async () => {
    await server.createDatabase('reordered', { template: 'original' });
    await server.psql('reordered', 'UPDATE notes SET id = id WHERE id % 3 = 0');
    await server.psql('reordered', 'CLUSTER notes USING notes_title; ALTER TABLE notes SET WITHOUT CLUSTER');
    expect(differences(original, await describeNow('reordered'))).toEqual([]);
  });

  test.each(CHANGES)('sees %s', async (_what, section, sql) => {
    await server.createDatabase('changed', { template: 'original' });
    try {
      await server.psql('changed', sql);
      const found = differences(original, await describeNow('changed'));
      expect(found.filter((line) => line.startsWith(`${section}: `))).not.toEqual([]);
    } finally {
      await server.dropDatabase('changed');
    }
  });

  test('sees a changed attribute of a role', async () => {
    await server.psql('original', 'ALTER ROLE compare_reader CREATEDB');
    const found = differences(original, await describeNow('original'));
    await server.psql('original', 'ALTER ROLE compare_reader NOCREATEDB');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^roles: compare_reader differs/);
  });
});
