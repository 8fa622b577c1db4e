import { S3ServiceException } from '@aws-sdk/client-s3';
import { FileDiffersError, ProductError, reason, s3Answer } from '../../../core/errors/index.ts';
import { nameOf, type StoredFile } from '../../../core/files/entry.ts';
import { Measure } from '../streams/measure.ts';
import type { Bandwidth } from './bandwidth.ts';
import { getFile } from './get-file.ts';
import type { HeldFile } from './held-file.ts';
import { type BlobOpener, isBlobFailure, openBlob } from './open-blob.ts';
import type { ProjectStorage } from './project-storage.ts';
import { putFile } from './put-file.ts';
import { pauseAfter } from './retry-pause.ts';

export interface FileTarget {
  readonly storage: ProjectStorage;
  readonly bandwidth: Bandwidth;
  readonly attempts: number;
  readonly signal: AbortSignal;
}

/** How the restore of one file ended; `outage` where the next file would most likely end the same way. */
export type FileEnd =
  | { readonly kind: 'verified' }
  | { readonly kind: 'failed'; readonly because: string; readonly outage: boolean };

/** Brings one file back: decrypted and proved first, uploaded whatever the target's listing says, read back and hashed. */
export async function restoreFile(
  opener: BlobOpener,
  target: FileTarget,
  file: StoredFile,
): Promise<FileEnd> {
  const { signal } = target;
  try {
    await using held = await openBlob(opener, file);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await putFile(target.storage, file, held, signal);
        await proveFile(target, file, held);
        return { kind: 'verified' };
      } catch (error) {
        signal.throwIfAborted();
        if (attempt >= target.attempts || isRefusal(error) || isBlobFailure(error)) throw error;
        await pauseAfter(attempt, signal);
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    const outage = !(isBlobFailure(error) || isRefusal(error) || error instanceof FileDiffersError);
    return { kind: 'failed', because: `${nameOf(file)}: ${words(error)}`, outage };
  }
}

/** Storage has understood, and does not take this file: its size, its type, its name. */
function isRefusal(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return status !== undefined && [400, 404, 413, 415, 422].includes(status);
}

function words(error: unknown): string {
  if (error instanceof ProductError) return reason(error);
  const { got } = s3Answer(error);
  return isRefusal(error)
    ? `the target's Storage refuses it: ${got}; see the limits of the bucket (file_size_limit, allowed_mime_types) and of the project`
    : got;
}

async function proveFile(
  { storage, bandwidth, signal }: FileTarget,
  file: StoredFile,
  held: HeldFile,
): Promise<void> {
  const got = await getFile(storage, file, bandwidth, signal);
  if (got === undefined)
    throw new FileDiffersError(nameOf(file), 'is not there after its upload', 'what was sent');
  const measure = new Measure();
  for await (const _ of measure.through(got.body));
  const { bytes, sha256 } = measure.result();
  if (sha256 === held.content.sha256) return;
  throw new FileDiffersError(
    nameOf(file),
    `reads back as ${bytes} bytes with SHA-256 ${sha256}`,
    `${held.content.bytes} bytes with ${held.content.sha256}`,
  );
}
