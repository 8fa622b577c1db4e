import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { adoptDirectory, removeDirectory } from '../processes.ts';
import { type KeptFile, StorageFiles } from './storage-files.ts';
import { Refusal, readRequest, S3_PATH, type StorageRequest, xml } from './storage-request.ts';
import { deleteRow, listBuckets, listRows, readBucket, readRow, upsertRow } from './storage-rows.ts';

const ACCESS_KEY = 'storage-key';
const SECRET_KEY = 'storage-secret';
const REGION = 'ap-northeast-2';
const MOST_KEYS = 1000;

/** Storage of a Supabase project, as far as its S3 protocol goes. */
export interface LocalStorage {
  /** http://127.0.0.1:12345/storage/v1/s3 */
  readonly endpoint: string;
  /** What the engine needs; with `TARGET_` before each name where the project is a target. */
  env(prefix?: 'TARGET_'): Record<string, string>;
  /** Bytes of a file, or nothing where only the row is left. */
  bytesOf(bucket: string, name: string): Promise<Buffer | undefined>;
  /** Takes the file away and leaves its row: what is left after a restore of the database alone. */
  loseFile(bucket: string, name: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts it on a project's database (local/supabase/storage.sql). As with the real one, HEAD and listings answer from
 * storage.objects, GET from the files; each upload makes a version of its own and takes the one before it away.
 * @param databaseUrl of a role that may become supabase_storage_admin
 */
export async function startStorage(databaseUrl: string): Promise<LocalStorage> {
  const directory = await mkdtemp(join(tmpdir(), 'vpb-storage-'));
  adoptDirectory(directory);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 4,
    options: '-c role=supabase_storage_admin -c search_path=storage',
  });
  pool.on('error', () => undefined);
  const files = new StorageFiles(directory);
  const storage = new Storage(pool, files);
  const server = createServer((incoming, outgoing) => {
    incoming.on('error', () => undefined);
    readRequest(incoming)
      .then((request) => storage.answer(request, outgoing))
      .catch((error: unknown) => refuse(outgoing, error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}${S3_PATH}`;
  const keyOf = async (bucket: string, name: string) => {
    const row = await readRow(pool, bucket, name);
    return row === undefined ? undefined : { bucket, name, version: row.version };
  };
  return {
    endpoint,
    env: (prefix = '' as never) => ({
      [`${prefix}STORAGE_S3_ENDPOINT`]: endpoint,
      [`${prefix}STORAGE_S3_REGION`]: REGION,
      [`${prefix}STORAGE_S3_ACCESS_KEY_ID`]: ACCESS_KEY,
      [`${prefix}STORAGE_S3_SECRET_ACCESS_KEY`]: SECRET_KEY,
    }),
    async bytesOf(bucket, name) {
      const key = await keyOf(bucket, name);
      return key && (await files.get(key))?.bytes;
    },
    async loseFile(bucket, name) {
      const key = await keyOf(bucket, name);
      if (key !== undefined) await files.remove(key);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await pool.end();
      await removeDirectory(directory);
    },
  };
}

function refuse(outgoing: ServerResponse, error: unknown): void {
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error));
  if (outgoing.headersSent) return void outgoing.destroy();
  const body = xml('Error', { Code: refusal.code, Message: refusal.message });
  outgoing.writeHead(refusal.status, { 'content-type': 'application/xml' }).end(body);
}

interface Upload {
  readonly parts: Map<number, Buffer>;
  readonly headers: StorageRequest['headers'];
}

class Storage {
  readonly #pool: pg.Pool;
  readonly #files: StorageFiles;
  readonly #uploads = new Map<string, Upload>();

  constructor(pool: pg.Pool, files: StorageFiles) {
    this.#pool = pool;
    this.#files = files;
  }

  async answer(request: StorageRequest, outgoing: ServerResponse): Promise<void> {
    const { method, bucket, key, query, headers } = request;
    if (!headers.authorization?.includes(`Credential=${ACCESS_KEY}/`))
      throw new Refusal(403, 'InvalidAccessKeyId', 'The access key Id you provided does not exist');
    const say = (name: string, members: Readonly<Record<string, unknown>>) =>
      void outgoing.writeHead(200, { 'content-type': 'application/xml' }).end(xml(name, members));
    if (bucket === '') {
      const Bucket = (await listBuckets(this.#pool)).map(({ id, created_at }) => ({
        Name: id,
        CreationDate: created_at.toISOString(),
      }));
      return say('ListAllMyBucketsResult', { Buckets: { Bucket } });
    }
    const limits = await readBucket(this.#pool, bucket);
    if (limits === undefined) throw new Refusal(404, 'NoSuchBucket', 'Bucket not found');
    if (key === '') {
      if (method === 'HEAD') return void outgoing.writeHead(200).end();
      return say('ListBucketResult', await this.#list(bucket, query));
    }
    if (method === 'GET' || method === 'HEAD') return this.#read(request, outgoing);
    if (method === 'DELETE' && query.has('uploadId')) {
      this.#uploads.delete(query.get('uploadId') ?? '');
      return void outgoing.writeHead(204).end();
    }
    if (method === 'DELETE') {
      await this.#forget(bucket, key);
      await deleteRow(this.#pool, bucket, key);
      return void outgoing.writeHead(204).end();
    }
    if (query.has('uploads')) {
      const UploadId = randomUUID();
      this.#uploads.set(UploadId, { parts: new Map(), headers });
      return say('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId });
    }
    const upload = this.#uploads.get(query.get('uploadId') ?? '');
    if (query.has('uploadId') && upload === undefined)
      throw new Refusal(404, 'NoSuchUpload', 'no such upload');
    if (upload !== undefined && method === 'PUT') {
      upload.parts.set(Number(query.get('partNumber')), request.body);
      return void outgoing.writeHead(200, { etag: etagOf(request.body) }).end();
    }
    const parts = upload && [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
    const bytes = parts === undefined ? request.body : Buffer.concat(parts);
    const etag = parts === undefined ? etagOf(bytes) : `${etagOf(bytes).slice(0, -1)}-${parts.length}"`;
    await this.#store({ ...request, headers: upload?.headers ?? headers }, bytes, etag, limits);
    if (upload === undefined) return void outgoing.writeHead(200, { etag }).end();
    this.#uploads.delete(query.get('uploadId') ?? '');
    return say('CompleteMultipartUploadResult', { Bucket: bucket, Key: key, ETag: etag });
  }

  async #list(bucket: string, query: URLSearchParams): Promise<Record<string, unknown>> {
    const limit = Math.min(Number(query.get('max-keys') ?? MOST_KEYS), MOST_KEYS);
    const token = query.get('continuation-token');
    const after =
      token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString('utf8');
    const prefix = query.get('prefix') ?? '';
    const rows = await listRows(this.#pool, bucket, { prefix, after, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const more = rows.length > limit;
    const encoded = query.get('encoding-type') === 'url';
    return {
      Name: bucket,
      Prefix: prefix,
      KeyCount: shown.length,
      MaxKeys: limit,
      IsTruncated: more,
      ...(more && { NextContinuationToken: Buffer.from(shown.at(-1)?.name ?? '').toString('base64') }),
      Contents: shown.map(({ name, metadata }) => ({
        Key: encoded ? encodeURIComponent(name) : name,
        LastModified: metadata.lastModified,
        ETag: metadata.eTag,
        Size: metadata.size,
      })),
    };
  }

  async #read({ method, bucket, key, headers }: StorageRequest, outgoing: ServerResponse): Promise<void> {
    const row = await readRow(this.#pool, bucket, key);
    if (row === undefined) throw new Refusal(404, 'NoSuchKey', 'Object not found');
    outgoing.setHeader('last-modified', new Date(row.updated_at).toUTCString());
    if (method === 'HEAD') {
      const { eTag, size, mimetype, cacheControl } = row.metadata;
      const about = {
        etag: eTag,
        'content-length': size,
        'content-type': mimetype,
        'cache-control': cacheControl,
      };
      return void outgoing.writeHead(200, { ...about, ...metadataHeaders(row.user_metadata ?? {}) }).end();
    }
    const file = await this.#files.get({ bucket, name: key, version: row.version });
    if (file === undefined) throw new Refusal(404, 'NoSuchKey', 'Object not found');
    const { bytes, etag, contentType, cacheControl, userMetadata } = file;
    const about = { etag, 'content-type': contentType, 'cache-control': cacheControl };
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    if (from !== undefined && start >= bytes.length)
      throw new Refusal(416, 'InvalidRange', 'The requested range is not satisfiable');
    const part = bytes.subarray(start, to ? Number(to) + 1 : undefined);
    outgoing.writeHead(from === undefined ? 200 : 206, {
      ...about,
      ...metadataHeaders(userMetadata),
      'content-length': part.length,
    });
    outgoing.end(part);
  }

  async #store(
    { bucket, key, headers }: StorageRequest,
    bytes: Buffer,
    etag: string,
    limits: { file_size_limit: string | null; allowed_mime_types: string[] | null },
  ): Promise<void> {
    const contentType = headers['content-type'] ?? 'application/octet-stream';
    const { file_size_limit: most, allowed_mime_types: types } = limits;
    if (most !== null && bytes.length > Number(most))
      throw new Refusal(413, 'EntityTooLarge', 'The object exceeded the maximum allowed size');
    const fits = (type: string) =>
      type === contentType || (type.endsWith('/*') && contentType.startsWith(type.slice(0, -1)));
    if (types !== null && types.length > 0 && !types.some(fits))
      throw new Refusal(415, 'InvalidMimeType', `mime type ${contentType} is not supported`);
    const name = key.endsWith('/') && bytes.length === 0 ? `${key}.emptyFolderPlaceholder` : key;
    const version = randomUUID();
    const before = await readRow(this.#pool, bucket, name);
    const file: KeptFile = {
      bytes,
      etag,
      contentType,
      cacheControl: headers['cache-control'] ?? 'no-cache',
      userMetadata: userMetadataOf(headers),
    };
    await this.#files.put({ bucket, name, version }, file);
    await upsertRow(this.#pool, { bucket, name, version }, file);
    if (before !== undefined) await this.#files.remove({ bucket, name, version: before.version });
  }

  async #forget(bucket: string, name: string): Promise<void> {
    const row = await readRow(this.#pool, bucket, name);
    if (row !== undefined) await this.#files.remove({ bucket, name, version: row.version });
  }
}

const etagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;

const META = 'x-amz-meta-';

function userMetadataOf(headers: StorageRequest['headers']): Record<string, string> {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(META));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(META.length), String(value)]));
}

/** What a header cannot hold is left out, as there. */
function metadataHeaders(metadata: Readonly<Record<string, unknown>>): Record<string, string> {
  const sayable = Object.entries(metadata).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string' && /^[\x20-\x7e]*$/.test(pair[1]),
  );
  return Object.fromEntries(sayable.map(([name, value]) => [META + name, value]));
}
