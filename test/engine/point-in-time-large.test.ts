import { describe, expect, it } from 'vitest';
import { configEnv, engine, engineEnv, makeBucket, makeDatabase } from '../support/engine.ts';
import { expectEmpty } from '../support/fault-restore.ts';
import { backUp, said } from '../support/runs.ts';

/** Every table of the levels in slices, and one that is not. */
const SLICED = {
  levels: { critical: ['events', 'pairs'], important: ['"odd', 'keyless'] },
  backup: { workers: 3, slicing: { thresholdMiB: 0.05, minSliceMiB: 0.5, maxSliceMiB: 1 } },
};

const BEFORE = `
  CREATE TABLE events (id int, day date, note text) PARTITION BY RANGE (day);
  CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
  CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
  CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
  INSERT INTO events SELECT g, '2026-01-01'::date + g % 90, repeat(md5(g::text), 8) FROM generate_series(1, 3000) g;
  CREATE TABLE pairs (a int, b int, price numeric(10, 2), twice numeric GENERATED ALWAYS AS (price * 2) STORED, PRIMARY KEY (a, b));
  INSERT INTO pairs SELECT g, g % 7, g FROM generate_series(1, 5000) g;
  CREATE TABLE keyless (a int, b int, note text, FOREIGN KEY (a, b) REFERENCES pairs MATCH FULL);
  CREATE TABLE "of a" (a int, b int, FOREIGN KEY (a, b) REFERENCES pairs ON DELETE SET NULL, CHECK (a IS NOT NULL));
  INSERT INTO "of a" SELECT g, g % 7 FROM generate_series(1, 10) g; INSERT INTO "of a" VALUES (3, NULL);
  CREATE TABLE """odd" (id int PRIMARY KEY, "new
line" text); INSERT INTO """odd" VALUES (1, E'a\\tb\\\\');`;

const BETWEEN = `
  INSERT INTO keyless SELECT a, b, repeat('x', 200) FROM pairs WHERE a <= 2000; INSERT INTO keyless VALUES (NULL, NULL, 'free');
  UPDATE """odd" SET "new
line" = E'\\\\.';`;

const AFTER = `
  DELETE FROM "of a"; DELETE FROM keyless; DELETE FROM pairs WHERE a <= 5;
  ALTER TABLE events DETACH PARTITION events_3; ALTER TABLE events_3 RENAME TO events_late;
  ALTER TABLE events ATTACH PARTITION events_late FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
  DELETE FROM events WHERE id % 2 = 0;`;

describe('a point in time of tables in slices', () => {
  it('has leaves that are others by now, keys of several columns, and names that resist', async () => {
    const [source, target, bucket] = await Promise.all([makeDatabase(15), makeDatabase(17), makeBucket()]);
    await source.query(BEFORE);
    const env = { ...engineEnv(bucket, source, target), ...(await configEnv(SLICED)) };
    await backUp(env, '--kind', 'daily');
    await source.query(BETWEEN);
    await backUp(env, '--kind', 'important');
    await source.query(AFTER);
    await backUp(env, '--kind', 'critical');
    const folder = (prefix: string) =>
      bucket.keys(`${prefix}/`).then((keys) => keys.filter((key) => key.includes('/data/')).length);
    expect(await folder('critical')).toBeGreaterThan(2);
    expect(await folder('important')).toBeGreaterThan(0);

    const end = await engine(['restore', 'latest', '--mode', 'full', '--at', new Date().toISOString()], env);
    expect(end, said(end)).toMatchObject({ exitCode: 2 });
    const one = async (sql: string) => (await target.query(sql)).rows[0];
    const same = async (sql: string) => expect(await one(sql)).toEqual((await source.query(sql)).rows[0]);
    await same('SELECT count(*), sum(hashtext(events::text)) FROM events');
    await same('SELECT count(*), sum(hashtext(pairs::text)) FROM pairs');
    expect(await one('SELECT * FROM """odd"')).toEqual({ id: 1, 'new\nline': '\\.' });
    expect(await one('SELECT count(*)::int AS n, count(a)::int AS referring FROM keyless')).toEqual({
      n: 1996,
      referring: 1995,
    });
    // a null and a value are no reference by MATCH SIMPLE; by its CHECK, no row of that table may lose one
    expect(await one('SELECT count(*)::int AS n, count(b)::int AS whole FROM "of a"')).toEqual({
      n: 6,
      whole: 5,
    });
    const told = end.result.orphans.map(({ table, way, rows, keys }: Record<string, { name: string }>) => [
      table?.name,
      way,
      rows,
      keys,
    ]);
    expect(told.sort()).toEqual([
      ['keyless', 'moved', 5, []],
      ['of a', 'moved', 5, []],
    ]);
    const again = await engine(
      ['restore', 'latest', '--mode', 'full', '--at', new Date().toISOString(), '--confirm', target.name],
      env,
    );
    expect(again, said(again)).toMatchObject({
      exitCode: 2,
      result: { orphans: end.result.orphans.map(() => expect.anything()) },
    });
    await same('SELECT count(*), sum(hashtext(events::text)) FROM events');
  });

  it('whose newer rows have no partition to go into is taken back, and says so', async () => {
    const [source, target, bucket] = await Promise.all([makeDatabase(15), makeDatabase(15), makeBucket()]);
    await source.query(BEFORE);
    const env = { ...engineEnv(bucket, source, target), ...(await configEnv(SLICED)) };
    await backUp(env, '--kind', 'daily');
    await source.query(`CREATE TABLE events_4 PARTITION OF events FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
      INSERT INTO events VALUES (1, '2026-04-02')`);
    await backUp(env, '--kind', 'critical');
    const end = await engine(['restore', 'latest', '--mode', 'full', '--at', new Date().toISOString()], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: {
        error: {
          name: 'DatabaseFailedError',
          message: expect.stringMatching(
            /no partition of relation "events" found.*a partition was added after the whole set/,
          ),
        },
      },
    });
    await expectEmpty(target);
  });
});
