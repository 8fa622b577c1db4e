import {
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { CatalogStore, StoredObject } from '../../../core/catalog.ts';
import { BucketError, ObjectArchivedError, StorageError, s3AnswerText } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import { requireEnv } from '../settings.ts';
import { refuseOtherAnswers, whileInConflict } from './answers.ts';

export interface Bucket extends CatalogStore {
  readonly name: string;
  readonly client: S3Client;
  /** Whether parts may carry checksums: not where AWS_REQUEST_CHECKSUM_CALCULATION says when_required. */
  takesChecksums(): Promise<boolean>;
  /** Writes a small object; `ifAbsent` refuses to replace one. @returns false when it was there already */
  putText(
    key: string,
    text: string | Buffer,
    options?: { ifAbsent?: boolean; contentType?: string },
  ): Promise<boolean>;
}

/** Credentials or policy forbid what was asked: for the caller to decide what that means. */
export function isAccessDenied(error: unknown): boolean {
  return httpStatus(error) === 403;
}

/** An object is there already, somebody else's or what an earlier request of ours has made. */
export function isAlreadyThere(error: unknown): boolean {
  return httpStatus(error) === 412;
}

/** An object is in an archive class, and no thawed copy of it is there. */
export function isArchived(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'InvalidObjectState';
}

function httpStatus(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 120_000;

/** An endpoint of one's own, which rarely has a host name for each bucket. */
function ownEndpoint(): string | undefined {
  return process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL || undefined;
}

/** `s3://bucket/key`, and at which host where it is not AWS itself, for messages. */
export function placeOf(bucket: string, key: string): string {
  const endpoint = ownEndpoint();
  const host = endpoint === undefined || !URL.canParse(endpoint) ? '' : ` at ${new URL(endpoint).host}`;
  return `s3://${bucket}/${key}${host}`;
}

/**
 * The bucket of BACKUP_BUCKET, with the AWS SDK's own environment (region, credentials, AWS_ENDPOINT_URL_S3).
 * @param attempts for one request, the first included
 */
export function openBucket(attempts: number): Bucket {
  const name = requireEnv(ENV.bucket, 'the name of the backup bucket');
  const client = new S3Client({
    maxAttempts: attempts,
    retryMode: 'standard',
    forcePathStyle: ownEndpoint() !== undefined,
    // a service that accepts and then says nothing must end in a retry, not in silence
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
  });
  refuseOtherAnswers(client);
  return {
    name,
    client,
    takesChecksums: async () => (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED',
    putText: (key, text, options) => putText(client, name, key, text, options),
    getText: (key) => getText(client, name, key),
    listFolders: (prefix) => listFolders(client, name, prefix),
  };
}

/**
 * Finds out before any work whether the bucket is there.
 * @throws BucketError when it is not, or nobody answers; being forbidden to ask is no answer: a writer may only add
 */
export async function proveBucket({ client, name }: Bucket): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: name }));
  } catch (error) {
    if (isAccessDenied(error)) return;
    const status = httpStatus(error);
    const problem = s3AnswerText(error);
    throw new BucketError(name, status === 404 ? 'there is no such bucket' : problem, error);
  }
}

async function putText(
  client: S3Client,
  bucket: string,
  key: string,
  text: string | Buffer,
  options: { ifAbsent?: boolean; contentType?: string } = {},
): Promise<boolean> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: typeof text === 'string' ? Buffer.from(text, 'utf8') : text,
    ContentType: options.contentType ?? 'application/json',
    ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
  });
  try {
    await whileInConflict(client, () => client.send(command));
    return true;
  } catch (error) {
    if (options.ifAbsent && isAlreadyThere(error)) return false;
    throw new StorageError(`writing ${placeOf(bucket, key)}`, error);
  }
}

async function getText(client: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await answer.Body?.transformToString('utf8');
  } catch (error) {
    if (httpStatus(error) === 404 && !(error instanceof S3ServiceException && error.name === 'NoSuchBucket'))
      return undefined;
    if (isArchived(error)) throw new ObjectArchivedError(key);
    throw new StorageError(`reading ${placeOf(bucket, key)}`, error);
  }
}

async function listFolders(client: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const folders: string[] = [];
  for await (const { CommonPrefixes = [] } of pagesOf(client, bucket, prefix, '/'))
    for (const { Prefix } of CommonPrefixes) if (Prefix !== undefined) folders.push(Prefix);
  return folders;
}

/** Keys of all objects below a prefix. */
export async function listKeys({ client, name }: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of pagesOf(client, name, prefix))
    for (const { Key } of Contents) if (Key !== undefined) keys.push(Key);
  return keys;
}

/** All objects whose key begins with a prefix, with the time each was written. */
export async function listStored({ client, name }: Bucket, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const { Contents = [] } of pagesOf(client, name, prefix))
    for (const { Key, LastModified } of Contents)
      if (Key !== undefined && LastModified !== undefined) found.push({ key: Key, modified: LastModified });
  return found;
}

/** Keys and sizes of all objects below a prefix, one page after the other in memory. */
export async function* listSizes(
  { client, name }: Bucket,
  prefix: string,
): AsyncGenerator<{ key: string; bytes: number }> {
  for await (const { Contents = [] } of pagesOf(client, name, prefix))
    for (const { Key, Size } of Contents) if (Key !== undefined) yield { key: Key, bytes: Size ?? 0 };
}

async function* pagesOf(
  client: S3Client,
  bucket: string,
  prefix: string,
  delimiter?: string,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  let token: string | undefined;
  do {
    const page = await client
      .send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          Delimiter: delimiter,
          ContinuationToken: token,
        }),
      )
      .catch((error: unknown) => {
        throw new StorageError(`listing ${placeOf(bucket, prefix)}`, error);
      });
    yield page;
    token = page.NextContinuationToken;
  } while (token !== undefined);
}
