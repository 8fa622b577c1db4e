import { GetObjectTaggingCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import PQueue from 'p-queue';
import { StorageError } from '../../core/errors/index.ts';
import { OBJECT, RETENTION_TAG } from '../../core/names.ts';
import { bucketName, s3 } from '../common/bucket.ts';

/** Requests under way at once: enough to hide latency, few enough not to be throttled. */
const CONCURRENCY = 16;

/**
 * Marks all objects of a set, the telling one last: a run that breaks off in between is begun anew by the next.
 * @throws StorageError when S3 refuses one of them
 */
export async function mark(keys: readonly string[]): Promise<void> {
  const last = tellingKey(keys);
  if (last === undefined) return;
  const queue = new PQueue({ concurrency: CONCURRENCY });
  await queue.addAll(keys.filter((key) => key !== last).map((key) => () => putTag(key)));
  await putTag(last);
}

/** Whether all objects of the set carry the mark: so it is where the telling one does. */
export async function isMarked(keys: readonly string[]): Promise<boolean> {
  const key = tellingKey(keys);
  // lifecycle was faster: there is nothing left to mark
  if (key === undefined) return true;
  try {
    const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket: bucketName(), Key: key }));
    return TagSet.some(({ Key, Value }) => Key === RETENTION_TAG.key && Value === RETENTION_TAG.expired);
  } catch (error) {
    throw new StorageError(`reading the tags of ${key}`, error);
  }
}

/** The manifest; without one, whatever comes last. */
function tellingKey(keys: readonly string[]): string | undefined {
  return keys.find((key) => key.endsWith(`/${OBJECT.manifest}`)) ?? [...keys].sort().at(-1);
}

async function putTag(key: string): Promise<void> {
  const tag = { Key: RETENTION_TAG.key, Value: RETENTION_TAG.expired };
  try {
    await s3.send(
      new PutObjectTaggingCommand({ Bucket: bucketName(), Key: key, Tagging: { TagSet: [tag] } }),
    );
  } catch (error) {
    throw new StorageError(`marking ${key}`, error);
  }
}
