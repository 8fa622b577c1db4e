import { expect, inject } from 'vitest';
import { databaseUrl, makeDatabase, type TestDatabase, withClient } from './engine.ts';

/** A database to restore into, and the proof that a failed restore left it as it was. */
export interface FaultTarget {
  readonly database: TestDatabase;
  /** What the command line needs to name it. */
  readonly args: readonly string[];
  expectUntouched(): Promise<void>;
}

// Everything a restore can make, asked of the catalogues themselves.
const HOLDS = `
  SELECT c.oid::regclass::text AS what FROM pg_class c
    WHERE c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
  UNION ALL SELECT n.nspname FROM pg_namespace n
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'public')
  UNION ALL SELECT e.extname FROM pg_extension e WHERE e.extname <> 'plpgsql'
  UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.oid >= 16384
  UNION ALL SELECT t.oid::regtype::text FROM pg_type t WHERE t.oid >= 16384
  UNION ALL SELECT 'large object ' || l.oid FROM pg_largeobject_metadata l
  UNION ALL SELECT 'public of ' || n.nspowner::regrole || ' ' || n.nspacl::text || ' ' || obj_description(n.oid, 'pg_namespace')
    FROM pg_namespace n WHERE n.nspname = 'public'
  ORDER BY 1`;

export async function emptyTarget(major: 15 | 17 = 15): Promise<FaultTarget> {
  const database = await makeDatabase(major);
  const holds = async () => (await database.query(HOLDS)).rows.map((row) => row.what);
  const before = await holds();
  return {
    database,
    args: [],
    expectUntouched: async () => {
      // sessions of programs that were killed go when the server notices
      await expect.poll(holds, { timeout: 5000 }).toEqual(before);
    },
  };
}

export async function fullTarget(major: 15 | 17 = 15): Promise<FaultTarget> {
  const database = await makeDatabase(major);
  await database.query('CREATE TABLE precious AS SELECT 42 AS answer');
  const identity = async () =>
    (await database.query('SELECT oid FROM pg_database WHERE datname = current_database()')).rows;
  const before = await identity();
  return {
    database,
    args: ['--confirm', database.name],
    expectUntouched: async () => {
      expect((await database.query('SELECT answer FROM precious')).rows).toEqual([{ answer: 42 }]);
      expect(await identity()).toEqual(before);
      expect(await databasesLike(major, database.name)).toEqual([database.name]);
    },
  };
}

async function databasesLike(major: 15 | 17, name: string): Promise<string[]> {
  const url = databaseUrl(inject('servers')[major].url, 'postgres');
  return await withClient(url, async (client) => {
    const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [
      name,
    ]);
    return rows.map((row) => row.datname);
  });
}

/** Both ways a restore can go. */
export const TARGETS = [
  ['an empty database', emptyTarget],
  ['a full one, confirmed', fullTarget],
] as const;
