import { beforeAll, describe, expect, it } from 'vitest';
import { type EngineEnd, engine, makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectEmpty } from '../support/fault-restore.ts';
import { type Levels, makeLevels } from '../support/levels.ts';
import { backUp, said } from '../support/runs.ts';

let levels: Levels;

/** Restores the state of an instant into a database of its own. */
async function restoreAt(
  major: 15 | 17,
  ...args: string[]
): Promise<{ end: EngineEnd; target: TestDatabase }> {
  const target = await makeDatabase(major);
  const env = { ...levels.env, TARGET_DATABASE_URL: target.url };
  return { end: await engine(['restore', 'latest', '--mode', 'full', ...args], env), target };
}

const rowsOf = async (target: TestDatabase, table: string, columns = '*') =>
  (await target.query({ text: `SELECT ${columns} FROM ${table} ORDER BY 1`, rowMode: 'array' } as never))
    .rows;

describe.each([15, 17] as const)('a point in time, PostgreSQL %i', (major) => {
  beforeAll(async () => {
    levels = await makeLevels(major);
  });

  it('is the whole set with the newer tables over it; what refers to nothing is kept aside and named', async () => {
    const { end, target } = await restoreAt(major, '--at', levels.critical.snapshotAt);
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: {
        outcome: 'could-not-verify',
        id: levels.daily.id,
        at: levels.critical.snapshotAt,
        levels: [
          { set: levels.daily.id, tables: 4 },
          { set: levels.important.id, tables: 4 },
          { set: levels.critical.id, tables: 3, ageMinutes: 0 },
        ],
      },
    });
    expect(await rowsOf(target, 'users')).toEqual([
      [1, 'A'],
      [2, 'b'],
    ]);
    expect(await rowsOf(target, 'projects')).toEqual([[1, 1]]);
    expect(await rowsOf(target, 'stories')).toEqual([[1, 1, 1]]);
    expect(await rowsOf(target, 'prompts')).toEqual([
      [1, 1, 'changed'],
      [3, 1, 'new'],
    ]);
    expect(await rowsOf(target, 'calls', 'id, user_id')).toEqual([
      ['1', 1],
      ['4', 1],
    ]);
    expect(await rowsOf(target, 'tags')).toEqual([[1, 1]]);
    expect(await rowsOf(target, 'notes')).toEqual([
      [1, 1],
      [2, null],
    ]);
    expect(await rowsOf(target, 'comments', 'id')).toEqual([[1], [5]]);
    // the source had never validated that one
    expect(await rowsOf(target, 'loose')).toEqual([[1, 2]]);
    expect(await rowsOf(target, 'numbers', 'last_value')).toEqual([['50']]);

    const { orphans, notVerified } = end.result;
    const schema = orphans[0].keptIn.split('.')[0];
    expect(schema).toMatch(/^restored_orphans_20\d{6}t\d{6}z$/);
    const told = orphans.map((one: (typeof orphans)[number]) => [
      one.table.name,
      one.way,
      one.rows,
      one.keys,
    ]);
    expect(told.sort()).toEqual([
      ['calls', 'moved', 1, [{ id: '3', day: '2026-11-03' }]],
      ['comments', 'moved', 1, [{ id: '2' }]],
      ['comments', 'moved', 1, [{ id: '3' }]],
      ['comments', 'moved', 1, [{ id: '4' }]],
      ['notes', 'set null', 1, [{ id: '2' }]],
      ['prompts', 'moved', 1, [{ id: '2' }]],
      ['stories', 'moved', 1, [{ id: '9' }]],
      ['tags', 'moved', 2, [{ id: '2' }, { id: '3' }]],
    ]);
    expect(notVerified).toHaveLength(8);
    expect(notVerified).toContain(
      `2 rows of public.tags were taken out: what they refer to in public.projects (tags_project_id_fkey) was not there; as they were, they are in ${schema}.tags`,
    );
    expect(await rowsOf(target, `${schema}.tags`)).toEqual([
      [2, 2],
      [3, 2],
    ]);
    expect(await rowsOf(target, `${schema}.notes`)).toEqual([[2, 2]]);
    expect(await rowsOf(target, `${schema}.comments`)).toEqual([
      [2, null, 2],
      [3, 2, 1],
      [4, 3, 1],
    ]);
    const { rows } = await target.query(
      `SELECT relacl FROM pg_class WHERE relnamespace = $1::regnamespace UNION SELECT nspacl FROM pg_namespace WHERE oid = $1::regnamespace`,
      [schema],
    );
    expect(rows).toEqual([{ relacl: null }]);
    const keys = await target.query(
      `SELECT count(*)::int AS n FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND convalidated`,
    );
    expect(keys.rows).toEqual([{ n: 9 }]);
  });

  it('before the critical set has the important one alone', async () => {
    const { end, target } = await restoreAt(major, '--at', levels.important.snapshotAt);
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: { levels: [{}, { set: levels.important.id }] },
    });
    expect(await rowsOf(target, 'users', 'name')).toEqual([['a'], ['b']]);
    expect(end.result.orphans.map((one: { table: { name: string } }) => one.table.name).sort()).toEqual([
      'calls',
      'prompts',
    ]);
  });

  it('is planned as it is restored, and nothing is written', async () => {
    const { end, target } = await restoreAt(major, '--at', levels.critical.snapshotAt, '--plan');
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: {
        plan: {
          set: { id: levels.daily.id },
          laidOver: [{ id: levels.important.id }, { id: levels.critical.id }],
          archived: { objects: 0, bytes: 0, thaw: [] },
          obstacles: [],
        },
      },
    });
    await expectEmpty(target);
  });

  it('at the whole set is that set, verified', async () => {
    const { end, target } = await restoreAt(major, '--at', levels.daily.snapshotAt);
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { notVerified: [], levels: [{ tables: 11, ageMinutes: 0 }] },
    });
    expect(await rowsOf(target, 'tags')).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
    ]);
  });

  it('before any whole set is refused', async () => {
    const before = new Date(Date.parse(levels.daily.snapshotAt) - 1).toISOString();
    const { end, target } = await restoreAt(major, '--at', before);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'NoSuchSetError' } } });
    await expectEmpty(target);
  });

  it('is not what latest means: that is the newest whole set, and it names what is newer', async () => {
    const { end } = await restoreAt(major);
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: {
        id: levels.daily.id,
        newerSets: [
          { id: levels.important.id, snapshotAt: levels.important.snapshotAt },
          { id: levels.critical.id, snapshotAt: levels.critical.snapshotAt },
        ],
      },
    });
  });

  it('of before a migration and after it is refused: columns are not guessed', async () => {
    await levels.source.query("ALTER TABLE users ADD COLUMN mail text DEFAULT 'x'");
    const slot = new Date(Math.floor(Date.now() / 1000) * 1000 + 1000).toISOString();
    const migrated = await backUp(levels.env, '--kind', 'critical', '--slot', slot);
    const { end, target } = await restoreAt(major, '--at', migrated.snapshotAt);
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: {
        error: {
          name: 'SetsDisagreeError',
          message: expect.stringContaining(`public.users.mail is only in ${migrated.id}`),
        },
      },
    });
    await expectEmpty(target);
  });
});
