import type { Readable } from 'node:stream';
import { GetObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import type { FileKey } from '../../../core/files/entry.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { ProjectStorage } from './project-storage.ts';

/** An answer of Storage to GET; its body ends with an error where it ends short. */
export interface GotFile {
  readonly etag: string | undefined;
  readonly body: AsyncIterable<Buffer>;
}

/** Said by the connection's end, not by Storage. */
class EndedShort extends Error {
  override readonly name = 'EndedShort';
}

/**
 * Asks for a file, whole or only its beginning.
 * @returns nothing where there is none, whatever HEAD and the listing say
 */
export async function getFile(
  { client }: ProjectStorage,
  { bucket, name }: FileKey,
  bandwidth: Bandwidth,
  signal: AbortSignal,
): Promise<GotFile | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }), {
      abortSignal: signal,
    });
    const body = wholeBody(answer.Body as unknown as Readable & AsyncIterable<Buffer>, answer.ContentLength);
    return { etag: answer.ETag, body: bandwidth.through(body, signal) };
  } catch (error) {
    if (isNoFile(error)) return undefined;
    throw error;
  }
}

/** Whether GET gives the first byte of a file, or its end where it is empty. */
export async function isThere(
  { client }: ProjectStorage,
  { bucket, name }: FileKey,
  signal: AbortSignal,
): Promise<boolean> {
  const ask = async (Range?: string) => {
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: name, ...(Range === undefined ? {} : { Range }) }),
      { abortSignal: signal },
    );
    for await (const _ of Body as unknown as Readable);
    return true;
  };
  try {
    return await ask('bytes=0-0');
  } catch (error) {
    if (isNoFile(error)) return false;
    // an empty file has no first byte
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416) return ask();
    throw error;
  }
}

function isNoFile(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    error.$metadata.httpStatusCode === 404 &&
    error.name !== 'NoSuchBucket'
  );
}

async function* wholeBody(
  body: Readable & AsyncIterable<Buffer>,
  expected: number | undefined,
): AsyncGenerator<Buffer> {
  // a body nobody reads any more still reports that its connection was cut
  body.on('error', () => undefined);
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      yield chunk;
    }
    if (expected !== undefined && bytes !== expected)
      throw new EndedShort(`the answer ended after ${bytes} of ${expected} bytes`);
  } finally {
    body.destroy();
  }
}
