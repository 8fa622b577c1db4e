import type pg from 'pg';
import { WHOLE_KINDS } from '../../../core/kinds.ts';
import type { LargeObjectsEntry, SetObject } from '../../../core/manifest.ts';
import { type PageRange, planSlices } from '../../../core/slices.ts';
import { addContent, type ContentSum, readContent } from '../database/checksum.ts';
import type { SourceTable } from '../database/inventory.ts';
import { readLargeObjects } from '../database/large-objects.ts';
import { patternsFor } from '../database/pattern.ts';
import { Sessions } from '../database/sessions.ts';
import { joinSnapshot, type Snapshot } from '../database/snapshot.ts';
import { inParallel } from '../streams/parallel.ts';
import { isManaged } from '../supabase/scope.ts';
import { sealAdditions } from '../supabase/seal.ts';
import { type DumpedFrom, sealPlatform, sealRest, sealSchema, sealText } from './archives.ts';
import type { BackupRun } from './context.ts';
import { rolesSql } from './roles.ts';
import { type Slice, sealSlice } from './slice.ts';

/** What reading the database at one snapshot gives. */
export interface DatabaseRead {
  readonly objects: SetObject[];
  readonly contents: ReadonlyMap<SourceTable, ContentSum>;
  readonly sliced: ReadonlySet<SourceTable>;
  readonly largeObjects: LargeObjectsEntry;
}

/**
 * Reads everything, `workers` streams at once: the archives by pg_dump, large tables in slices. Counts and hashes of
 * sliced tables are taken per slice by the workers, those of the others by the coordinator meanwhile.
 */
export async function readDatabase(run: BackupRun, snapshot: Snapshot): Promise<DatabaseRead> {
  const whole = WHOLE_KINDS.includes(run.id.kind);
  const limits = { workers: run.workers, ...run.config.backup.slicing };
  const ranges = planSlices(snapshot.tables, limits);
  const slices = snapshot.tables.flatMap((table, i) =>
    slicesOf(table, isManaged(run.scope, table) ? atLeastOne(ranges[i]) : (ranges[i] ?? [])),
  );
  const sliced = new Set(slices.map((slice) => slice.table));
  const contents = new Map<SourceTable, ContentSum>();
  run.reporter.begin(expectedBytes(snapshot.tables), snapshot.tables.length);
  const sessions = await Sessions.open(sliced.size === 0 ? 0 : run.workers, () =>
    joinSnapshot(run.address, snapshot, [...sliced], run.lockWaitSeconds, run.signal),
  );
  // settled when nothing of it is under way any more
  const parts: Promise<unknown>[] = [];
  try {
    const roles = await rolesSql(snapshot.coordinator, run.facts.encoding);
    for (const leftOut of roles.leftOut) run.reporter.warn('not in the backup', { leftOut });
    const additions = await sealAdditions(run, snapshot.coordinator);
    const from = await dumpedFrom(run, snapshot, roles.convertible);
    const wandering = snapshot.tables.some((table) => table.wandersWithin !== null);
    const others = snapshot.tables.filter((table) => !sliced.has(table));
    // the archives first: each holds its tables' locks from its start on, and the rest is the longest single stream
    const tasks = [
      () => sealSchema(run, from),
      () => sealRest(run, from, sliced, whole, wandering),
      ...(whole && run.scope.supabase ? [() => sealPlatform(run, from)] : []),
      () => sealText(run, 'roles', roles.text),
      ...additions,
      ...slices.map((slice) => () => sessions.use((client) => readSlice(run, client, slice, contents))),
    ];
    const sealing = inParallel(run.workers, tasks, run.fail);
    const counting = countOthers(run, snapshot.coordinator, others, contents, whole);
    parts.push(sealing, counting);
    const [objects, largeObjects] = await Promise.all([sealing, counting]);
    return { objects, contents, sliced, largeObjects };
  } catch (error) {
    run.fail(error);
    // the first cause; what comes here first may be the session that was ended because of it
    throw run.signal.reason;
  } finally {
    await Promise.allSettled(parts);
    run.reporter.end();
    await sessions.end();
  }
}

async function dumpedFrom(run: BackupRun, snapshot: Snapshot, convertible: boolean): Promise<DumpedFrom> {
  const own = run.facts.encoding;
  const encoding = convertible && own !== 'SQL_ASCII' ? 'UTF8' : own;
  const names = snapshot.tables.flatMap(({ schema, name }) => [schema, name]);
  const { withoutStructure: excluded, platform } = run.scope;
  const others = platform.unreadable.flatMap(({ schema, name }) => [schema, name]);
  const all = [...names, ...excluded, ...platform.schemas, ...others];
  return { snapshot, encoding, excluded, pattern: await patternsFor(snapshot.coordinator, encoding, all) };
}

/** Rows of a table that no archive holds. */
function atLeastOne(ranges: readonly PageRange[] = []): readonly PageRange[] {
  return ranges.length === 0 ? [{ from: 0, to: null }] : ranges;
}

function slicesOf(table: SourceTable, ranges: readonly PageRange[]): Slice[] {
  return ranges.map((range, i) => ({ table, range, index: i + 1, of: ranges.length }));
}

/** COPY text is about as long as the table on disk; good enough for a bar. */
function expectedBytes(tables: readonly SourceTable[]): number {
  return tables.reduce((sum, table) => sum + table.totalBytes, 0);
}

async function readSlice(
  run: BackupRun,
  client: pg.Client,
  slice: Slice,
  contents: Map<SourceTable, ContentSum>,
): Promise<SetObject> {
  const { object, content } = await sealSlice(run, client, slice);
  const before = contents.get(slice.table);
  contents.set(slice.table, before === undefined ? content : addContent(before, content));
  if (slice.index === slice.of) run.reporter.tableDone();
  return object;
}

/** A query locks the indexes of its table, too; thousands of tables would fill the server's lock table. */
const TABLES_PER_SAVEPOINT = 100;
const NO_ROWS: ContentSum = { rows: 0n, checksum: 0n, loose: null };

async function countOthers(
  run: BackupRun,
  client: pg.Client,
  tables: readonly SourceTable[],
  contents: Map<SourceTable, ContentSum>,
  whole: boolean,
): Promise<LargeObjectsEntry> {
  const mode = run.config.backup.checksums;
  for (let start = 0; start < tables.length; start += TABLES_PER_SAVEPOINT) {
    await client.query('SAVEPOINT counting');
    for (const table of tables.slice(start, start + TABLES_PER_SAVEPOINT)) {
      run.signal.throwIfAborted();
      contents.set(table, table.absent ? NO_ROWS : await readContent(client, table, mode));
      run.reporter.tableDone();
    }
    await client.query('ROLLBACK TO SAVEPOINT counting');
  }
  if (!whole) return { count: '0', checksum: mode === 'full' ? '0' : null };
  const { rows, checksum } = await readLargeObjects(client, mode);
  return { count: rows.toString(), checksum: checksum?.toString() ?? null };
}
