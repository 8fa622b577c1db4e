import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import {
  InventoryDamagedError,
  NoSuchInventoryError,
  ObjectDamagedError,
  reason,
} from '../../../core/errors/index.ts';
import { type FileEntry, parseEntry } from '../../../core/files/entry.ts';
import {
  FILES,
  type FilesManifest,
  inventoryFolder,
  inventoryId,
  parseFilesManifest,
  parseInventoryId,
  slotOfFolder,
} from '../../../core/files/manifest.ts';
import { type Bucket, listKeys } from '../storage/bucket.ts';
import { downloadObject } from '../storage/download.ts';
import { Measure } from '../streams/measure.ts';
import { proveContent } from '../streams/open.ts';

/** The folder of one run, whether it came to its end or not. */
export interface InventoryFolder {
  readonly id: string;
  readonly slot: Date;
  readonly folder: string;
}

export interface Inventory extends InventoryFolder {
  readonly manifest: FilesManifest;
}

/** Folders of all runs, newest slot first. */
export async function listInventories(bucket: Bucket): Promise<InventoryFolder[]> {
  const folders = await bucket.listFolders(FILES.inventories);
  return folders
    .flatMap((folder) => {
      const slot = slotOfFolder(folder);
      return slot === undefined ? [] : [{ id: inventoryId(slot), slot, folder }];
    })
    .sort((a, b) => b.slot.getTime() - a.slot.getTime());
}

/** Nothing where the run has not come to its end. @throws ManifestUnreadableError */
export async function readInventory(bucket: Bucket, found: InventoryFolder): Promise<Inventory | undefined> {
  const key = found.folder + FILES.manifest;
  const text = await bucket.getText(key);
  return text === undefined ? undefined : { ...found, manifest: parseFilesManifest(text, key) };
}

/**
 * The inventory an operator means: an id, or `latest` for the newest whose run began at or before `at`.
 * @throws NoSuchInventoryError, UsageError
 */
export async function findInventory(bucket: Bucket, asked: string, at?: Date): Promise<Inventory> {
  if (asked !== 'latest') {
    const slot = parseInventoryId(asked);
    const found = await readInventory(bucket, { id: asked, slot, folder: inventoryFolder(slot) });
    if (found !== undefined) return found;
  }
  const known: string[] = [];
  for (const folder of await listInventories(bucket)) {
    const found = await readInventory(bucket, folder);
    if (found === undefined) continue;
    // what was changed while the run was under way may be in it or not
    const fits = at === undefined || Date.parse(found.manifest.startedAt) <= at.getTime();
    if (asked === 'latest' && fits) return found;
    known.push(found.id);
  }
  throw new NoSuchInventoryError(at === undefined ? asked : `at or before ${at.toISOString()}`, known);
}

/**
 * Brings the inventory into the directory and proves it, so that it can be read as often as needed.
 * @returns path of the file
 * @throws InventoryDamagedError
 */
export async function fetchInventory(
  bucket: Bucket,
  { id, folder, manifest }: Inventory,
  directory: string,
  attempts: number,
  signal: AbortSignal,
): Promise<string> {
  const { key, ...content } = manifest.inventory;
  const path = join(directory, `${id}.jsonl.zst`);
  const measure = new Measure();
  await using file = await open(path, 'w', 0o600);
  try {
    for await (const chunk of measure.through(
      downloadObject(bucket, folder + key, content, attempts, signal),
    ))
      await file.appendFile(chunk);
    proveContent(folder + key, 'stored', content, measure.result());
  } catch (error) {
    if (!(error instanceof ObjectDamagedError)) throw error;
    throw new InventoryDamagedError(folder + key, reason(error));
  }
  return path;
}

/** Lines of an inventory that was fetched, one after the other. */
export async function* readEntries(path: string): AsyncGenerator<FileEntry> {
  const input = createReadStream(path).pipe(createZstdDecompress());
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    // not readline: it reads on while nobody takes its lines
    for await (const chunk of input as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield parseEntry(line);
    }
    if (rest !== '') yield parseEntry(rest);
  } finally {
    input.destroy();
  }
}

/**
 * What runs that did not come to their end have read: of each run its parts, in order. A part that cannot be used ends its run's.
 */
export async function partsOf(
  bucket: Bucket,
  { folder }: InventoryFolder,
): Promise<AsyncGenerator<FileEntry>[]> {
  const keys = (await listKeys(bucket, folder)).filter((key) => key.includes(`/${FILES.parts}`)).sort();
  const runs = Map.groupBy(keys, (key) => key.slice(0, key.lastIndexOf('/')));
  return [...runs.values()].map((run) => readParts(bucket, run));
}

async function* readParts({ client, name }: Bucket, keys: readonly string[]): AsyncGenerator<FileEntry> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  for (const Key of keys) {
    let lines: string[];
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key }));
      const packed = Buffer.from((await Body?.transformToByteArray()) ?? []);
      lines = zstdDecompressSync(packed).toString('utf8').split('\n').filter(Boolean);
    } catch {
      return;
    }
    for (const line of lines) yield parseEntry(line);
  }
}
