import { qualified } from '../table-entry.ts';
import type { PlannedRule } from './findings.ts';
import { type KnownTables, missingTable, readKnownTables } from './known-tables.ts';
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

/** The rules of a configuration, as far as this database has what they speak of. */
export async function configuredRules(
  session: Session,
  rules: readonly ConfiguredRule[],
): Promise<PlannedRule[]> {
  const named = rules.flatMap(namedTables).map(qualified);
  const known = await readKnownTables(session, [...new Set(named)]);
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
