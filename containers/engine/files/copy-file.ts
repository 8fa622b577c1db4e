import {
  FileDiffersError,
  FileUnreadError,
  ProjectStorageFailedError,
  reason,
} from '../../../core/errors/index.ts';
import { type FileEntry, nameOf, type StoredFile } from '../../../core/files/entry.ts';
import type { FilesManifest } from '../../../core/files/manifest.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { BlobStore } from './blob-store.ts';
import { type FileSource, readFile } from './read-file.ts';
import type { FileRow } from './rows.ts';

/** So many files failing one after the other are an outage; what was stored by then is found by the next run. */
export const FAILURES_IN_A_ROW = 25;
const NAMED = 20;

/** Names for the result: the first of them, and how many there are is counted elsewhere. */
export class Sample {
  readonly names: string[] = [];
  add(name: string): void {
    if (this.names.length < NAMED) this.names.push(name);
  }
}

/** What a run counts as it goes. */
export interface Tally {
  readonly counts: { -readonly [name in keyof FilesManifest['counts']]: number };
  readonly missing: Sample;
  readonly failed: Sample;
  failuresInARow: number;
}

export function newTally(): Tally {
  const counts = {
    files: 0,
    bytes: 0,
    read: 0,
    readBytes: 0,
    unchanged: 0,
    duplicates: 0,
    missing: 0,
    failed: 0,
    excluded: 0,
    vanished: 0,
  };
  return { counts, missing: new Sample(), failed: new Sample(), failuresInARow: 0 };
}

/** Line of a file that is stored, with what its row says now. */
export function storedEntry(
  row: FileRow,
  { size, sha256, stored }: Pick<StoredFile, 'size' | 'sha256' | 'stored'>,
): StoredFile {
  return { ...row, size, sha256, stored };
}

/**
 * Brings one file into the bucket. A file that cannot be read does not keep the others from it.
 * @returns its line; nothing where the row has gone meanwhile
 * @throws ProjectStorageFailedError when one file after the other fails; what is not about the file
 */
export async function copyFile(
  source: FileSource,
  store: BlobStore,
  tally: Tally,
  reporter: Reporter,
  listed: FileRow,
): Promise<FileEntry | undefined> {
  const { counts } = tally;
  try {
    const read = await readFile(source, listed, async (held) => ({
      ...held.content,
      ...(await store.put(held)),
    }));
    tally.failuresInARow = 0;
    if (read.kind === 'vanished') {
      counts.vanished += 1;
      return undefined;
    }
    if (read.kind === 'missing') {
      counts.missing += 1;
      tally.missing.add(nameOf(listed));
      reporter.warn('row without a file', { file: nameOf(listed) });
      return { ...read.row, missing: 'the row is there, and GET says that there is no such file' };
    }
    const { bytes, sha256, stored, duplicate } = read.value;
    counts.read += 1;
    counts.readBytes += bytes;
    if (duplicate) counts.duplicates += 1;
    return storedEntry(read.row, { size: bytes, sha256, stored });
  } catch (error) {
    if (!(error instanceof FileUnreadError || error instanceof FileDiffersError)) throw error;
    tally.failuresInARow += 1;
    const entry = noteFailure(tally, reporter, listed, error);
    if (tally.failuresInARow >= FAILURES_IN_A_ROW)
      throw new ProjectStorageFailedError('reading them', tally.failuresInARow, error);
    return entry;
  }
}

/** Line of a file that could not be copied; counted, and told. */
export function noteFailure(tally: Tally, reporter: Reporter, row: FileRow, error: Error): FileEntry {
  tally.counts.failed += 1;
  tally.failed.add(reason(error));
  reporter.warn('file not copied', { file: nameOf(row), because: reason(error) });
  return { ...row, failed: reason(error) };
}
