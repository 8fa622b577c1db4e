import type pg from 'pg';
import { escapeIdentifier } from 'pg';
import type { Manifest, SetObject, TableEntry } from '../../../core/manifest.ts';
import { hasUserRows, isDerived } from '../../../core/supabase/managed.ts';
import { keyOf, nameOf } from '../../../core/table-names.ts';
import type { SourceTable } from '../database/inventory.ts';
import { qualify } from '../database/session.ts';
import type { RestoreRun } from '../restore/context.ts';
import { copyRows } from '../restore/slice.ts';
import type { Opener } from '../streams/open.ts';
import type { Project, ProjectColumn } from './project.ts';

/** How the columns of one of the platform's tables stand to each other in the set and in the project. */
export interface Matched {
  /** Nothing where the project has no such table. */
  readonly common: readonly ProjectColumn[] | undefined;
  /** Columns with values in the set, and no place in the project. */
  readonly onlyInSet: readonly string[];
  /** Columns whose values are written otherwise here, by their type. */
  readonly otherType: readonly string[];
}

export function matchColumns(project: Project, entry: TableEntry): Matched {
  const there = project.columns.get(nameOf(entry));
  if (there === undefined) return { common: undefined, onlyInSet: entry.columns, otherType: [] };
  const byName = new Map(there.map((column) => [column.name, column]));
  return {
    common: entry.columns.flatMap((name) => byName.get(name) ?? []),
    onlyInSet: entry.columns.filter((name) => !byName.has(name)),
    otherType: entry.columns.filter((name, i) => {
      const here = byName.get(name);
      return here !== undefined && here.type !== entry.columnTypes[i];
    }),
  };
}

/** Whether an object holds rows of one of the platform's tables. */
export function isOfManagedTable(object: SetObject): boolean {
  return object.slice !== undefined && hasUserRows(object.slice.schema);
}

/** A table of the platform as a set has it, and what that set's objects are read with. */
export interface ManagedRows {
  readonly entry: TableEntry;
  readonly opener: Opener;
}

/**
 * Rows of one of the platform's tables. Its triggers and keys are there already: as a replica the session does without
 * them, or accounts would be made twice, and a row be refused whose parent comes later. Columns are matched by name, for
 * projects are not all of one version; a column that the project lacks is left out, and told by `notCarried`.
 */
export async function restoreManagedSlice(
  run: RestoreRun,
  project: Project,
  object: SetObject,
  { entry, opener }: ManagedRows,
): Promise<void> {
  const { common, onlyInSet } = matchColumns(project, entry);
  if (common === undefined || entry.rows === '0') return;
  const table = qualify(entry.schema, entry.name);
  const list = (names: readonly string[]) => names.map((name) => escapeIdentifier(name)).join(', ');
  const asReplica = (client: pg.Client) => client.query('SET session_replication_role = replica');
  if (onlyInSet.length === 0) {
    await copyRows(run, opener, object, {
      what: nameOf(entry),
      into: `${table} (${list(entry.columns)})`,
      before: asReplica,
    });
    return;
  }
  const types = new Map(common.map(({ name, type }) => [name, type]));
  const columns = entry.columns.map(
    (name) => `${escapeIdentifier(name)} ${types.get(name) ?? 'pg_catalog.text'}`,
  );
  const names = list(common.map(({ name }) => name));
  await copyRows(run, opener, object, {
    what: nameOf(entry),
    into: `pg_temp.matched (${list(entry.columns)})`,
    before: async (client) => {
      await asReplica(client);
      await client.query(`CREATE TEMPORARY TABLE matched (${columns.join(', ')})`);
    },
    after: (client) =>
      client.query(
        `INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM pg_temp.matched`,
      ),
  });
}

/** Values that found no place in the project, one sentence for each table. */
export function notCarried(project: Project, { manifest }: RestoreRun): string[] {
  return manifest.tables
    .filter((entry) => hasUserRows(entry.schema) && entry.rows !== '0')
    .flatMap((entry) => {
      const { common, onlyInSet, otherType } = matchColumns(project, entry);
      if (isDerived(entry)) return [];
      if (common === undefined)
        return [`${entry.rows} rows of ${nameOf(entry)}: the project has no such table; the set keeps them`];
      const lost = onlyInSet.filter((column) => !isDerived(entry, column));
      if (lost.length === 0 && otherType.length === 0) return [];
      if (lost.length === 0)
        return [
          `columns ${otherType.join(', ')} of ${nameOf(entry)}: they have another type in the project, so rows were counted only`,
        ];
      return [
        `columns ${lost.join(', ')} of ${nameOf(entry)}: the project does not have them; the set keeps them`,
      ];
    });
}

/**
 * The tables of a project that are compared with a set: of the platform's own, those that the set has, and of these the
 * columns that both have, so that a column which came later makes no difference.
 */
export function tablesOfSet(
  manifest: Manifest,
  project: Project,
  tables: readonly SourceTable[],
): SourceTable[] {
  const entries = new Map(manifest.tables.map((entry) => [keyOf(entry), entry]));
  return tables.flatMap((table) => {
    const entry = entries.get(keyOf(table));
    if (entry === undefined) return project.managed.includes(table.schema) ? [] : table;
    if (!hasUserRows(table.schema)) return table;
    const { onlyInSet, otherType } = matchColumns(project, entry);
    const there = new Set([...table.columns, ...table.looseColumns]);
    return {
      ...table,
      columns: entry.columns.filter((name) => there.has(name)),
      looseColumns: entry.looseColumns.filter((name) => there.has(name)),
      // a hash over fewer columns is another; that they are missing is told by `notCarried`
      countedOnly: onlyInSet.length > 0 || otherType.length > 0,
    };
  });
}
