import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().nullable();

/** What the project's database says of a file; times and metadata as PostgreSQL writes them, so that they come back exactly. */
const row = {
  bucket: z.string(),
  name: z.string(),
  version: text,
  etag: text,
  contentType: text,
  cacheControl: text,
  /** JSON text: numbers in it may be larger than JavaScript's. */
  userMetadata: text,
  owner: text,
  ownerId: text,
  createdAt: text,
  updatedAt: text,
};

const stored = z.strictObject({
  ...row,
  size: z.int().min(0),
  /** Of the plain file; the name of its blob. */
  sha256,
  /** The blob as it lies in the bucket. Its hash is unknown where an earlier run, which died, or a file like it stored it. */
  stored: z.strictObject({ bytes: z.int(), sha256: sha256.nullable() }),
});

/** The row is there and its file is not, or could not be read; in words. */
const missing = z.strictObject({ ...row, size: z.int().nullable(), missing: z.string() });
const failed = z.strictObject({ ...row, size: z.int().nullable(), failed: z.string() });

const schema = z.union([stored, missing, failed]);

/** One line of an inventory. */
export type FileEntry = z.infer<typeof schema>;
/** A file that can be brought back. */
export type StoredFile = z.infer<typeof stored>;

export const isStored = (entry: FileEntry): entry is StoredFile => 'sha256' in entry;

export const formatEntry = (entry: FileEntry): string => `${JSON.stringify(entry)}\n`;

/** @throws when the line is none of an inventory's */
export const parseEntry = (line: string): FileEntry => schema.parse(JSON.parse(line));

/** A file in a project: `bucket/name`, the two told apart. */
export interface FileKey {
  readonly bucket: string;
  readonly name: string;
}

/** The order of PostgreSQL's collation C, and of S3 listings: by the bytes of UTF-8. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  // where no surrogates are, UTF-16 sorts as UTF-8 does
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const SURROGATE = /[\uD800-\uDFFF]/;

export function compareKeys(a: FileKey, b: FileKey): number {
  return compareText(a.bucket, b.bucket) || compareText(a.name, b.name);
}

/** For messages. */
export const nameOf = ({ bucket, name }: FileKey): string => `${bucket}/${name}`;
