import { z } from 'zod';
import { ManifestUnreadableError, UsageError } from '../errors/index.ts';
import { PREFIX } from '../names.ts';
import { problemsOf } from '../problems.ts';
import { formatSlot, parseSlot, slotIn } from '../set-id.ts';

const FORMAT = 'videoplanet-files';
const count = z.int().min(0);

const schema = z.strictObject({
  format: z.literal(FORMAT),
  formatVersion: z.literal(1),
  id: z.string(),
  slot: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** Project ref where it is known, else the database's name; the storage's host. */
  source: z.strictObject({ project: z.string(), storageHost: z.string() }),
  /** Key below the inventory's folder, size and hash of the stored object. */
  inventory: z.strictObject({ key: z.string(), bytes: count, sha256: z.string(), lines: count }),
  counts: z.strictObject({
    /** Files that can be brought back, and their bytes. */
    files: count,
    bytes: count,
    /** Read from the project by this run; the rest was known from earlier ones. */
    read: count,
    readBytes: count,
    unchanged: count,
    /** Read, and found to be stored already under their content. */
    duplicates: count,
    /** Rows whose file is not there, and files that could not be read. */
    missing: count,
    failed: count,
    /** Left out by a pattern; gone between the listing and the reading. */
    excluded: count,
    vanished: count,
  }),
  /** Rows of storage.buckets, whole. */
  buckets: z.array(z.looseObject({ id: z.string() })),
  exclude: z.array(z.string()),
  /** Fingerprints of the keys that blobs of this run are encrypted to; older blobs may be to older keys. */
  recipients: z.array(z.string()),
  seconds: z.record(z.string(), z.number()),
});

/** What makes the folder of a run an inventory; written last. */
export type FilesManifest = z.infer<typeof schema>;

export const FILES_FORMAT = { format: FORMAT, formatVersion: 1 } as const;

export function serializeFilesManifest(manifest: FilesManifest): string {
  return `${JSON.stringify(schema.parse(manifest), null, 1)}\n`;
}

/** @throws ManifestUnreadableError */
export function parseFilesManifest(content: string, key: string): FilesManifest {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new ManifestUnreadableError(key, 'it is no JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ManifestUnreadableError(key, problemsOf(parsed.error, 'whole file').join('; '));
}

/** Where inventories and blobs are. */
export const FILES = {
  inventories: `${PREFIX.assets}/inventories/`,
  blobs: `${PREFIX.assets}/blobs/`,
  inventory: 'inventory.jsonl.zst',
  manifest: 'manifest.json',
  /** Below the run's own names: what it has read so far, for a run that follows one that died. */
  parts: 'parts/',
} as const;

/** Key of the blob of a content. */
export const blobKey = (sha256: string): string => `${FILES.blobs}${sha256.slice(0, 2)}/${sha256}.gpg`;

export const inventoryId = (slot: Date): string => `files-${formatSlot(slot)}`;
export const inventoryFolder = (slot: Date): string => `${FILES.inventories}${formatSlot(slot)}/`;

/** Slot of the folder, or nothing where it is none of an inventory's. */
export function slotOfFolder(folder: string): Date | undefined {
  const [, slot = ''] = /^assets\/inventories\/(\d{8}T\d{6}Z)\/$/.exec(folder) ?? [];
  return slotIn(slot);
}

/** @throws UsageError when the text is no id of an inventory */
export function parseInventoryId(text: string): Date {
  const [, slot] = /^files-(\d{8}T\d{6}Z)$/.exec(text) ?? [];
  if (slot === undefined)
    throw new UsageError(
      `${text} is no id of an inventory; expected files-<slot>, such as files-20261123T183000Z, or latest`,
    );
  return parseSlot(slot);
}
