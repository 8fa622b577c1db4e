import { InventoryDamagedError, ManifestUnreadableError, reason } from '../../../core/errors/index.ts';
import type { FileEntry } from '../../../core/files/entry.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Bucket } from '../storage/bucket.ts';
import { fetchInventory, listInventories, partsOf, readEntries, readInventory } from './inventories.ts';

/** Runs since the newest inventory that did not come to their end: of older ones nothing is expected. */
const UNFINISHED_READ = 5;

/**
 * What earlier runs know of files, each source in the order of names: the newest inventory that can be read, and what runs
 * that died since had read. Where there is nothing, all files are read.
 */
export async function earlierRuns(
  bucket: Bucket,
  directory: string,
  attempts: number,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<AsyncGenerator<FileEntry>[]> {
  const sources: AsyncGenerator<FileEntry>[] = [];
  let unfinished = 0;
  for (const found of await listInventories(bucket)) {
    try {
      const inventory = await readInventory(bucket, found);
      if (inventory !== undefined) {
        const path = await fetchInventory(bucket, inventory, directory, attempts, signal);
        return [...sources, readEntries(path)];
      }
    } catch (error) {
      if (!(error instanceof InventoryDamagedError || error instanceof ManifestUnreadableError)) throw error;
      reporter.warn('an inventory cannot be used, the one before it is', {
        id: found.id,
        because: reason(error),
      });
      continue;
    }
    unfinished += 1;
    if (unfinished <= UNFINISHED_READ) sources.push(...(await partsOf(bucket, found)));
  }
  return sources;
}
