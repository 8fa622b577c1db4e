import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalSupabase, startSupabase } from '../../local/supabase/projects.ts';
import { type LocalStorage, startStorage } from '../../local/supabase/storage.ts';
import { configEnv, engineEnv, type TestBucket, type TestDatabase, withClient } from './engine.ts';

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

/** One server for all projects of a test file. */
const servers = new Map<15 | 17, { readonly server: Promise<LocalSupabase>; projects: number }>();

/** The database that the engine enters as `postgres`; statements of tests are the platform's. */
export async function makeProject(major: 15 | 17 = 17): Promise<TestProject> {
  const shared = servers.get(major) ?? { server: startSupabase({ major }), projects: 0 };
  servers.set(major, shared);
  shared.projects += 1;
  const { ref, url, adminUrl } = await (await shared.server).makeProject();
  const database: TestDatabase = {
    name: ref,
    url,
    query: (sql, values) => withClient(adminUrl, (session) => session.query(sql, values)),
  };
  const storage = await startStorage(adminUrl);
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
      shared.projects -= 1;
      if (shared.projects > 0) return;
      servers.delete(major);
      await (await shared.server).stop();
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
