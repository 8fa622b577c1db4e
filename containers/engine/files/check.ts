import type { Config } from '../../../core/config.ts';
import { FileUnreadError, ProjectStorageFailedError, reason } from '../../../core/errors/index.ts';
import { compareText, isStored, nameOf } from '../../../core/files/entry.ts';
import { makePrivateDirectory } from '../programs/leftovers.ts';
import type { Reporter } from '../progress/reporter.ts';
import { sourceDatabase } from '../settings.ts';
import { openBucket, proveBucket } from '../storage/bucket.ts';
import { BlobIndex } from './blob-index.ts';
import { FAILURES_IN_A_ROW, Sample } from './copy-file.ts';
import { isThere } from './get-file.ts';
import { inOrder, type Piece } from './in-order.ts';
import {
  fetchInventory,
  type Inventory,
  listInventories,
  readEntries,
  readInventory,
} from './inventories.ts';
import { listNames } from './list-names.ts';
import { openProjectStorage, type ProjectStorage, proveStorage } from './project-storage.ts';
import { type FileRow, openRows, type StorageRows } from './rows.ts';

/** How many, and the first of them by name. */
export interface Finding {
  count: number;
  readonly names: Sample;
}

/** Whether database, Storage and backup agree. */
export interface FilesReport {
  rows: number;
  readonly rowsWithoutFile: Finding;
  readonly filesWithoutRow: Finding;
  /** Rows whose file Storage would neither give nor deny. */
  readonly notAsked: Finding;
  /** Of the newest inventory, where there is one. */
  inventory: string | null;
  readonly blobsMissing: Finding;
  readonly notVerified: string[];
}

const finding = (): Finding => ({ count: 0, names: new Sample() });

function found(into: Finding, name: string): void {
  into.count += 1;
  into.names.add(name);
}

/** Looks for rows without files, files without rows, and files of the newest inventory whose blob is gone. Changes nothing. */
export async function checkFiles(
  config: Config,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<FilesReport> {
  const address = await sourceDatabase();
  const storage = openProjectStorage('', config.files.attempts);
  const bucket = openBucket(config.upload.attempts);
  await using rows = await openRows(address, signal);
  await using scratch = await makePrivateDirectory('vpb-files-');
  const bucketRows = await rows.buckets();
  const buckets = bucketRows.map(({ id }) => id);
  await proveBucket(bucket);
  await proveStorage(storage, bucketRows);
  const report: FilesReport = {
    rows: 0,
    rowsWithoutFile: finding(),
    filesWithoutRow: finding(),
    notAsked: finding(),
    inventory: null,
    blobsMissing: finding(),
    notVerified: [],
  };
  const { workers } = config.files;
  await reporter.phase('rows', async () => {
    for await (const gone of inOrder(looks(rows, storage, buckets, report, signal), workers))
      if (gone !== undefined) found(report.rowsWithoutFile, gone);
  });
  await reporter.phase('files', () => compareListing(rows, storage, buckets, report, signal));
  await reporter.phase('blobs', async () => {
    for (const folder of await listInventories(bucket)) {
      const inventory = await readInventory(bucket, folder);
      if (inventory === undefined) continue;
      const path = await fetchInventory(bucket, inventory, scratch.path, config.upload.attempts, signal);
      await compareBlobs(inventory, path, await BlobIndex.load(bucket), report);
      return;
    }
  });
  if (report.notAsked.count > 0)
    report.notVerified.push(`${report.notAsked.count} files could not be asked for`);
  if (report.inventory === null) report.notVerified.push('blobs: there is no inventory yet');
  return report;
}

/** GET alone proves a file: HEAD and the listing answer from the row. Gives the names of those that are not there. */
async function* looks(
  rows: StorageRows,
  storage: ProjectStorage,
  buckets: readonly string[],
  report: FilesReport,
  signal: AbortSignal,
): AsyncGenerator<Piece<string | undefined>> {
  let failuresInARow = 0;
  const look = async (row: FileRow) => {
    try {
      const there = await isThere(storage, row, signal);
      failuresInARow = 0;
      // a file deleted after its row was listed has no row any more either
      return there || (await rows.find([row])).length === 0 ? undefined : nameOf(row);
    } catch (error) {
      signal.throwIfAborted();
      failuresInARow += 1;
      const unread = new FileUnreadError(nameOf(row), error);
      if (failuresInARow >= FAILURES_IN_A_ROW)
        throw new ProjectStorageFailedError('being looked at', failuresInARow, unread);
      found(report.notAsked, reason(unread));
      return undefined;
    }
  };
  for (const bucket of buckets) {
    for await (const row of rows.filesOf(bucket)) {
      report.rows += 1;
      yield { work: () => look(row) };
    }
  }
}

/** Both are in one order, so they are compared as they come. */
async function compareListing(
  rows: StorageRows,
  storage: ProjectStorage,
  buckets: readonly string[],
  report: FilesReport,
  signal: AbortSignal,
): Promise<void> {
  if (storage.answersFromRows) {
    report.notVerified.push(
      'files without rows: the listing of Supabase Storage is made of the rows, so it cannot show a file that has none',
    );
    return;
  }
  for (const bucket of buckets) {
    const files = rows.filesOf(bucket);
    let row = await files.next();
    for await (const name of listNames(storage, bucket, signal)) {
      while (!row.done && compareText(row.value.name, name) < 0) row = await files.next();
      if (row.done || row.value.name !== name) found(report.filesWithoutRow, `${bucket}/${name}`);
    }
  }
}

async function compareBlobs(
  inventory: Inventory,
  path: string,
  index: BlobIndex,
  report: FilesReport,
): Promise<void> {
  report.inventory = inventory.id;
  for await (const entry of readEntries(path)) {
    if (isStored(entry) && index.sizeOf(entry.sha256) !== entry.stored.bytes)
      found(report.blobsMissing, nameOf(entry));
  }
}
