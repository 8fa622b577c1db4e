import type pg from 'pg';
import type { TableEntry } from '../../../core/manifest.ts';
import type { PageRange } from '../../../core/slices.ts';
import { hasUserRows, isManagedSchema } from '../../../core/supabase/managed.ts';
import { keyOf, nameOf, type TableName } from '../../../core/table-names.ts';
import { addContent, type ContentSum, readContent } from '../database/checksum.ts';
import { connect } from '../database/connect.ts';
import { readFurniture, readSequences, readTables, type SourceTable } from '../database/inventory.ts';
import { readLargeObjects } from '../database/large-objects.ts';
import { Sessions } from '../database/sessions.ts';
import { inParallel } from '../streams/parallel.ts';
import { compareAdditions } from '../supabase/apply.ts';
import type { Completed } from '../supabase/complete.ts';
import { tablesOfSet } from '../supabase/rows.ts';
import type { SchemaArchive } from './archives.ts';
import { type Comparison, compareStructure } from './compare-structure.ts';
import type { RestoreRun } from './context.ts';
import { ORPHAN_SCHEMA } from './orphan-keeper.ts';
import { withoutNumbers } from './toc.ts';

/** Pages one worker hashes at a time, 64 MiB with the usual page: long tables are shared among the workers. */
const PAGES_PER_TASK = 8192;

/**
 * Compares rows, structure, sequences, large objects and materialized views, as many tables at once as there are workers.
 * @param leftOut entries of the archive that could not be built, told elsewhere
 */
export async function compareWithManifest(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
  leftOut: ReadonlySet<string>,
  ofProject: Completed,
): Promise<Comparison> {
  const open = () => connect(run.target, run.signal);
  const client = await open();
  const sessions = await Sessions.open(run.workers, open).catch(async (error: unknown) => {
    await client.end().catch(() => undefined);
    throw error;
  });
  try {
    const [content, structure] = await Promise.all([
      compareTables(run, client, sessions),
      compareStructure(run, archives, leftOut, ofProject.unreachableOwners),
    ]);
    const others = [
      ...(await compareSequences(run, client)),
      ...(await compareLargeObjects(run, client)),
      ...(await compareViews(run, client, leftOut)),
    ];
    const missing = await compareAdditions(client, ofProject.additions, ofProject.problems);
    return {
      differences: [...content.differences, ...structure.differences, ...others, ...missing],
      notVerified: [...content.notVerified, ...structure.notVerified],
    };
  } finally {
    await Promise.all([client.end().catch(() => undefined), sessions.end()]);
  }
}

/** What comparing a database with a manifest needs of a run. */
export type ComparingRun = Pick<
  RestoreRun,
  'manifest' | 'project' | 'sandbox' | 'reconciled' | 'workers' | 'signal'
>;

/** The tables of the target; of those that the platform looks after, the columns that the set has. */
async function comparableTables(run: ComparingRun, client: pg.Client): Promise<SourceTable[]> {
  const tables = await readTables(client, run.manifest.excludedSchemas);
  const inSet = new Set(run.manifest.tables.map(keyOf));
  if (run.project !== undefined) return tablesOfSet(run.manifest, run.project, tables);
  // what the platform's services have migrated is in no set
  return run.sandbox === undefined
    ? tables
    : tables.filter((table) => inSet.has(keyOf(table)) || !isManagedSchema(table.schema));
}

/** What was found of the rows. */
export interface TablesComparison extends Comparison {
  /** Of each entry of the manifest, in its order; nothing where the table is missing, or its rows are hidden. */
  readonly contents: readonly (ContentSum | undefined)[];
}

/** Compares rows with the manifest, as many tables at once as there are workers. */
export async function compareTables(
  run: ComparingRun,
  client: pg.Client,
  sessions: Sessions,
): Promise<TablesComparison> {
  const found = await comparableTables(run, client);
  const byName = new Map(found.map((table) => [keyOf(table), table]));
  const expected = new Set(run.manifest.tables.map(keyOf));
  const missing = run.manifest.tables.filter(
    (entry) => !byName.has(keyOf(entry)) && !(run.project !== undefined && hasUserRows(entry.schema)),
  );
  const extra = found.filter(
    (table) => !expected.has(keyOf(table)) && !table.schema.startsWith(ORPHAN_SCHEMA),
  );
  const hidden: string[] = [];
  const contents = await inParallel(
    run.workers,
    run.manifest.tables.map((entry) => async () => {
      const table = byName.get(keyOf(entry));
      if (table === undefined) return undefined;
      if (!table.filtered) return await sessions.use((client) => contentOf(run, client, table));
      hidden.push(`${entry.schema}.${entry.name}`);
      return undefined;
    }),
  );
  const compared = compareContents(run.manifest.tables, contents, changedTables(run));
  return {
    contents,
    differences: [
      ...missing.map((entry) => `table ${entry.schema}.${entry.name} is missing`),
      ...extra.map((table) => `table ${table.schema}.${table.name} was not in the set`),
      ...compared.differences,
    ],
    notVerified: [
      ...hidden.map((name) => `rows of ${name}: row level security hides them from the role that restores`),
      ...compared.notVerified,
    ],
  };
}

