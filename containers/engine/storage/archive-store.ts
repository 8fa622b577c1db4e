import { HeadObjectCommand, RestoreObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { StorageError, s3AnswerText } from '../../../core/errors/index.ts';
import { type ColdObject, coldObject, type Tier, thawRequest } from '../../../core/thaw.ts';
import type { ArchiveStore } from '../../../core/thaw-objects.ts';
import { type Bucket, placeOf } from './bucket.ts';

/** The objects of a bucket as thawing sees them. */
export function archiveStore(bucket: Bucket, signal: AbortSignal): ArchiveStore {
  return {
    look: (key) => look(bucket, key, signal),
    ask: (object, tier, days) => ask(bucket, object, tier, days, signal),
  };
}

async function look(
  { client, name }: Bucket,
  key: string,
  abortSignal: AbortSignal,
): Promise<ColdObject | undefined> {
  try {
    const answer = await client.send(new HeadObjectCommand({ Bucket: name, Key: key }), { abortSignal });
    return coldObject(key, answer);
  } catch (error) {
    abortSignal.throwIfAborted();
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw new StorageError(`looking at ${placeOf(name, key)}`, error);
  }
}

/** The current version, which is the one that is read. */
async function ask(
  { client, name }: Bucket,
  object: ColdObject,
  tier: Tier,
  days: number,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const command = new RestoreObjectCommand({
    Bucket: name,
    Key: object.key,
    RestoreRequest: thawRequest(object, tier, days),
  });
  try {
    await client.send(command, { abortSignal });
    return undefined;
  } catch (error) {
    abortSignal.throwIfAborted();
    if (error instanceof Error && error.name === 'RestoreAlreadyInProgress') return undefined;
    return s3AnswerText(error);
  }
}
