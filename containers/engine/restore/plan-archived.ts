import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { StorageError } from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';
import type { Archived } from '../../../core/restore-plan.ts';
import { type Bucket, placeOf } from '../storage/bucket.ts';

/** What cannot be read before S3 has brought it back. */
const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** How a set lies in the bucket, by what a list of its folder says. */
export interface Stored {
  readonly archived: Archived;
  /** Keys below the folder that the manifest names and the bucket lacks. */
  readonly missing: readonly string[];
}

export async function lookAtStorage(bucket: Bucket, folder: string, { objects }: Manifest): Promise<Stored> {
  const classes = new Map<string, string>();
  try {
    const pages = paginateListObjectsV2({ client: bucket.client }, { Bucket: bucket.name, Prefix: folder });
    for await (const { Contents = [] } of pages)
      for (const { Key = '', StorageClass = 'STANDARD' } of Contents) classes.set(Key, StorageClass);
  } catch (error) {
    throw new StorageError(`listing ${placeOf(bucket.name, folder)}`, error);
  }
  const cold = objects.filter(({ key }) => ARCHIVES.has(classes.get(folder + key) ?? ''));
  return {
    archived: { objects: cold.length, bytes: cold.reduce((sum, { stored }) => sum + stored.bytes, 0) },
    missing: objects.filter(({ key }) => !classes.has(folder + key)).map(({ key }) => key),
  };
}
