import { CopyObjectCommand, HeadObjectCommand, RestoreObjectCommand } from '@aws-sdk/client-s3';
import type { TestBucket } from './engine.ts';

export type ArchiveClass = 'GLACIER' | 'DEEP_ARCHIVE';

/** Moves objects to another storage class, as lifecycle does. @returns their keys */
export async function archive(
  { client, name, keys }: TestBucket,
  which: RegExp,
  StorageClass: ArchiveClass = 'GLACIER',
): Promise<string[]> {
  const moved = (await keys()).filter((key) => which.test(key));
  for (const Key of moved) {
    const CopySource = `${name}/${encodeURIComponent(Key)}`;
    await client.send(new CopyObjectCommand({ Bucket: name, Key, CopySource, StorageClass }));
  }
  return moved;
}

/** Thaws objects behind the engine's back. */
export async function thawByHand(
  { client, name }: TestBucket,
  keys: readonly string[],
  Days = 9,
): Promise<void> {
  for (const Key of keys)
    await client.send(new RestoreObjectCommand({ Bucket: name, Key, RestoreRequest: { Days } }));
}

/** `x-amz-restore` of an object. */
export async function restoreHeader({ client, name }: TestBucket, Key: string): Promise<string | undefined> {
  return (await client.send(new HeadObjectCommand({ Bucket: name, Key }))).Restore;
}

export const ONGOING = { headers: { 'x-amz-restore': 'ongoing-request="true"' } } as const;

/** A copy that lives so long from now. */
export function copyFor(minutes: number) {
  const end = new Date(Date.now() + minutes * 60_000).toUTCString();
  return { headers: { 'x-amz-restore': `ongoing-request="false", expiry-date="${end}"` } };
}
