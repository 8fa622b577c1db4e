import type pg from 'pg';
import type { TableEntry } from '../../../core/manifest.ts';
import { hasUserRows, isManagedSchema } from '../../../core/supabase/managed.ts';
import { keyOf, nameOf, type TableName } from '../../../core/table-names.ts';
import { addContent, type ContentSum } from '../database/checksum.ts';
import { readTables, type SourceTable } from '../database/inventory.ts';
import type { Sessions } from '../database/sessions.ts';
import { inParallel } from '../streams/parallel.ts';
import { tablesOfSet } from '../supabase/rows.ts';
import type { Comparison } from './compare-structure.ts';
import type { RestoreRun } from './context.ts';
import { ORPHAN_SCHEMA } from './orphan-keeper.ts';
import { contentOf } from './table-content.ts';

/** The tables of the target; of those that the platform looks after, the columns that the set has. */
export async function comparableTables(run: RestoreRun, client: pg.Client): Promise<SourceTable[]> {
  const tables = await readTables(client, run.manifest.excludedSchemas);
  const inSet = new Set(run.manifest.tables.map(keyOf));
  if (run.project !== undefined) return tablesOfSet(run.manifest, run.project, tables);
  // what the platform's services have migrated is in no set
  return run.sandbox === undefined
    ? tables
    : tables.filter((table) => inSet.has(keyOf(table)) || !isManagedSchema(table.schema));
}

/** A table of the manifest, or a tree of partitions that is compared as one. */
export interface ComparedUnit {
  readonly name: string;
  readonly entries: readonly TableEntry[];
  /** Of each entry, what was found. */
  readonly contents: readonly ContentSum[];
  readonly expected: ContentSum;
  readonly got: ContentSum;
}

/** What became of the tables of the manifest. */
export interface ComparedTables {
  readonly missing: readonly TableEntry[];
  /** Tables that are there, and in the set not. */
  readonly extra: readonly TableName[];
  /** Tables whose rows row level security hides. */
  readonly hidden: readonly TableEntry[];
  readonly units: readonly ComparedUnit[];
}

export async function compareTables(
  run: RestoreRun,
  found: readonly SourceTable[],
  sessions: Sessions,
): Promise<ComparedTables> {
  const byName = new Map(found.map((table) => [keyOf(table), table]));
  const expected = new Set(run.manifest.tables.map(keyOf));
  const missing = run.manifest.tables.filter(
    (entry) => !byName.has(keyOf(entry)) && !(run.project !== undefined && hasUserRows(entry.schema)),
  );
  const extra = found.filter(
    (table) => !expected.has(keyOf(table)) && !table.schema.startsWith(ORPHAN_SCHEMA),
  );
  const hidden: TableEntry[] = [];
  const contents = await inParallel(
    run.workers,
    run.manifest.tables.map((entry) => async () => {
      const table = byName.get(keyOf(entry));
      if (table === undefined) return undefined;
      if (!table.filtered) return await sessions.use((client) => contentOf(run, client, table));
      hidden.push(entry);
      return undefined;
    }),
  );
  const units = compareContents(run.manifest.tables, contents, changedTables(run));
  return { missing, extra, hidden, units };
}

/** Tables one by one, except where rows may have moved to another leaf: those trees are summed up first. */
function compareContents(
  entries: readonly TableEntry[],
  contents: readonly (ContentSum | undefined)[],
  changed: Changed = UNCHANGED,
): ComparedUnit[] {
  const units = new Map<string, ComparedUnit>();
  entries.forEach((entry, i) => {
    const got = contents[i];
    if (got === undefined) return;
    const expected = contentOfEntry(entry);
    const name = unitOf(entry, changed.tables);
    const before = units.get(name);
    units.set(name, {
      name,
      entries: [...(before?.entries ?? []), entry],
      contents: [...(before?.contents ?? []), got],
      expected: before === undefined ? expected : addContent(before.expected, expected),
      got: before === undefined ? got : addContent(before.got, got),
    });
  });
  return Array.from(units.values(), (unit) => {
    const moved = changed.moved.get(unit.name);
    if (moved === undefined) return unit;
    // its content was proved before rows were taken out of it; no hash is known of those that remain
    return { ...unit, expected: { ...unit.got, rows: unit.expected.rows - moved } };
  });
}

