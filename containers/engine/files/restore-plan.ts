import { type FileEntry, isStored, nameOf, type StoredFile } from '../../../core/files/entry.ts';
import type { FilesManifest } from '../../../core/files/manifest.ts';
import { Sample } from './copy-file.ts';
import type { BucketRow, FileRow, StorageRows } from './rows.ts';

/** What a restore would do, found out of the rows: nothing else tells without reading every file. */
export interface FilesPlan {
  files: number;
  bytes: number;
  /** No row of theirs is there. */
  create: number;
  /** Their row says another size or hash. */
  overwrite: number;
  /** Their row says the same; the file may be there or not, and is uploaded. */
  equal: number;
  /** In the inventory without a content: their file was missing or unreadable then. */
  withoutContent: number;
  readonly overwritten: Sample;
  readonly lacking: Sample;
  readonly bucketsToMake: readonly BucketRow[];
}

const BATCH = 500;

/** Goes through the chosen lines once, asking for their rows in batches. */
export async function planFiles(
  entries: AsyncIterable<FileEntry>,
  selects: (entry: FileEntry) => boolean,
  manifest: FilesManifest,
  rows: StorageRows,
): Promise<FilesPlan> {
  const there = new Set((await rows.buckets()).map(({ id }) => id));
  const needed = new Set<string>();
  const plan = {
    files: 0,
    bytes: 0,
    create: 0,
    overwrite: 0,
    equal: 0,
    withoutContent: 0,
    overwritten: new Sample(),
    lacking: new Sample(),
  };
  let batch: StoredFile[] = [];
  const compare = async () => {
    const found = new Map((await rows.find(batch)).map((row) => [nameOf(row), row]));
    for (const file of batch) {
      const row = found.get(nameOf(file));
      if (row === undefined) plan.create += 1;
      else if (isEqual(file, row)) plan.equal += 1;
      else {
        plan.overwrite += 1;
        plan.overwritten.add(nameOf(file));
      }
    }
    batch = [];
  };
  for await (const entry of entries) {
    if (!selects(entry)) continue;
    if (!isStored(entry)) {
      plan.withoutContent += 1;
      plan.lacking.add(nameOf(entry));
      continue;
    }
    plan.files += 1;
    plan.bytes += entry.size;
    if (!there.has(entry.bucket)) needed.add(entry.bucket);
    batch.push(entry);
    if (batch.length >= BATCH) await compare();
  }
  await compare();
  return { ...plan, bucketsToMake: manifest.buckets.filter(({ id }) => needed.has(id)) };
}

function isEqual(file: StoredFile, row: FileRow): boolean {
  return row.size === file.size && row.etag !== null && row.etag === file.etag;
}
