import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  configEnv,
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from './engine.ts';

/** 16 MB that do not compress, read in several slices, uploaded in several parts: a fault can come in the middle. */
export async function makeSource(major: 15 | 17 = 15): Promise<TestDatabase> {
  const source = await makeDatabase(major);
  await source.query(`
    CREATE TABLE large (id int PRIMARY KEY, noise bytea);
    INSERT INTO large SELECT g, decode(string_agg(md5(g || ':' || n), ''), 'hex')
      FROM generate_series(1, 1000) g, generate_series(1, 1000) n GROUP BY g;
    CREATE TABLE small (id int PRIMARY KEY, title text);
    INSERT INTO small SELECT g, 'title ' || g FROM generate_series(1, 100) g`);
  return source;
}

export const TWO_PARTS = {
  backup: { workers: 2, slicing: { thresholdMiB: 1, minSliceMiB: 8, maxSliceMiB: 16 } },
  upload: { firstPartMiB: 5, attempts: 3 },
};

/** A run with a bucket and a temporary directory of its own, so that what it leaves behind is seen. */
export interface FaultRun {
  readonly bucket: TestBucket;
  readonly tmp: string;
  readonly env: Record<string, string>;
}

export async function prepareRun(source: { url: string }, config: unknown = TWO_PARTS): Promise<FaultRun> {
  const bucket = await makeBucket();
  // a short path: the key agent's socket lies below it
  const tmp = await mkdtemp(join('/tmp', 'vpf-'));
  return { bucket, tmp, env: { ...engineEnv(bucket, source), ...(await configEnv(config)), TMPDIR: tmp } };
}

/** The whole promise about a backup that failed (spec B7). */
export async function expectFailedCleanly(run: FaultRun, end: EngineEnd, error: string): Promise<void> {
  const said = `${end.stderr}${end.stdout}`;
  expect(end, said).toMatchObject({ exitCode: 1, result: { outcome: 'failed', error: { name: error } } });
  expect((await run.bucket.keys()).filter((key) => key.endsWith('manifest.json'))).toEqual([]);
  expect(await run.bucket.openUploads()).toBe(0);
  expect(await readdir(run.tmp)).toEqual([]);
  expect(said).not.toContain('PRIVATE KEY');
  const list = await engine(['list'], run.env);
  expect(list).toMatchObject({ exitCode: 0, result: { sets: [] } });
}
