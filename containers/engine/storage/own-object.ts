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
 * @param sentAgain whether the request that was refused had been sent before
 */
export async function isObject(
  bucket: Bucket,
  key: string,
  content: Content,
  sentAgain: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const measure = new Measure();
  try {
    for await (const _ of measure.through(downloadObject(bucket, key, content, READ_ATTEMPTS, signal)));
  } catch (error) {
    if (error instanceof ObjectDamagedError) return false;
    if (!(error instanceof StorageError && isAccessDenied(error.cause))) throw error;
    return sentAgain;
  }
  return measure.result().sha256 === content.sha256;
}
