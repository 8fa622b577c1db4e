import Table from 'cli-table3';
import type { Config } from '../../../core/config.ts';
import { ManifestUnreadableError, reason } from '../../../core/errors/index.ts';
import type { FilesManifest } from '../../../core/files/manifest.ts';
import { openBucket, proveBucket } from '../storage/bucket.ts';
import { type Inventory, listInventories, readInventory } from './inventories.ts';

/** One line of `files list`. */
export interface ListedInventory {
  readonly id: string;
  readonly state: 'complete' | 'unfinished' | 'unreadable';
  readonly finishedAt: string | null;
  readonly counts: FilesManifest['counts'] | null;
  readonly problem: string | null;
}

/** All inventories, newest first. */
export async function listFiles(config: Config): Promise<ListedInventory[]> {
  const bucket = openBucket(config.upload.attempts);
  await proveBucket(bucket);
  const listed: ListedInventory[] = [];
  for (const found of await listInventories(bucket)) {
    const none = { id: found.id, finishedAt: null, counts: null, problem: null };
    try {
      const inventory = await readInventory(bucket, found);
      listed.push(inventory === undefined ? { ...none, state: 'unfinished' } : describe(inventory));
    } catch (error) {
      if (!(error instanceof ManifestUnreadableError)) throw error;
      listed.push({ ...none, state: 'unreadable', problem: reason(error) });
    }
  }
  return listed;
}

function describe({ id, manifest: { finishedAt, counts } }: Inventory): ListedInventory {
  return { id, state: 'complete', finishedAt, counts, problem: null };
}

/** For a person: a table on standard error, while standard output carries the result. */
export function renderFiles(inventories: readonly ListedInventory[]): string {
  const table = new Table({
    head: ['inventory', 'state', 'finished (UTC)', 'files', 'MB', 'read', 'missing', 'failed'],
    style: { head: [], border: [], compact: true },
  });
  for (const { id, state, finishedAt, counts } of inventories) {
    const megabytes = counts === null ? '?' : (counts.bytes / 1e6).toFixed(1);
    const { files = '?', read = '?', missing = '?', failed = '?' } = counts ?? {};
    table.push([id, state, finishedAt ?? '?', files, megabytes, read, missing, failed]);
  }
  return table.toString();
}
