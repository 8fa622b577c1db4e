import { HeadObjectCommand, RestoreObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { StorageError, s3AnswerText } from '../../core/errors/index.ts';
import { type ColdObject, coldObject, type Tier, thawRequest } from '../../core/thaw.ts';
import type { ArchiveStore } from '../../core/thaw-objects.ts';
import { bucketName, s3 } from '../common/bucket.ts';

/** The objects of the backup bucket as thawing sees them. */
export const archiveStore: ArchiveStore = { look, ask };

async function look(key: string): Promise<ColdObject | undefined> {
  try {
    const answer = await s3.send(new HeadObjectCommand({ Bucket: bucketName(), Key: key }));
    return coldObject(key, answer);
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw new StorageError(`looking at ${key}`, error);
  }
}

async function ask(object: ColdObject, tier: Tier, days: number): Promise<string | undefined> {
  const RestoreRequest = thawRequest(object, tier, days);
  try {
    await s3.send(new RestoreObjectCommand({ Bucket: bucketName(), Key: object.key, RestoreRequest }));
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'RestoreAlreadyInProgress') return undefined;
    return s3AnswerText(error);
  }
}
