import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandOutput, S3ServiceException } from '@aws-sdk/client-s3';
import {
  ObjectArchivedError,
  ObjectDamagedError,
  ProductError,
  StorageError,
} from '../../../core/errors/index.ts';
import type { Content } from '../../../core/manifest.ts';
import { type Bucket, isArchived, placeOf } from './bucket.ts';

const FIRST_PAUSE_MS = 250;

/**
 * Reads an object from its beginning to its end. A connection that breaks in the middle is taken up again where it
 * broke, of the same version only; the SDK retries requests, but not a body that is already being read.
 * @param content what the manifest says of it: another size is found before the first byte
 * @param attempts in a row without a byte before giving up
 * @throws ObjectDamagedError when the object is gone, or was replaced meanwhile
 * @throws ObjectArchivedError when it has to be thawed first
 * @throws StorageError when S3 does not give it
 */
export async function* downloadObject(
  bucket: Bucket,
  key: string,
  content: Content,
  attempts: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let offset = 0;
  let etag: string | undefined;
  let failures = 0;
  for (;;) {
    try {
      const answer = await request(bucket, key, offset, etag, signal);
      etag ??= answer.ETag;
      for await (const chunk of readBody(key, answer, offset === 0 ? content.bytes : undefined)) {
        offset += chunk.length;
        failures = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      failures += 1;
      if (error instanceof ProductError || signal.aborted) throw error;
      if (failures >= attempts)
        throw new StorageError(`reading ${placeOf(bucket.name, key)} from byte ${offset}`, error);
      await sleep(FIRST_PAUSE_MS * 2 ** failures, undefined, { signal });
    }
  }
}

/**
 * The body of an answer, let go of however the reading ends. A body nobody reads any more still reports that its
 * connection was cut, and without a listener that report would end the process.
 */
async function* readBody(
  key: string,
  answer: GetObjectCommandOutput,
  expectedBytes: number | undefined,
): AsyncGenerator<Buffer> {
  const body = answer.Body as unknown as Readable & AsyncIterable<Buffer>;
  body.on('error', () => undefined);
  try {
    if (expectedBytes !== undefined && (answer.ContentLength ?? expectedBytes) !== expectedBytes) {
      throw new ObjectDamagedError(
        key,
        `stored size is ${answer.ContentLength} bytes, expected ${expectedBytes}`,
      );
    }
    yield* body;
  } finally {
    body.destroy();
  }
}

async function request(
  bucket: Bucket,
  key: string,
  offset: number,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<GetObjectCommandOutput> {
  const resumed =
    offset === 0 ? {} : { Range: `bytes=${offset}-`, ...(etag === undefined ? {} : { IfMatch: etag }) };
  try {
    return await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key, ...resumed }), {
      abortSignal: signal,
    });
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const status = error.$metadata.httpStatusCode;
    if (status === 404) throw new ObjectDamagedError(key, 'it is gone from the bucket');
    if (status === 412) throw new ObjectDamagedError(key, 'it was replaced while it was being read');
    if (isArchived(error)) throw new ObjectArchivedError(key);
    throw error;
  }
}
