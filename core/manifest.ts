import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CHECKSUM_MODES } from './config.ts';
import { ManifestContradictionError, ManifestUnreadableError } from './errors/index.ts';
import { KINDS, LEVELS } from './kinds.ts';
import { contradictions } from './manifest-consistency.ts';
import { OBJECT } from './names.ts';
import { setFolder } from './set-id.ts';

/** What the server does with rows that refer to one that is deleted. */
export const ON_DELETE = ['no action', 'restrict', 'cascade', 'set null', 'set default'] as const;

/** Version of the manifest this code writes, and the newest it reads. */
export const MANIFEST_VERSION = 1;

const bytes = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime();
/** A 64-bit or larger number, as decimal text: JSON numbers would lose digits. */
const integer = z.string().regex(/^-?\d+$/);

const content = z.strictObject({ bytes, sha256 });

const setObject = z.strictObject({
  /** Key below the set's folder. */
  key: z.string().min(1),
  role: z.enum(['schema', 'rest', 'slice', 'roles', 'platform', 'supabase', 'vault', 'instructions']),
  /** What went in: before compression and encryption. */
  plain: content,
  /** What S3 holds. */
  stored: content,
  /** For a slice: the table it belongs to and its place in the row of slices, from 1. */
  slice: z
    .strictObject({
      schema: z.string(),
      table: z.string(),
      index: z.int().positive(),
      of: z.int().positive(),
    })
    .optional(),
});

const tableName = z.strictObject({ schema: z.string(), name: z.string() });

const table = z.strictObject({
  schema: z.string(),
  name: z.string(),
  level: z.enum(LEVELS),
  /** Exact, at the snapshot. */
  rows: integer,
  /** Order-independent hash of all rows at the snapshot, see containers/engine/database/checksum.ts. */
  checksum: integer.nullable(),
  /**
   * Columns whose text another server may rightly write otherwise: generated ones, and names of objects. They are not in
   * the checksum but in one of their own; nothing where they could not be read.
   */
  looseColumns: z.array(z.string()),
  looseChecksum: integer.nullable(),
  /** Columns COPY carries, in order; generated ones are not among them. */
  columns: z.array(z.string()),
  /** Their types as the server writes them, qualified, with modifiers, in the same order. */
  columnTypes: z.array(z.string()),
  /** Columns of the primary key, in its order; empty where there is none. */
  primaryKey: z.array(z.string()),
  /** Root of the partition tree it is a leaf of; nothing for other tables. */
  partitionOf: tableName.nullable(),
  storedIn: z.enum(['rest', 'slices']),
  /** SQL condition that limits which rows belong to the set: extension configuration tables have one. */
  condition: z.string(),
  /** Partition tree within which a restore may put rows into other leaves; they are compared as one. */
  wandersWithin: z.string().nullable(),
  /**
   * Said where the rows were not read for this set: they were the same as in another one, whose slices were copied into
   * this folder. `readAt`: instant of the snapshot at which they were read from the database, by that set or one before.
   */
  copied: z.strictObject({ from: z.string(), readAt: instant }).optional(),
});

const foreignKey = z.strictObject({
  name: z.string(),
  /** The table that refers; of a partitioned table its root. */
  from: tableName,
  columns: z.array(z.string()).min(1),
  /** The table that is referred to, and its columns in the same order. */
  to: tableName,
  toColumns: z.array(z.string()).min(1),
  onDelete: z.enum(ON_DELETE),
  /** MATCH FULL: columns are all null or none. */
  matchFull: z.boolean(),
});

const sequence = z.strictObject({
  schema: z.string(),
  name: z.string(),
  lastValue: integer,
  isCalled: z.boolean(),
});

