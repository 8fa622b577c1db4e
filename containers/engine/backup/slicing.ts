import { REUSING_KINDS } from '../../../core/kinds.ts';
import { isHashedWhole } from '../../../core/reuse.ts';
import { type PageRange, planSlices } from '../../../core/slices.ts';
import type { SourceTable } from '../database/inventory.ts';
import { isManaged } from '../supabase/scope.ts';
import type { BackupRun } from './context.ts';
import type { Slice } from './slice.ts';

/** One slice of all rows. */
const WHOLE: readonly PageRange[] = [{ from: 0, to: null }];

/**
 * Every worker holds a lock on every table in slices, and a server of PostgreSQL's own settings has room for some 6400 in
 * all, of which the coordinator and two pg_dump take one each for every table of the database.
 */
const LOCKS_FOR_REUSE = 2000;

/** The slices of every table that gets some; all other tables go into the rest. */
export function slicesByTable(
  run: BackupRun,
  tables: readonly SourceTable[],
): ReadonlyMap<SourceTable, readonly Slice[]> {
  const planned = planSlices(tables, { workers: run.workers, ...run.config.backup.slicing });
  const alone = new Set(tablesAlone(run, tables));
  return new Map(
    tables.flatMap((table, i): [SourceTable, Slice[]][] => {
      const ranges = planned[i] ?? [];
      if (ranges.length > 0) return [[table, slicesOf(table, ranges)]];
      // no archive holds the rows of the platform's tables
      return alone.has(table) || isManaged(run.scope, table) ? [[table, slicesOf(table, WHOLE)]] : [];
    }),
  );
}

/** Whether the run may take over tables of the last set of its kind. */
export function mayReuse({ id, config }: Pick<BackupRun, 'id' | 'config'>): boolean {
  const { reuse, checksums } = config.backup;
  return reuse.enabled && REUSING_KINDS.includes(id.kind) && checksums === 'full';
}

/** Tables that a later set may take over, and could not out of an archive of many. */
function tablesAlone(run: BackupRun, tables: readonly SourceTable[]): SourceTable[] {
  if (!mayReuse(run)) return [];
  return tables
    .filter((table) => isReusable(table) && table.totalBytes >= run.config.backup.reuse.minTableKiB * 1024)
    .sort((a, b) => b.totalBytes - a.totalBytes)
    .slice(0, Math.floor(LOCKS_FOR_REUSE / run.workers));
}

/** Whether the server can say of the table's rows, all of them and all that COPY carries, that they are the same. */
export function isReusable(table: SourceTable): boolean {
  return table.sliceable && table.plannable && isHashedWhole(table);
}

function slicesOf(table: SourceTable, ranges: readonly PageRange[]): Slice[] {
  return ranges.map((range, i) => ({ table, range, index: i + 1, of: ranges.length }));
}
