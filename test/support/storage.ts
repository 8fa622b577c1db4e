import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalStorage, startStorage } from '../../local/supabase/storage.ts';
import { configEnv, engineEnv, makeDatabase, type TestBucket, type TestDatabase } from './engine.ts';

const SQL = join(import.meta.dirname, '..', '..', 'local', 'supabase', 'storage.sql');
const ROLES = [
  ...['anon', 'authenticated', 'service_role', 'dashboard_user'],
  ...['supabase_admin', 'supabase_storage_admin'],
];

/** A project as far as Storage goes: database and files. */
export interface TestProject {
  readonly database: TestDatabase;
  readonly storage: LocalStorage;
  readonly client: S3Client;
  /** Makes a bucket with its settings. */
  bucket(id: string, settings?: { limit?: number; types?: string[]; public?: boolean }): Promise<void>;
  put(
    bucket: string,
    name: string,
    body: string | Buffer,
    more?: { ContentType?: string; CacheControl?: string; Metadata?: Record<string, string> },
  ): Promise<void>;
  /** `bucket/name` of all rows. */
  names(): Promise<string[]>;
  stop(): Promise<void>;
}

export async function makeProject(major: 15 | 17 = 17): Promise<TestProject> {
  const database = await makeDatabase(major);
  for (const role of ROLES) {
    const create = `CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;`;
    await database.query(`DO $$ BEGIN ${create} END $$`);
  }
  await database.query(await readFile(SQL, 'utf8'));
  const storage = await startStorage(database.url);
  const client = new S3Client({
    endpoint: storage.endpoint,
    region: 'local',
    credentials: { accessKeyId: 'storage-key', secretAccessKey: 'storage-secret' },
    forcePathStyle: true,
  });
  return {
    database,
    storage,
    client,
    bucket: async (id, { limit = null, types = null, public: isPublic = false } = {} as never) => {
      const columns = '(id, name, public, file_size_limit, allowed_mime_types)';
      const sql = `INSERT INTO storage.buckets ${columns} VALUES ($1, $1, $2, $3, $4)`;
      await database.query(sql, [id, isPublic, limit, types]);
    },
    put: async (Bucket, Key, Body, more = {}) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Body as string), ...more }));
    },
    names: async () => {
      const sql = `SELECT bucket_id || '/' || name AS name FROM storage.objects ORDER BY bucket_id, name COLLATE "C"`;
      return (await database.query(sql)).rows.map(({ name }) => name);
    },
    stop: async () => {
      client.destroy();
      await storage.stop();
    },
  };
}

/** Everything a run about files needs. */
export async function filesEnv(
  bucket: TestBucket,
  source: TestProject,
  target?: TestProject,
  files: Record<string, unknown> = {},
): Promise<Record<string, string>> {
  return {
    ...engineEnv(bucket, source.database, target?.database),
    ...source.storage.env(),
    ...(target === undefined ? {} : target.storage.env('TARGET_')),
    ...(await configEnv({ files })),
  };
}
