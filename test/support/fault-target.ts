import { expect } from 'vitest';
import { makeDatabase, type TestDatabase } from './engine.ts';
import { databasesLike, expectEmpty } from './fault-restore.ts';

/** A database to restore into, and the proof that a failed restore left it as it was. */
export interface FaultTarget {
  readonly database: TestDatabase;
  /** What the command line needs to name it. */
  readonly args: readonly string[];
  expectUntouched(): Promise<void>;
}

export async function emptyTarget(): Promise<FaultTarget> {
  const database = await makeDatabase(15);
  return { database, args: [], expectUntouched: () => expectEmpty(database) };
}

export async function fullTarget(): Promise<FaultTarget> {
  const database = await makeDatabase(15);
  await database.query('CREATE TABLE precious AS SELECT 42 AS answer');
  return {
    database,
    // the fault is to strike the restore, and not the set of the target before it
    args: ['--confirm', database.name, '--without-pre-restore-set'],
    expectUntouched: async () => {
      expect(await databasesLike(database)).toEqual([database.name]);
      expect((await database.query('SELECT answer FROM precious')).rows).toEqual([{ answer: 42 }]);
    },
  };
}

/** Both ways a restore can go. */
export const TARGETS = [
  ['an empty database', emptyTarget],
  ['a full one, confirmed', fullTarget],
] as const;
