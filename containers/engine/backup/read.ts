import type pg from 'pg';
import { WHOLE_KINDS } from '../../../core/kinds.ts';
import type { LargeObjectsEntry, SetObject } from '../../../core/manifest.ts';
import type { Copied } from '../../../core/reuse.ts';
import { type ContentSum, readContent } from '../database/checksum.ts';
import type { SourceTable } from '../database/inventory.ts';
import { readLargeObjects } from '../database/large-objects.ts';
import { patternsFor } from '../database/pattern.ts';
import { Sessions } from '../database/sessions.ts';
import { joinSnapshot, type Snapshot } from '../database/snapshot.ts';
import { inTurns, type Turn } from '../streams/parallel.ts';
import { sealAdditions } from '../supabase/seal.ts';
import { type DumpedFrom, sealPlatform, sealRest, sealSchema, sealText } from './archives.ts';
import type { Base } from './base.ts';
import type { BackupRun } from './context.ts';
import { Copies } from './copies.ts';
import { rolesSql } from './roles.ts';
import { slicesByTable } from './slicing.ts';
import { sealTable } from './table.ts';

/** What reading the database at one snapshot gives. */
export interface DatabaseRead {
  readonly objects: SetObject[];
  readonly contents: ReadonlyMap<SourceTable, ContentSum>;
  readonly sliced: ReadonlySet<SourceTable>;
  /** Tables in slices that were taken over from another set, and from which. */
  readonly copied: ReadonlyMap<SourceTable, Copied>;
  readonly largeObjects: LargeObjectsEntry;
}

/**
 * Reads everything, `workers` streams at once: the archives by pg_dump, tables in slices unless their rows are those of
 * the base. Counts and hashes of sliced tables are taken by the workers, those of the others by the coordinator meanwhile.
 * @param base set whose slices may be copied
 */
export async function readDatabase(
  run: BackupRun,
  snapshot: Snapshot,
  base: Base | undefined,
): Promise<DatabaseRead> {
  const whole = WHOLE_KINDS.includes(run.id.kind);
  const slices = slicesByTable(run, snapshot.tables);
  const sliced = [...slices.keys()];
  const contents = new Map<SourceTable, ContentSum>();
  const copied = new Map<SourceTable, Copied>();
  run.reporter.begin(expectedBytes(snapshot.tables), snapshot.tables.length);
  const sessions = await Sessions.open(sliced.length === 0 ? 0 : run.workers, () =>
    joinSnapshot(run.address, snapshot, sliced, run.lockWaitSeconds, run.signal),
  );
  // settled when nothing of it is under way any more
  const parts: Promise<unknown>[] = [];
  try {
    const archives = await archiveTasks(run, snapshot, new Set(sliced), whole);
    const copies = new Copies(run, base, snapshot.time);
    const sealTables = (turn: Turn) =>
      sliced.map(async (table) => {
        const sealed = await sealTable({ run, sessions, copies, turn }, slices.get(table) ?? []);
        contents.set(table, sealed.content);
        if (sealed.copied !== undefined) copied.set(table, sealed.copied);
        return sealed.objects;
      });
    const sealing = inTurns(
      run.workers,
      (turn) => Promise.all([...archives.map(turn), ...sealTables(turn)]),
      run.fail,
    );
    const others = snapshot.tables.filter((table) => !slices.has(table));
    const counting = countOthers(run, snapshot.coordinator, others, contents, whole);
    parts.push(sealing, counting);
    const [objects, largeObjects] = await Promise.all([sealing, counting]);
    return { objects: objects.flat(), contents, sliced: new Set(sliced), copied, largeObjects };
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

/** The archives, first of all: each holds its tables' locks from its start on, and the rest is the longest single stream. */
async function archiveTasks(
  run: BackupRun,
  snapshot: Snapshot,
  sliced: ReadonlySet<SourceTable>,
  whole: boolean,
): Promise<(() => Promise<SetObject>)[]> {
  const roles = await rolesSql(snapshot.coordinator, run.facts.encoding);
  for (const leftOut of roles.leftOut) run.reporter.warn('not in the backup', { leftOut });
  const additions = await sealAdditions(run, snapshot.coordinator);
  const from = await dumpedFrom(run, snapshot, roles.convertible);
  const wandering = snapshot.tables.some((table) => table.wandersWithin !== null);
  return [
    () => sealSchema(run, from),
    () => sealRest(run, from, sliced, whole, wandering),
    ...(whole && run.scope.supabase ? [() => sealPlatform(run, from)] : []),
    () => sealText(run, 'roles', roles.text),
    ...additions,
  ];
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

/** COPY text is about as long as the table on disk; good enough for a bar. */
function expectedBytes(tables: readonly SourceTable[]): number {
  return tables.reduce((sum, table) => sum + table.totalBytes, 0);
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
