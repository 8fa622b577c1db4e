import { expect } from 'vitest';
import type { TestDatabase } from './engine.ts';

/** Everything a restore can leave in a database, by name, asked of the catalogues themselves. */
const LEFTOVERS = `
  SELECT 'schema ' || nspname AS what FROM pg_namespace WHERE nspname <> 'public' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL SELECT 'relation ' || oid::regclass FROM pg_class WHERE oid >= 16384
    AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast|temp)')
  UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE oid >= 16384
  UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'
  UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
  UNION ALL SELECT 'publication ' || pubname FROM pg_publication
  UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
  UNION ALL SELECT 'cast ' || oid FROM pg_cast WHERE oid >= 16384
  UNION ALL SELECT 'language ' || lanname FROM pg_language WHERE oid >= 16384
  UNION ALL SELECT 'default privileges ' || oid FROM pg_default_acl
  UNION ALL SELECT 'no schema public' WHERE to_regnamespace('public') IS NULL
  ORDER BY 1`;

/** The whole promise about a target that was empty before a restore failed. */
export async function expectEmpty(database: TestDatabase): Promise<void> {
  const { rows } = await database.query(LEFTOVERS);
  expect(rows.map((row) => row.what)).toEqual([]);
}

/** Databases on the same server that a replacement of this one could have left, itself among them. */
export async function databasesLike({ name, query }: TestDatabase): Promise<string[]> {
  const { rows } = await query('SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1', [
    name,
  ]);
  return rows.map((row) => row.datname);
}
