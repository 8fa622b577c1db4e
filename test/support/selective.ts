import { expect, inject } from 'vitest';
import { type DatabaseDescription, describeDatabase } from './compare.ts';
import {
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from './engine.ts';
import { backUp } from './runs.ts';

/** A database, a set of it, and what it was when that was made. */
export interface SavedDatabase {
  readonly database: TestDatabase;
  readonly bucket: TestBucket;
  /** Id of the set. */
  readonly id: string;
  readonly before: DatabaseDescription;
  readonly env: Record<string, string>;
  now(): Promise<DatabaseDescription>;
  /** `restore <set> …` into the database itself. */
  restore(...args: string[]): Promise<EngineEnd>;
}

/** Makes a database by SQL or otherwise, and a daily set of it. */
export async function saved(
  major: 15 | 17,
  fill: string | ((database: TestDatabase) => Promise<unknown>),
  more: Readonly<Record<string, string>> = {},
): Promise<SavedDatabase> {
  const database = await makeDatabase(major);
  await (typeof fill === 'string' ? database.query(fill) : fill(database));
  const bucket = await makeBucket();
  const env = { ...engineEnv(bucket, database), ...more };
  const { binDir } = inject('servers')[major];
  const now = () => describeDatabase({ url: database.url, binDir });
  const before = await now();
  const { id } = await backUp(env, '--kind', 'daily');
  return {
    database,
    bucket,
    id,
    before,
    env,
    now,
    restore: (...args) => engine(['restore', id, ...args], env),
  };
}

/** The last line of a run that ended so; everything it said where it did not. */
export function ended(end: EngineEnd, exitCode: number): EngineEnd['result'] {
  expect(end.exitCode, `${end.stderr}${end.stdout}`).toBe(exitCode);
  return end.result;
}
