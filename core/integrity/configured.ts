import { qualified } from '../table-entry.ts';
import type { PlannedRule, RuleHead } from './findings.ts';
import { orphansOf } from './orphans.ts';
import type { ConfiguredRule } from './rules.ts';
import {
  countAndSample,
  countAndSampleQuery,
  displayName,
  quoteIdentifier,
  quoteName,
  type Session,
} from './session.ts';

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

/** The rules of a configuration, as far as this database has what they speak of. */
export async function configuredRules(
  session: Session,
  rules: readonly ConfiguredRule[],
): Promise<PlannedRule[]> {
  const named = rules.flatMap(namedTables).map(qualified);
  const { rows } = await session.query(TABLES, [[...new Set(named)]]);
  const known = new Map((rows as KnownTable[]).map((table) => [`${table.schema}.${table.name}`, table]));
  return rules.map((rule) => planned(rule, known));
}

function namedTables(rule: ConfiguredRule): string[] {
  if ('sql' in rule) return [];
  if ('table' in rule) return [rule.table];
  const children = Object.keys(rule.along).map((entry) => entry.slice(0, entry.lastIndexOf('.')));
  return [rule.orphans, ...children, ...Object.values(rule.along)];
}

function planned(rule: ConfiguredRule, known: KnownTables): PlannedRule {
  const { name, severity } = rule;
  if ('sql' in rule)
    return { name, severity, kind: 'sql', tables: [], todo: { run: countAndSampleQuery(rule.sql) } };
  if ('orphans' in rule) return { name, severity, kind: 'orphans', ...orphansOf(rule, known) };
  return { name, severity, kind: 'values', ...valuesOf(rule, known) };
}

function valuesOf(
  rule: Extract<ConfiguredRule, { table: string }>,
  known: KnownTables,
): Pick<PlannedRule, 'tables' | 'todo'> {
  const table = known.get(qualified(rule.table));
  if (table === undefined) return missingTable(rule.table);
  const tables = [displayName(table.schema, table.name)];
  const type = table.columns[rule.column];
  if (type === undefined)
    return { tables, todo: { notApplicable: `${tables[0]} has no column ${rule.column}` } };
  const written = `pg_catalog.format('%s', c.${quoteIdentifier(rule.column)})`;
  // char(n) is filled up with blanks that mean nothing
  const value = type === 'bpchar' ? `pg_catalog.rtrim(${written}, ' ')` : written;
  const from = `${quoteName(table)} AS c
    WHERE c.${quoteIdentifier(rule.column)} IS NOT DISTINCT FROM NULL OR NOT ${value} = ANY ($1::pg_catalog.text[])`;
  const shown = [...new Set([...table.primaryKey, rule.column])];
  return { tables, todo: { run: countAndSample(shown, from, [rule.values]) } };
}

/** What is not there cannot be wrong, and has not been proved right either. */
export function missingTable(entry: string): Pick<RuleHead, 'tables'> & { todo: { notApplicable: string } } {
  return { tables: [], todo: { notApplicable: `there is no table ${qualified(entry)}` } };
}
