import { beforeAll, describe, expect, it } from 'vitest';
import { expectRowsOf, LARGE, nextSet, prepareReuse, type Reuse } from '../support/reuse.ts';

/** What happens to the database between two sets, and which of its tables must be read again because of it. */
type Change = readonly [what: string, sql: string, read: readonly string[]];

const CHANGES: readonly Change[] = [
  ['nothing', 'SELECT 1', []],
  ['one row updated', `UPDATE users SET title = 'other' WHERE id = 7`, ['users']],
  ['one row inserted', `INSERT INTO stories VALUES (401, 'new', NULL)`, ['stories']],
  ['one row deleted', 'DELETE FROM projects WHERE id = 3', ['projects']],
  [
    'two rows that swap a value',
    `UPDATE users SET title = (SELECT u.title FROM users u WHERE u.id = 3 - users.id) WHERE id IN (1, 2)`,
    ['users'],
  ],
  [
    'two columns of a row that swap their values',
    'UPDATE users SET title = body, body = title WHERE id = 9',
    ['users'],
  ],
  ['an empty text that becomes NULL', `UPDATE stories SET body = '' WHERE body IS NULL`, ['stories']],
  ['a row written again as it was', 'UPDATE users SET title = title', []],
  [
    'a row deleted and another, the same, inserted',
    'DELETE FROM users WHERE id = 5; INSERT INTO users VALUES (5, $$title 5$$, repeat(md5($$users5$$), 20))',
    [],
  ],
  ['TRUNCATE', 'TRUNCATE scenarios', ['scenarios']],
  [
    'rows that were not there at the last set, although they had been',
    `INSERT INTO scenarios SELECT g, 'title ' || g, repeat(md5('scenarios' || g), 20) FROM generate_series(1, 400) g`,
    ['scenarios'],
  ],
  [
    'TRUNCATE and the same rows again',
    `CREATE TEMPORARY TABLE t AS TABLE scenarios; TRUNCATE scenarios; INSERT INTO scenarios SELECT * FROM t ORDER BY id DESC`,
    [],
  ],
  ['VACUUM FULL', 'VACUUM FULL users', []],
  ['CLUSTER', 'CLUSTER users USING users_pkey', []],
  ['a new index and statistics', 'CREATE INDEX ON stories (title); ANALYZE', []],
  ['a column added', 'ALTER TABLE users ADD COLUMN nick text', ['users']],
  ['a column renamed', 'ALTER TABLE users RENAME nick TO alias', ['users']],
  ['a column retyped', 'ALTER TABLE users ALTER COLUMN alias TYPE varchar(20)', ['users']],
  ['a column dropped', 'ALTER TABLE users DROP COLUMN alias', ['users']],
  [
    'another primary key',
    'ALTER TABLE stories DROP CONSTRAINT stories_pkey, ADD PRIMARY KEY (id, title)',
    ['stories'],
  ],
  [
    'a table dropped and made again with the same rows',
    `CREATE TABLE again AS TABLE projects; DROP TABLE projects;
     CREATE TABLE projects (id int PRIMARY KEY, title text, body text); INSERT INTO projects TABLE again; DROP TABLE again`,
    [],
  ],
  [
    'a table dropped and another of its name',
    `DROP TABLE projects; CREATE TABLE projects (id int PRIMARY KEY, title text, body text);
     INSERT INTO projects SELECT g, 'another', repeat(md5('x' || g), 20) FROM generate_series(1, 400) g`,
    ['projects'],
  ],
  [
    'two tables that change names',
    'ALTER TABLE users RENAME TO x; ALTER TABLE scenarios RENAME TO users; ALTER TABLE x RENAME TO scenarios',
    ['scenarios', 'users'],
  ],
  [
    'a generated column added',
    `ALTER TABLE users ADD COLUMN shout text GENERATED ALWAYS AS (upper(title)) STORED`,
    ['users'],
  ],
  ['nothing since, with a generated column', 'SELECT 1', []],
  ['its value changed with what it is made of', `UPDATE users SET title = 'louder' WHERE id = 8`, ['users']],
  ['a column that names objects', `ALTER TABLE users ADD COLUMN of regclass DEFAULT 'users'`, ['users']],
  ['nothing since, with such a column, which is read in any case', 'SELECT 1', ['users']],
  ['such a column dropped', 'ALTER TABLE users DROP COLUMN of', ['users']],
  [
    'counters of changes set to nothing',
    `UPDATE users SET title = 'unseen' WHERE id = 11; SELECT pg_stat_reset()`,
    ['users'],
  ],
];

/** What no server answers otherwise than another: tried with one of them. */
const ONCE = [
  'one row deleted',
  'two columns of a row that swap their values',
  'an empty text that becomes NULL',
  'a row deleted and another, the same, inserted',
  'a new index and statistics',
  'a column renamed',
  'a column retyped',
  'a column dropped',
  'another primary key',
  'a table dropped and another of its name',
  'two tables that change names',
  'nothing since, with such a column, which is read in any case',
];

describe.each([
  [15, CHANGES],
  [17, CHANGES.filter(([what]) => !ONCE.includes(what))],
] as const)('a critical set of PostgreSQL %i after', (major, changes) => {
  let world: Reuse;
  beforeAll(async () => {
    world = await prepareReuse(major);
    expect((await nextSet(world)).copied).toEqual([]);
  });

  it.each(changes)('%s', async (_, sql, read) => {
    await world.query(sql);
    const made = await nextSet(world);
    expect(made.copied).toEqual(LARGE.filter((name) => !read.includes(name)));
    expect(made.result).toMatchObject({
      tablesCopied: made.copied.length,
      tablesRead: 5 - made.copied.length,
    });
    await expectRowsOf(world, made, major);
  });
});