/** What is wrong with one, and what of it cannot be said. */
export function judgeUnit({ name, entries, expected, got }: ComparedUnit): Comparison {
  return {
    differences: differenceOf(name, expected, got),
    notVerified: looseOf(name, entries, expected, got),
  };
}

function differenceOf(name: string, expected: ContentSum, got: ContentSum): string[] {
  if (got.rows !== expected.rows) return [`${name} has ${got.rows} rows, expected ${expected.rows}`];
  // sets that are laid over each other may have been made with hashes and without
  if (got.checksum === null || got.checksum === expected.checksum) return [];
  return [`${name} has other content: checksum ${got.checksum}, expected ${expected.checksum}`];
}

function looseOf(
  name: string,
  entries: readonly TableEntry[],
  expected: ContentSum,
  got: ContentSum,
): string[] {
  if (got.loose === null || expected.loose === null || got.loose === expected.loose) return [];
  const columns = entries.at(-1)?.looseColumns ?? [];
  return [
    `columns ${columns.join(', ')} of ${name}: generated values and names of objects are made anew by a restore, ` +
      'and some are not as they were',
  ];
}

/** All of it, a sentence each. */
export function tellTables({ missing, extra, hidden, units }: ComparedTables): Comparison {
  const judged = units.map(judgeUnit);
  return {
    differences: [
      ...missing.map((entry) => `table ${entry.schema}.${entry.name} is missing`),
      ...extra.map((table) => `table ${table.schema}.${table.name} was not in the set`),
      ...judged.flatMap(({ differences }) => differences),
    ],
    notVerified: [
      ...hidden.map(
        ({ schema, name }) =>
          `rows of ${schema}.${name}: row level security hides them from the role that restores`,
      ),
      ...judged.flatMap(({ notVerified }) => notVerified),
    ],
  };
}

/** Tables that rows were taken out of, or changed in, before the comparison. */
interface Changed {
  readonly tables: ReadonlySet<string>;
  /** How many were taken out, by the name under which a table, or its tree, is compared. */
  readonly moved: ReadonlyMap<string, bigint>;
}

const UNCHANGED: Changed = { tables: new Set(), moved: new Map() };

function changedTables({ reconciled, manifest }: RestoreRun): Changed {
  const tables = new Set(reconciled.map(({ table }) => keyOf(table)));
  const moved = new Map<string, bigint>();
  for (const { table, way, rows } of reconciled)
    for (const name of new Set(entriesOf(manifest, table).map((entry) => unitOf(entry, tables))))
      moved.set(name, (moved.get(name) ?? 0n) + (way === 'moved' ? BigInt(rows) : 0n));
  return { tables, moved };
}

/** The entries of a table, or of all leaves of a partitioned one. */
function entriesOf(manifest: RestoreRun['manifest'], table: TableName): TableEntry[] {
  return manifest.tables.filter((entry) =>
    [keyOf(entry), keyOf(entry.partitionOf ?? entry)].includes(keyOf(table)),
  );
}

/** Which leaf a row was taken out of is not known, so such a tree is compared as one. */
function unitOf(entry: TableEntry, changed: ReadonlySet<string>): string {
  const { partitionOf, wandersWithin } = entry;
  if (partitionOf !== null && changed.has(keyOf(partitionOf))) return nameOf(partitionOf);
  return wandersWithin ?? nameOf(entry);
}

/** In what one table, or a tree of partitions, differs from what was saved. */
export async function differencesOf(
  run: RestoreRun,
  client: pg.Client,
  table: TableName,
): Promise<readonly string[]> {
  const entries = entriesOf(run.manifest, table);
  const names = new Set(entries.map(keyOf));
  const found = (await readTables(client, run.manifest.excludedSchemas)).filter((each) =>
    names.has(keyOf(each)),
  );
  const contents: (ContentSum | undefined)[] = [];
  for (const entry of entries) {
    const source = found.find((each) => keyOf(each) === keyOf(entry));
    contents.push(source === undefined ? undefined : await contentOf(run, client, source));
  }
  return compareContents(entries, contents).flatMap((unit) => judgeUnit(unit).differences);
}

function contentOfEntry({ rows, checksum, looseChecksum }: TableEntry): ContentSum {
  const number = (text: string | null) => (text === null ? null : BigInt(text));
  return { rows: BigInt(rows), checksum: number(checksum), loose: number(looseChecksum) };
}
