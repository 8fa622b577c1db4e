import type pg from 'pg';
import { databaseFailure, NoStorageSchemaError } from '../../../core/errors/index.ts';
import type { FileKey } from '../../../core/files/entry.ts';
import { connect } from '../database/connect.ts';
import { type DatabaseAddress, describeAddress } from '../database/url.ts';

/** What the database says of a file. */
export interface FileRow extends FileKey {
  /** In bytes, where it says so. */
  readonly size: number | null;
  readonly version: string | null;
  readonly etag: string | null;
  readonly contentType: string | null;
  readonly cacheControl: string | null;
  readonly userMetadata: string | null;
  readonly owner: string | null;
  readonly ownerId: string | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

/** A row of storage.buckets with all its columns. */
export interface BucketRow {
  readonly id: string;
  readonly [column: string]: unknown;
}

/**
 * Rows asked for at once. A cursor would hold a snapshot, and so keep VACUUM from all tables, for as long as the copying takes;
 * pages do not. Without an index that fits, each page sorts the bucket anew, so pages are large.
 */
const PAGE_ROWS = 5000;

/** Rows of Storage in a project's database. */
export interface StorageRows extends AsyncDisposable {
  readonly client: pg.Client;
  /** Names of the columns a table has here: they differ between versions of Storage. */
  readonly columns: Readonly<Record<'buckets' | 'objects', ReadonlySet<string>>>;
  buckets(): Promise<BucketRow[]>;
  /** Files of a bucket, in the order of their names' bytes; each page sees the database as it is then. */
  filesOf(bucket: string): AsyncGenerator<FileRow>;
  /** Those of the files that are there, in no order. */
  find(keys: readonly FileKey[]): Promise<FileRow[]>;
}

/** @throws NoStorageSchemaError when the database has none of it */
export async function openRows(address: DatabaseAddress, signal: AbortSignal): Promise<StorageRows> {
  const client = await connect(address, signal);
  try {
    return await rowsOf(client, address, signal);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function rowsOf(
  client: pg.Client,
  address: DatabaseAddress,
  signal: AbortSignal,
): Promise<StorageRows> {
  let before: Promise<unknown> = Promise.resolve();
  const query = async <T extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> => {
    // a session answers one question after the other, and many workers ask
    const asked = before.then(() => client.query<T>(sql, values));
    before = asked.catch(() => undefined);
    const { rows } = await asked.catch((error: unknown) => {
      signal.throwIfAborted();
      throw databaseFailure('reading the rows of Storage', error);
    });
    return rows;
  };
  const columns = { buckets: new Set<string>(), objects: new Set<string>() };
  for (const { table, column } of await query<{ table: 'buckets' | 'objects'; column: string }>(COLUMNS))
    columns[table].add(column);
  if (!columns.buckets.has('id') || !columns.objects.has('metadata'))
    throw new NoStorageSchemaError(describeAddress(address));
  const list = selectList(columns.objects);
  const current = currentOnly(columns.objects);
  const page = `SELECT ${list} FROM storage.objects o WHERE bucket_id = $1 AND name COLLATE "C" > $2 ${current}
    ORDER BY name COLLATE "C" LIMIT ${PAGE_ROWS}`;
  // one look into the index for each file, whatever the planner thinks of the table's size
  const some = `SELECT f.* FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS k (b, n),
    LATERAL (SELECT ${list} FROM storage.objects o WHERE bucket_id = b AND name = n ${current} OFFSET 0) AS f`;
  return {
    client,
    columns,
    buckets: async () => {
      const sql = 'SELECT pg_catalog.to_jsonb(b) AS row FROM storage.buckets b ORDER BY id COLLATE "C"';
      return (await query<{ row: BucketRow }>(sql)).map(({ row }) => row);
    },
    async *filesOf(bucket) {
      for (let after = ''; ; ) {
        const rows = (await query<RawRow>(page, [bucket, after])).map(fileRow);
        yield* rows;
        if (rows.length < PAGE_ROWS) return;
        after = rows.at(-1)?.name ?? '';
      }
    },
    find: async (keys) => {
      const values = [keys.map(({ bucket }) => bucket), keys.map(({ name }) => name)];
      return (await query<RawRow>(some, values)).map(fileRow);
    },
    [Symbol.asyncDispose]: () => client.end().catch(() => undefined),
  };
}

const COLUMNS = `SELECT c.relname AS table, a.attname AS column
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
  WHERE n.nspname = 'storage' AND c.relname IN ('buckets', 'objects') AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')`;

type RawRow = Omit<FileRow, 'size'> & { readonly size: string | null };

function fileRow({ size, ...row }: RawRow): FileRow {
  const number = size === null ? Number.NaN : Number(size);
  return { ...row, size: Number.isSafeInteger(number) && number >= 0 ? number : null };
}

/** Whatever of it this version of Storage has. */
function selectList(columns: ReadonlySet<string>): string {
  const column = (name: string, as: string) =>
    `${columns.has(name) ? `o.${name}::text` : 'NULL::text'} AS "${as}"`;
  const metadata = (name: string, as: string) => `o.metadata ->> '${name}' AS "${as}"`;
  return [
    'o.bucket_id AS bucket',
    'o.name',
    metadata('size', 'size'),
    metadata('eTag', 'etag'),
    metadata('mimetype', 'contentType'),
    metadata('cacheControl', 'cacheControl'),
    column('version', 'version'),
    column('user_metadata', 'userMetadata'),
    column('owner', 'owner'),
    column('owner_id', 'ownerId'),
    column('created_at', 'createdAt'),
    column('updated_at', 'updatedAt'),
  ].join(', ');
}

/** Newer versions of Storage can keep replaced and deleted files as further rows of the same name. */
export function currentOnly(columns: ReadonlySet<string>): string {
  return [
    columns.has('archived_at') ? 'AND o.archived_at IS NULL' : '',
    columns.has('is_delete_marker') ? 'AND o.is_delete_marker IS NOT TRUE' : '',
  ].join(' ');
}

/** Whether two rows speak of the same bytes, as far as they say. */
export function sameFile(
  a: Pick<FileRow, 'version' | 'etag' | 'size' | 'updatedAt'>,
  b: Pick<FileRow, 'version' | 'etag' | 'size' | 'updatedAt'>,
): boolean {
  return a.version === b.version && a.etag === b.etag && a.size === b.size && a.updatedAt === b.updatedAt;
}

/** Whether a row says which bytes are meant: where neither is there, only reading tells. */
export const saysWhich = ({ version, etag }: Pick<FileRow, 'version' | 'etag'>) =>
  version !== null || etag !== null;
