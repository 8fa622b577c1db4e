import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ProjectStorageFailedError } from '../../../core/errors/index.ts';
import type { ProjectStorage } from './project-storage.ts';

/** Names in a bucket as the project's storage lists them, in the order of their bytes. */
export async function* listNames(
  { client }: ProjectStorage,
  Bucket: string,
  abortSignal: AbortSignal,
): AsyncGenerator<string> {
  let ContinuationToken: string | undefined;
  do {
    const page = await client
      .send(new ListObjectsV2Command({ Bucket, ContinuationToken }), { abortSignal })
      .catch((error: unknown) => {
        abortSignal.throwIfAborted();
        throw new ProjectStorageFailedError(`listing bucket ${Bucket}`, 1, error);
      });
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}
