import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { ApiAnswer, ApiRequest } from './project-api.ts';

/** Storage's own status lies in the body; HTTP says 400. */
const refusal = (statusCode: number, error: string, message: string): ApiAnswer => ({
  status: 400,
  body: { statusCode: String(statusCode), error, message },
});

const NO_OBJECT = refusal(404, 'not_found', 'Object not found');

/** Buckets and files of Storage by its REST API: rows in storage.*, bytes in memory. Only the key of the server is let in. */
export class ApiStorage {
  readonly #pool: pg.Pool;
  readonly #files = new Map<string, Buffer>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async answer({ method, path, claims, type, body }: ApiRequest): Promise<ApiAnswer> {
    if (claims.role !== 'service_role')
      return refusal(403, 'Unauthorized', 'new row violates row-level security policy');
    if (method === 'POST' && path === '/bucket') return await this.#makeBucket(JSON.parse(body.toString()));
    const [, bucket] = /^\/bucket\/([^/]+)$/.exec(path) ?? [];
    if (method === 'DELETE' && bucket !== undefined) return await this.#dropBucket(bucket);
    const [, id = '', name = ''] = /^\/object\/(?:authenticated\/)?([^/]+)\/(.+)$/.exec(path) ?? [];
    if (method === 'POST') return await this.#upload(id, name, type, body);
    if (method === 'DELETE') return await this.#remove(id, name);
    const file = this.#files.get(`${id}/${name}`);
    return file === undefined ? NO_OBJECT : { status: 200, body: file };
  }

  async #makeBucket({ id, public: open }: { id: string; public: boolean }): Promise<ApiAnswer> {
    const sql = 'INSERT INTO storage.buckets (id, name, public) VALUES ($1, $1, $2) ON CONFLICT DO NOTHING';
    const { rowCount } = await this.#pool.query(sql, [id, open]);
    return rowCount === 0
      ? refusal(409, 'Duplicate', 'The resource already exists')
      : { status: 200, body: { name: id } };
  }

  async #dropBucket(id: string): Promise<ApiAnswer> {
    const { rows } = await this.#pool.query('SELECT FROM storage.objects WHERE bucket_id = $1', [id]);
    if (rows.length > 0) return refusal(409, 'InvalidRequest', 'The bucket you tried to delete is not empty');
    const gone = await this.#delete('DELETE FROM storage.buckets WHERE id = $1', [id]);
    return gone
      ? { status: 200, body: { message: 'Successfully deleted' } }
      : refusal(404, 'Bucket not found', 'Bucket not found');
  }

  async #upload(bucket: string, name: string, mimetype: string, bytes: Buffer): Promise<ApiAnswer> {
    const eTag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    await this.#pool.query(
      'INSERT INTO storage.objects (bucket_id, name, version, metadata) VALUES ($1, $2, $3, $4)',
      [bucket, name, randomUUID(), { eTag, size: bytes.length, mimetype }],
    );
    this.#files.set(`${bucket}/${name}`, bytes);
    return { status: 200, body: { Key: `${bucket}/${name}` } };
  }

  async #remove(bucket: string, name: string): Promise<ApiAnswer> {
    this.#files.delete(`${bucket}/${name}`);
    const sql = 'DELETE FROM storage.objects WHERE bucket_id = $1 AND name = $2';
    return (await this.#delete(sql, [bucket, name]))
      ? { status: 200, body: { message: 'Successfully deleted' } }
      : NO_OBJECT;
  }

  /** Rows of Storage go only when its own setting says so. */
  async #delete(sql: string, values: readonly string[]): Promise<boolean> {
    const client = await this.#pool.connect();
    try {
      await client.query("BEGIN; SET LOCAL storage.allow_delete_query = 'true'");
      const { rowCount } = await client.query(sql, [...values]);
      await client.query('COMMIT');
      return rowCount !== 0;
    } finally {
      client.release();
    }
  }
}
