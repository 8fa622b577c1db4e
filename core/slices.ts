import { MIB } from './part-sizes.ts';
/** What slice planning needs to know of a table. */
export interface SliceCandidate {
  /** Main fork in pages: what ctid ranges divide. */
  readonly heapPages: number;
  /** Heap and TOAST: what actually has to be read. Wide rows live in TOAST, and the heap alone would hide them. */
  readonly totalBytes: number;
  /** False where a ctid range cannot be read or laid back, see containers/engine/database/inventory.ts. */
  readonly sliceable: boolean;
  /** False where it can only be read as a whole; its one slice is as long as it is. */
  readonly divisible: boolean;
}

/** Pages `from` (inclusive) to `to` (exclusive); the last range has no end, for rows that came after the estimate. */
export interface PageRange {
  readonly from: number;
  readonly to: number | null;
}

export interface SlicingLimits {
  readonly workers: number;
  readonly thresholdMiB: number;
  readonly minSliceMiB: number;
  readonly maxSliceMiB: number;
}

/** Slices each worker should find, so that the last ones to finish are not long alone. */
const SLICES_PER_WORKER = 4;
/** Under this size a stream of its own costs more than it gives. */
const SMALLEST_ALONE_MIB = 4;
/** A table of this part of the data is not in the rest, so that bringing it back alone reads little else. */
const FINDABLE_PART = 0.01;

/**
 * Divides the tables among one rest archive and slices of their own. Tables over the threshold are sliced; then,
 * largest first, so many more that the rest, which is one stream, is no longer than one worker's share; and of large
 * databases every table of one percent.
 * @returns ranges per table, in the order given; an empty list means the table goes into the rest
 */
export function planSlices(tables: readonly SliceCandidate[], limits: SlicingLimits): PageRange[][] {
  const total = tables.reduce((sum, table) => sum + table.totalBytes, 0);
  const target = Math.min(
    Math.max(total / (limits.workers * SLICES_PER_WORKER), limits.minSliceMiB * MIB),
    limits.maxSliceMiB * MIB,
  );
  const largestFirst = tables
    .map((_, index) => index)
    .sort((a, b) => bytesOf(tables, b) - bytesOf(tables, a));
  const ranges: PageRange[][] = tables.map(() => []);
  let rest = total;
  for (const index of largestFirst) {
    const table = tables[index];
    if (table === undefined || !table.sliceable) continue;
    const large = table.totalBytes >= limits.thresholdMiB * MIB;
    const worthIt = table.totalBytes >= SMALLEST_ALONE_MIB * MIB;
    const restTooLong = rest > Math.max(total / limits.workers, limits.minSliceMiB * MIB);
    const findable =
      total * FINDABLE_PART >= SMALLEST_ALONE_MIB * MIB && table.totalBytes >= total * FINDABLE_PART;
    if (!large && !findable && !(worthIt && restTooLong)) continue;
    ranges[index] = table.divisible ? divide(table, target) : [{ from: 0, to: null }];
    rest -= table.totalBytes;
  }
  return ranges;
}

function bytesOf(tables: readonly SliceCandidate[], index: number): number {
  return tables[index]?.totalBytes ?? 0;
}

function divide(table: SliceCandidate, targetBytes: number): PageRange[] {
  const wanted = Math.max(1, Math.round(table.totalBytes / targetBytes));
  const count = Math.max(1, Math.min(wanted, table.heapPages));
  const bound = (index: number) => Math.floor((table.heapPages * index) / count);
  return Array.from({ length: count }, (_, index) => ({
    from: bound(index),
    to: index === count - 1 ? null : bound(index + 1),
  }));
}
