import {
  GetObjectCommand,
  NoSuchKey,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { ObjectStore, StoredObject } from '../../core/catalog.ts';
import { ObjectArchivedError, StorageError } from '../../core/errors/index.ts';
import { ENV } from '../../core/names.ts';
import { requireEnv } from './settings.ts';

// an endpoint of one's own rarely has a host name for each bucket
const ownEndpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;

/** One client for all calls of an instance of the function. */
export const s3 = new S3Client({ forcePathStyle: ownEndpoint !== undefined });

/** @throws EnvironmentError when the stack has not said which */
export function bucketName(): string {
  return requireEnv(ENV.bucket, 'the name of the backup bucket');
}

/** The backup bucket as core reads it. */
export function openBucket(): ObjectStore {
  const bucket = bucketName();
  return {
    listFolders: (prefix) => listFolders(bucket, prefix),
    listObjects: (prefix) => listObjects(bucket, prefix),
    getText: (key) => getText(bucket, key),
  };
}

async function listFolders(bucket: string, prefix: string): Promise<string[]> {
  const folders: string[] = [];
  for await (const page of pagesOf(bucket, prefix, '/')) {
    for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) folders.push(Prefix);
  }
  return folders;
}

async function listObjects(bucket: string, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const page of pagesOf(bucket, prefix)) {
    for (const { Key, LastModified } of page.Contents ?? []) {
      if (Key !== undefined && LastModified !== undefined) objects.push({ key: Key, modified: LastModified });
    }
  }
  return objects;
}

async function* pagesOf(bucket: string, prefix: string, delimiter?: string) {
  try {
    yield* paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix, Delimiter: delimiter });
  } catch (error) {
    throw new StorageError(`listing ${prefix}`, error);
  }
}

async function getText(bucket: string, key: string): Promise<string | undefined> {
  try {
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await answer.Body?.transformToString('utf8');
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    if (error instanceof S3ServiceException && error.name === 'InvalidObjectState')
      throw new ObjectArchivedError(key);
    throw new StorageError(`reading ${key}`, error);
  }
}