const schema = z.strictObject({
  format: z.literal('videoplanet-backup'),
  formatVersion: z.literal(MANIFEST_VERSION),
  id: z.string(),
  kind: z.enum(KINDS),
  slot: instant,
  productVersion: z.string(),
  startedAt: instant,
  finishedAt: instant,
  source: z.strictObject({
    database: z.string(),
    serverVersion: z.string(),
    serverVersionNum: z.int(),
    encoding: z.string(),
    collate: z.string(),
    ctype: z.string(),
    sizeBytes: bytes,
  }),
  client: z.strictObject({ postgresMajor: z.int(), pgDump: z.string(), zstd: z.string(), gpg: z.string() }),
  snapshot: z.strictObject({ time: instant, lsn: z.string().nullable() }),
  /** Nothing here for a set of the whole database; the tables asked for, qualified, otherwise. */
  limitedTo: z.array(z.string()).nullable(),
  excludedSchemas: z.array(z.string()),
  /** Said where the database is that of a Supabase project: the platform's schemas are in an archive of their own, as
   * far as users call them, and rows of users in them in slices. */
  platform: z
    .strictObject({
      name: z.literal('supabase'),
      /** Schemas of the platform whose structure is in the set, and those that are left out. */
      schemas: z.array(z.string()),
      left: z.array(z.string()),
    })
    .optional(),
  encryption: z.strictObject({
    format: z.literal('OpenPGP'),
    /** Fingerprints of the primary keys. */
    recipients: z.array(z.string()).min(1),
    /** Ids of their encryption subkeys: what the messages themselves name. */
    keyIds: z.array(z.string()).min(1),
  }),
  compression: z.strictObject({ format: z.literal('zstd'), level: z.int() }),
  checksums: z.enum(CHECKSUM_MODES),
  objects: z.array(setObject).min(1),
  schemas: z.array(z.string()),
  tables: z.array(table),
  /** Every foreign key of the database, also between tables that are not in the set. */
  foreignKeys: z.array(foreignKey),
  sequences: z.array(sequence),
  largeObjects: z.strictObject({ count: integer, checksum: integer.nullable() }),
  materializedViews: z.array(
    z.strictObject({ schema: z.string(), name: z.string(), populated: z.boolean() }),
  ),
  extensions: z.array(z.strictObject({ name: z.string(), version: z.string(), schema: z.string() })),
  roles: z.array(z.string()),
  /** Wall seconds of each phase. */
  timings: z.record(z.string(), z.number().nonnegative()),
});

/** As it is stored: a changed count contradicts nothing else in it, so the manifest has a hash of all of itself. */
const stored = schema.extend({ selfSha256: sha256 });

/** The last object of a set, and the one that makes it a backup (spec B4, B5). */
export type Manifest = z.infer<typeof schema>;
export type SetObject = Manifest['objects'][number];
export type TableEntry = Manifest['tables'][number];
export type ForeignKeyEntry = Manifest['foreignKeys'][number];
export type SequenceEntry = Manifest['sequences'][number];
export type LargeObjectsEntry = Manifest['largeObjects'];
export type Content = SetObject['plain'];

/**
 * Reads a manifest as it came from S3.
 * @param key where it came from: the folder must be that of the set
 * @throws ManifestUnreadableError when it is no JSON, another format, or a newer version
 * @throws ManifestContradictionError when it is not as it was written, or what it says cannot be true together
 */
export function parseManifest(text: string, key: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ManifestUnreadableError(key, `not JSON, ${error instanceof Error ? error.message : error}`);
  }
  const parsed = stored.safeParse(value);
  if (!parsed.success) {
    const first = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ManifestUnreadableError(key, first.join('; '));
  }
  const { selfSha256, ...manifest } = parsed.data;
  const own = setFolder({ kind: manifest.kind, slot: new Date(manifest.slot) }) + OBJECT.manifest;
  const problems = [
    ...(key === own ? [] : [`it belongs to ${own}`]),
    ...contradictions(manifest),
    ...(selfSha256 === hashOf(manifest) ? [] : ['the SHA-256 of what it says is not the one in it']),
  ];
  if (problems.length > 0) throw new ManifestContradictionError(key, problems);
  return manifest;
}

/**
 * The text that is stored; checked, so that nothing unreadable is ever committed.
 * @throws ManifestContradictionError when the set cannot be as it says
 */
export function serializeManifest(manifest: Manifest): string {
  const checked = schema.parse(manifest);
  const problems = contradictions(checked);
  if (problems.length > 0) throw new ManifestContradictionError(checked.id, problems);
  return `${JSON.stringify({ ...checked, selfSha256: hashOf(checked) }, null, 1)}\n`;
}

/** @param manifest with its members in the order of the schema, as parsing leaves them */
function hashOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}
