import type pg from 'pg';
import type { PageRange } from '../../../core/slices.ts';
import { addContent, type ContentSum, readContent } from '../database/checksum.ts';
import type { SourceTable } from '../database/inventory.ts';
import type { RestoreRun } from './context.ts';

/** Pages one worker hashes at a time, 64 MiB with the usual page: long tables are shared among the workers. */
const PAGES_PER_TASK = 8192;

/** Rows of a table with their hash, page range by page range, so that it can be stopped. */
export async function contentOf(run: RestoreRun, client: pg.Client, table: SourceTable): Promise<ContentSum> {
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
