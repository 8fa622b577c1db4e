import type { Manifest, SetObject, TableEntry } from './manifest.ts';
import { keyOf, type TableName } from './table-names.ts';

const HOUR_MS = 3_600_000;

/** What a set's rows must have in common with another's for one's stored rows to be the other's. */
export type SetTraits = Pick<
  Manifest,
  'kind' | 'productVersion' | 'source' | 'checksums' | 'encryption' | 'compression' | 'snapshot'
>;

/** What of a table must be as it was, besides its rows; see the manifest for the fields. */
export interface TableShape extends TableName {
  readonly columns: readonly string[];
  readonly columnTypes: readonly string[];
  readonly primaryKey: readonly string[];
  readonly looseColumns: readonly string[];
  readonly partitionOf: TableName | null;
  readonly condition: string;
  readonly wandersWithin: string | null;
}

/** Where the slices of a table come from that were not read anew. */
export type Copied = NonNullable<TableEntry['copied']>;

/**
 * Why nothing of a set can be taken over into another; nothing where it can. Rows are compared by a hash that is taken
 * anew, so these are about how they are stored; whatever is in doubt is read.
 */
export function whyUnusable(base: SetTraits, now: SetTraits): string | undefined {
  const differs = (what: string, of: (set: SetTraits) => unknown) =>
    JSON.stringify(of(base)) === JSON.stringify(of(now)) ? undefined : `${what} is another`;
  if (base.checksums !== 'full' || now.checksums !== 'full')
    return 'rows are counted and not hashed, so nothing says that they are the same';
  if (Date.parse(base.snapshot.time) > Date.parse(now.snapshot.time))
    return 'it is of a time that is yet to come';
  return (
    differs('the kind', ({ kind }) => kind) ??
    differs('the version of this product', ({ productVersion }) => productVersion) ??
    differs('the database', ({ source }) => source.database) ??
    differs('the version of the server', ({ source }) => majorOf(source.serverVersionNum)) ??
    differs('the encoding', ({ source: { encoding, collate, ctype } }) => [encoding, collate, ctype]) ??
    differs('the key of a recipient', ({ encryption: { recipients, keyIds } }) => [
      [...recipients].sort(),
      [...keyIds].sort(),
    ]) ??
    differs('the compression', ({ compression }) => compression)
  );
}

function majorOf(serverVersionNum: number): number {
  return Math.floor(serverVersionNum / 10_000);
}

/** Whether the hash speaks for every value that COPY carries. Of loose columns, generated ones are not in its text. */
export function isHashedWhole({
  columns,
  looseColumns,
}: Pick<TableShape, 'columns' | 'looseColumns'>): boolean {
  return columns.length > 0 && !columns.some((name) => looseColumns.includes(name));
}

/**
 * The entry of a table in the base whose slices could stand for it, should its rows turn out the same.
 * @param at instant of the new set: rows that were read too long before are read anew
 */
export function entryToReuse(
  base: Manifest,
  table: TableShape,
  at: Date,
  rereadAfterHours: number,
): TableEntry | undefined {
  const entry = base.tables.find((candidate) => keyOf(candidate) === keyOf(table));
  if (entry === undefined || entry.storedIn !== 'slices' || entry.checksum === null) return undefined;
  if (!isHashedWhole(table) || JSON.stringify(shapeOf(entry)) !== JSON.stringify(shapeOf(table)))
    return undefined;
  const ageHours = (at.getTime() - Date.parse(copiedFrom(base, entry).readAt)) / HOUR_MS;
  return ageHours >= 0 && ageHours < rereadAfterHours ? entry : undefined;
}

function shapeOf(table: TableShape): readonly unknown[] {
  const { columns, columnTypes, primaryKey, looseColumns, partitionOf, condition, wandersWithin } = table;
  return [
    columns,
    columnTypes,
    primaryKey,
    looseColumns,
    partitionOf && keyOf(partitionOf),
    condition,
    wandersWithin,
  ];
}

/** Whether rows that were counted and hashed just now are those of the entry. */
export function isSameContent(
  entry: Pick<TableEntry, 'rows' | 'checksum' | 'looseColumns' | 'looseChecksum'>,
  now: { readonly rows: bigint; readonly checksum: bigint | null; readonly loose: bigint | null },
): boolean {
  return (
    entry.checksum !== null &&
    entry.rows === now.rows.toString() &&
    entry.checksum === now.checksum?.toString() &&
    (entry.looseColumns.length === 0 ||
      (entry.looseChecksum !== null && entry.looseChecksum === now.loose?.toString()))
  );
}

/** What is said of a table whose slices are taken over. A copy of a copy keeps the time at which its rows were read. */
export function copiedFrom(base: Manifest, entry: TableEntry): Copied {
  return { from: base.id, readAt: entry.copied?.readAt ?? base.snapshot.time };
}

/** Objects of a table in slices, in their order. */
export function slicesOf(manifest: Manifest, table: TableName): SetObject[] {
  return manifest.objects
    .filter(({ slice }) => slice?.schema === table.schema && slice.table === table.name)
    .sort((a, b) => (a.slice?.index ?? 0) - (b.slice?.index ?? 0));
}

/** How much of a set was read from the database, and how much was taken over. */
export interface ReadAndCopied {
  readonly tablesRead: number;
  readonly tablesCopied: number;
  /** What the database sent: rows and structure, before compression. */
  readonly readBytes: number;
  /** Rows it did not send again, before compression. */
  readonly copiedBytes: number;
}

/** Made by us rather than sent by the server. */
const WRITTEN_HERE: readonly SetObject['role'][] = ['roles', 'instructions'];

export function readAndCopied({ tables, objects }: Pick<Manifest, 'tables' | 'objects'>): ReadAndCopied {
  const copied = new Set(tables.filter((table) => table.copied !== undefined).map(keyOf));
  const isCopied = ({ slice }: SetObject) =>
    slice !== undefined && copied.has(keyOf({ schema: slice.schema, name: slice.table }));
  const bytes = (which: (object: SetObject) => boolean) =>
    objects.filter(which).reduce((sum, { plain }) => sum + plain.bytes, 0);
  return {
    tablesRead: tables.length - copied.size,
    tablesCopied: copied.size,
    readBytes: bytes((object) => !isCopied(object) && !WRITTEN_HERE.includes(object.role)),
    copiedBytes: bytes(isCopied),
  };
}
