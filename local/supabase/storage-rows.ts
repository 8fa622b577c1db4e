import type pg from 'pg';
import type { KeptFile } from './storage-files.ts';

export interface ObjectRow {
  readonly name: string;
  readonly version: string;
  readonly metadata: {
    eTag: string;
    size: number;
    mimetype: string;
    cacheControl: string;
    lastModified: string;
  };
  readonly user_metadata: Record<string, unknown> | null;
  readonly updated_at: Date;
}

export interface BucketRow {
  readonly id: string;
  readonly created_at: Date;
  readonly file_size_limit: string | null;
  readonly allowed_mime_types: string[] | null;
}

const COLUMNS = 'name, version, metadata, user_metadata, updated_at';

export async function listBuckets(pool: pg.Pool): Promise<BucketRow[]> {
  const { rows } = await pool.query('SELECT * FROM storage.buckets ORDER BY id');
  return rows;
}

export async function readBucket(pool: pg.Pool, id: string): Promise<BucketRow | undefined> {
  const { rows } = await pool.query('SELECT * FROM storage.buckets WHERE id = $1', [id]);
  return rows[0];
}

export async function readRow(pool: pg.Pool, bucket: string, name: string): Promise<ObjectRow | undefined> {
  const sql = `SELECT ${COLUMNS} FROM storage.objects WHERE bucket_id = $1 AND name = $2`;
  const { rows } = await pool.query(sql, [bucket, name]);
  return rows[0];
}

/** Names after one, with a prefix, in the order of S3. */
export async function listRows(
  pool: pg.Pool,
  bucket: string,
  { prefix, after, limit }: { prefix: string; after: string; limit: number },
): Promise<ObjectRow[]> {
  const sql = `SELECT ${COLUMNS} FROM storage.objects
    WHERE bucket_id = $1 AND name COLLATE "C" > $2 AND starts_with(name, $3) ORDER BY name COLLATE "C" LIMIT $4`;
  const { rows } = await pool.query(sql, [bucket, after, prefix, limit]);
  return rows;
}

/** As Storage does after an upload: what an S3 key does not know, id, created_at and owner, stays. */
export async function upsertRow(
  pool: pg.Pool,
  { bucket, name, version }: { bucket: string; name: string; version: string },
  file: KeptFile,
): Promise<void> {
  const metadata = {
    eTag: file.etag,
    size: file.bytes.length,
    mimetype: file.contentType,
    cacheControl: file.cacheControl,
    lastModified: new Date().toISOString(),
    contentLength: file.bytes.length,
    httpStatusCode: 200,
  };
  await pool.query(
    `INSERT INTO storage.objects (bucket_id, name, version, metadata, user_metadata) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (bucket_id, name) DO UPDATE
     SET version = EXCLUDED.version, metadata = EXCLUDED.metadata, user_metadata = EXCLUDED.user_metadata`,
    [bucket, name, version, metadata, file.userMetadata],
  );
}

export async function deleteRow(pool: pg.Pool, bucket: string, name: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN; SET LOCAL storage.allow_delete_query = 'true'");
    await client.query('DELETE FROM storage.objects WHERE bucket_id = $1 AND name = $2', [bucket, name]);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
