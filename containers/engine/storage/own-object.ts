import { S3ServiceException } from '@aws-sdk/client-s3';
import { ObjectDamagedError, StorageError } from '../../../core/errors/index.ts';
import type { Content } from '../../../core/manifest.ts';
import { Measure } from '../streams/measure.ts';
import { type Bucket, isAccessDenied } from './bucket.ts';
import { downloadObject } from './download.ts';

const READ_ATTEMPTS = 3;

/**
 * Whether the object that is already there is the one that was just sent: when S3's answer is lost, the SDK sends the
 * request again, and the second one meets what the first has made. Read back and compared, for nothing less is a proof.
 * A role that may only add cannot read; there a repeated request is taken for the cause, and the verification that
 * follows every backup reads the object back.
 * @param refusal S3's answer that an object exists
 */
export async function isObject(
  bucket: Bucket,
  key: string,
  content: Content,
  refusal: unknown,
  signal: AbortSignal,
): Promise<boolean> {
  const measure = new Measure();
  try {
    for await (const _ of measure.through(downloadObject(bucket, key, content, READ_ATTEMPTS, signal)));
  } catch (error) {
    if (error instanceof ObjectDamagedError) return false;
    if (!(error instanceof StorageError && isAccessDenied(error.cause))) throw error;
    return refusal instanceof S3ServiceException && (refusal.$metadata.attempts ?? 1) > 1;
  }
  return measure.result().sha256 === content.sha256;
}