/** Tables one by one, except where rows may have moved to another leaf: those trees are summed up first. */
function compareContents(
  entries: readonly TableEntry[],
  contents: readonly (ContentSum | undefined)[],
  changed: Changed = UNCHANGED,
): Comparison {
  const units = new Map<string, { expected: ContentSum; got: ContentSum; loose: readonly string[] }>();
  entries.forEach((entry, i) => {
    const got = contents[i];
    if (got === undefined) return;
    const expected = contentOfEntry(entry);
    const name = unitOf(entry, changed.tables);
    const before = units.get(name);
    units.set(name, {
      expected: before === undefined ? expected : addContent(before.expected, expected),
      got: before === undefined ? got : addContent(before.got, got),
      loose: entry.looseColumns,
    });
  });
  const all = Array.from(units, ([name, unit]) => {
    const moved = changed.moved.get(name);
    if (moved === undefined) return { name, ...unit };
    // its content was proved before rows were taken out of it; no hash is known of those that remain
    const expected = { ...unit.got, rows: unit.expected.rows - moved };
    return { name, ...unit, expected };
  });
  return {
    differences: all.flatMap(({ name, expected, got }) => {
      if (got.rows !== expected.rows) return [`${name} has ${got.rows} rows, expected ${expected.rows}`];
      // sets that are laid over each other may have been made with hashes and without
      if (got.checksum === null || got.checksum === expected.checksum) return [];
      return [`${name} has other content: checksum ${got.checksum}, expected ${expected.checksum}`];
    }),
    notVerified: all.flatMap(({ name, expected, got, loose }) =>
      got.loose === null || expected.loose === null || got.loose === expected.loose
        ? []
        : [
            `columns ${loose.join(', ')} of ${name}: generated values and names of objects are made anew by a restore, ` +
              'and some are not as they were',
          ],
    ),
  };
}

/** Tables that rows were taken out of, or changed in, before the comparison. */
interface Changed {
  readonly tables: ReadonlySet<string>;
  /** How many were taken out, by the name under which a table, or its tree, is compared. */
  readonly moved: ReadonlyMap<string, bigint>;
}

const UNCHANGED: Changed = { tables: new Set(), moved: new Map() };

function changedTables({ reconciled, manifest }: ComparingRun): Changed {
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
  return compareContents(entries, contents).differences;
}

function contentOfEntry({ rows, checksum, looseChecksum }: TableEntry): ContentSum {
  const number = (text: string | null) => (text === null ? null : BigInt(text));
  return { rows: BigInt(rows), checksum: number(checksum), loose: number(looseChecksum) };
}

async function contentOf(run: ComparingRun, client: pg.Client, table: SourceTable): Promise<ContentSum> {
  let sum: ContentSum | undefined;
  for (const range of table.condition === '' ? pageRanges(table) : [undefined]) {
    run.signal.throwIfAborted();
    const part = await readContent(
      client,
      table,
      table.countedOnly ? 'counts' : run.manifest.checksums,
      range,
    );
    sum = sum === undefined ? part : addContent(sum, part);
  }
  return sum ?? { rows: 0n, checksum: 0n, loose: null };
}

function pageRanges(table: SourceTable): (PageRange | undefined)[] {
  const count = Math.ceil(table.heapPages / PAGES_PER_TASK);
  if (count <= 1 || !table.sliceable || !table.divisible) return [undefined];
  return Array.from({ length: count }, (_, i) => ({
    from: i * PAGES_PER_TASK,
    to: i === count - 1 ? null : (i + 1) * PAGES_PER_TASK,
  }));
}

/** @returns sentences about sequences that are not where the manifest says */
export async function compareSequences(run: ComparingRun, client: pg.Client): Promise<string[]> {
  const { manifest } = run;
  const sequences = await readSequences(client, manifest.excludedSchemas);
  const state = new Map(
    sequences.map((sequence) => [JSON.stringify([sequence.schema, sequence.name]), sequence]),
  );
  const differences: string[] = [];
  for (const expected of manifest.sequences) {
    const got = state.get(JSON.stringify([expected.schema, expected.name]));
    if (got?.lastValue === expected.lastValue && got.isCalled === expected.isCalled) continue;
    if (run.project !== undefined && hasUserRows(expected.schema)) continue;
    const is = got === undefined ? 'is missing' : `is at ${got.lastValue} (called: ${got.isCalled})`;
    differences.push(
      `sequence ${expected.schema}.${expected.name} ${is}, expected ${expected.lastValue} (called: ${expected.isCalled})`,
    );
  }
  return differences;
}

export async function compareLargeObjects({ manifest }: ComparingRun, client: pg.Client): Promise<string[]> {
  await client.query('BEGIN');
  const largeObjects = await readLargeObjects(client, manifest.checksums);
  await client.query('ROLLBACK');
  if (largeObjects.rows.toString() !== manifest.largeObjects.count)
    return [`there are ${largeObjects.rows} large objects, expected ${manifest.largeObjects.count}`];
  const same = (largeObjects.checksum?.toString() ?? null) === manifest.largeObjects.checksum;
  return same ? [] : ['the large objects have other content'];
}

/** Whether materialized views are filled as they were. */
export async function compareViews(
  { manifest }: ComparingRun,
  client: pg.Client,
  leftOut: ReadonlySet<string>,
): Promise<string[]> {
  const furniture = await readFurniture(client, manifest.excludedSchemas);
  return manifest.materializedViews.flatMap((view) => {
    const got = furniture.materializedViews.find(
      (other) => other.schema === view.schema && other.name === view.name,
    );
    const left = `MATERIALIZED VIEW DATA ${view.schema} ${view.name} `;
    const unfilled =
      got?.populated === false && [...leftOut].some((entry) => withoutNumbers(entry).startsWith(left));
    if (got?.populated === view.populated || unfilled) return [];
    const is = got === undefined ? 'missing' : got.populated ? 'populated' : 'not populated';
    return [`materialized view ${view.schema}.${view.name} is ${is}`];
  });
}
