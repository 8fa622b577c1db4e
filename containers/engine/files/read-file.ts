import { FileDiffersError, FileUnreadError, ProductError } from '../../../core/errors/index.ts';
import { nameOf } from '../../../core/files/entry.ts';
import type { Bandwidth } from './bandwidth.ts';
import { getFile } from './get-file.ts';
import { type HeldFile, hold } from './held-file.ts';
import type { ProjectStorage } from './project-storage.ts';
import { pauseAfter } from './retry-pause.ts';
import { type FileRow, type StorageRows, sameFile } from './rows.ts';

/** What every file of a run is read with. */
export interface FileSource {
  readonly storage: ProjectStorage;
  readonly rows: StorageRows;
  readonly bandwidth: Bandwidth;
  readonly directory: string;
  readonly spoolBytes: number;
  readonly attempts: number;
  readonly signal: AbortSignal;
}

/** A file with the row it fits, which may be newer than the one that was listed. */
export type FileRead =
  | { readonly kind: 'held'; readonly row: FileRow; readonly held: HeldFile }
  | { readonly kind: 'missing'; readonly row: FileRow }
  | { readonly kind: 'vanished' };

/** A file was another one when it was read the second time. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/**
 * Reads a file and hands it on, again and again until bytes and row fit each other and whoever gets them is content.
 * @param keep stores what was read; ChangedMeanwhile makes it be read anew
 * @throws FileUnreadError, FileDiffersError when all attempts are used up; what `keep` throws at once
 */
export async function readFile<T>(
  source: FileSource,
  listed: FileRow,
  keep: (held: HeldFile, row: FileRow) => Promise<T>,
): Promise<
  { kind: 'kept'; row: FileRow; value: T } | { kind: 'missing'; row: FileRow } | { kind: 'vanished' }
> {
  let row = listed;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const read = await readOnce(source, row);
      if (read.kind !== 'held') return read;
      row = read.row;
      await using held = read.held;
      return { kind: 'kept', row, value: await keep(held, row) };
    } catch (error) {
      source.signal.throwIfAborted();
      const retried =
        error instanceof FileDiffersError || error instanceof ChangedMeanwhile || !isOurs(error);
      if (!retried) throw error;
      if (attempt >= source.attempts)
        throw error instanceof FileDiffersError ? error : new FileUnreadError(nameOf(row), error);
      await pauseAfter(attempt, source.signal);
    }
  }
}

const OF_THE_DISK = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE'];

/** An error that is not about the file: of the backup bucket, the database, a program, the disk. */
function isOurs(error: unknown): boolean {
  if (error instanceof ProductError) return true;
  return error instanceof Error && 'code' in error && OF_THE_DISK.includes(String(error.code));
}

async function readOnce(source: FileSource, listed: FileRow): Promise<FileRead> {
  const { storage, bandwidth, signal } = source;
  let row = listed;
  const got = await getFile(storage, row, bandwidth, signal);
  if (got === undefined) {
    const now = await rowNow(source, row);
    if (now === undefined) return { kind: 'vanished' };
    if (sameFile(now, row)) return { kind: 'missing', row: now };
    throw new ChangedMeanwhile('its row changed while it was asked for');
  }
  const again = async function* () {
    const second = await getFile(storage, row, bandwidth, signal);
    if (second === undefined) throw new ChangedMeanwhile('it was gone when it was read again');
    yield* second.body;
  };
  const held = await hold(got.body, { directory: source.directory, spoolBytes: source.spoolBytes, again });
  try {
    if (!fits(row, held, got.etag)) {
      const now = await rowNow(source, row);
      if (now === undefined) {
        await held[Symbol.asyncDispose]();
        return { kind: 'vanished' };
      }
      const unchanged = sameFile(now, row);
      row = now;
      proveSize(row, held);
      // the storage behind Storage may call the same bytes otherwise; a row that has just changed may be of other bytes
      if (!unchanged && !fits(row, held, got.etag))
        throw new ChangedMeanwhile('it changed while it was read');
    }
    return { kind: 'held', row, held };
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

async function rowNow({ rows }: FileSource, row: FileRow): Promise<FileRow | undefined> {
  return (await rows.find([row]))[0];
}

const plainEtag = (etag: string) => etag.replace(/^W\//, '').replaceAll('"', '');

function fits(row: FileRow, held: HeldFile, etag: string | undefined): boolean {
  const sameEtag = row.etag !== null && etag !== undefined && plainEtag(row.etag) === plainEtag(etag);
  return sameEtag && (row.size === null || row.size === held.content.bytes);
}

function proveSize(row: FileRow, held: HeldFile): void {
  if (row.size === null || row.size === held.content.bytes) return;
  throw new FileDiffersError(
    nameOf(row),
    `is of ${held.content.bytes} bytes`,
    `the ${row.size} its row says`,
  );
}
