import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ProjectStorageError, s3Answer } from '../../../core/errors/index.ts';
import { STORAGE_ENV, TARGET_PREFIX } from '../../../core/names.ts';
import { requireEnv } from '../settings.ts';
import type { BucketRow } from './rows.ts';

/** Storage of a Supabase project, over its S3 protocol. */
export interface ProjectStorage {
  readonly client: S3Client;
  /** Host and path, for messages. */
  readonly host: string;
  /** Supabase's own: HEAD and listings say what the rows say, so only GET proves that a file is there. */
  readonly answersFromRows: boolean;
}

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 120_000;
const SUPABASE_PATH = /\/storage\/v1\/s3\/?$/;

/** Whether the environment names a storage of its own for restores. */
export const hasTargetStorage = () => (process.env[TARGET_PREFIX + STORAGE_ENV.endpoint] ?? '') !== '';

/**
 * @param prefix `TARGET_` for the project a restore writes to, where it is another
 * @param attempts for one request, the first included
 * @throws EnvironmentError naming the variable that is missing
 */
export function openProjectStorage(prefix: '' | typeof TARGET_PREFIX, attempts: number): ProjectStorage {
  const read = (name: string, purpose: string) => requireEnv(prefix + name, purpose);
  const endpoint = read(
    STORAGE_ENV.endpoint,
    "the S3 endpoint of the project's Storage, https://<ref>.storage.supabase.co/storage/v1/s3",
  );
  if (!URL.canParse(endpoint))
    throw new ProjectStorageError('its endpoint', `${prefix}${STORAGE_ENV.endpoint} is no URL`);
  const sessionToken = process.env[prefix + STORAGE_ENV.sessionToken] ?? '';
  const client = new S3Client({
    endpoint,
    region: read(STORAGE_ENV.region, "the project's region, such as ap-northeast-2"),
    credentials: {
      accessKeyId: read(STORAGE_ENV.accessKeyId, 'the access key id of Storage → S3'),
      secretAccessKey: read(STORAGE_ENV.secretAccessKey, 'the secret access key of Storage → S3'),
      ...(sessionToken === '' ? {} : { sessionToken }),
    },
    forcePathStyle: true,
    maxAttempts: attempts,
    retryMode: 'standard',
    // Storage knows no checksums of S3's newer kind; what was sent is read back instead
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
  });
  const { host, pathname } = new URL(endpoint);
  return { client, host, answersFromRows: SUPABASE_PATH.test(pathname) };
}

/**
 * Finds out before any work whether the storage lets us in, and is that of the database's project.
 * @param buckets that the database has; Storage lists them by name, which is their id as a rule
 * @throws ProjectStorageError
 */
export async function proveStorage(
  { client, host }: ProjectStorage,
  buckets: readonly BucketRow[],
): Promise<void> {
  const { Buckets = [] } = await client.send(new ListBucketsCommand({})).catch((error: unknown) => {
    throw new ProjectStorageError(host, s3Answer(error).got, error);
  });
  const there = new Set<unknown>(Buckets.map(({ Name }) => Name));
  if (buckets.length === 0 || buckets.some(({ id, name }) => there.has(id) || there.has(name))) return;
  throw new ProjectStorageError(
    host,
    `none of the ${buckets.length} buckets of the database is there, so it is the storage of another project than the connection string leads to`,
  );
}
