import { qualified } from '../table-entry.ts';
import type { RuleHead } from './findings.ts';
import type { Session } from './session.ts';

/** A table of the database at hand. */
export interface KnownTable {
  readonly schema: string;
  readonly name: string;
  /** Type of each column, by its name. */
  readonly columns: Readonly<Record<string, string>>;
  readonly primaryKey: readonly string[];
}

/** By `schema.name`, unquoted, as rules name them. */
export type KnownTables = ReadonlyMap<string, KnownTable>;

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name,
    (SELECT pg_catalog.jsonb_object_agg(a.attname, t.typname) FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    coalesce((SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.place)
      FROM pg_catalog.pg_constraint k, pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(attnum, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum
      WHERE k.conrelid = c.oid AND k.contype = 'p'), '{}') AS "primaryKey"
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname || '.' || c.relname = ANY ($1::pg_catalog.text[])`;

/** What the database has of these tables, named `schema.name`. */
export async function readKnownTables(session: Session, names: readonly string[]): Promise<KnownTables> {
  const { rows } = await session.query(TABLES, [names]);
  return new Map((rows as KnownTable[]).map((table) => [`${table.schema}.${table.name}`, table]));
}

/** What is not there cannot be wrong, and has not been proved right either. */
export function missingTable(entry: string): Pick<RuleHead, 'tables'> & { todo: { notApplicable: string } } {
  return { tables: [], todo: { notApplicable: `there is no table ${qualified(entry)}` } };
}
