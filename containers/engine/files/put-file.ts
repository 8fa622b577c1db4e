import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { StoredFile } from '../../../core/files/entry.ts';
import { partBytes } from '../../../core/part-sizes.ts';
import type { HeldFile } from './held-file.ts';
import type { ProjectStorage } from './project-storage.ts';

const FIRST_PART_MIB = 8;
const ABANDON_MS = 4000;

/** Uploads a file with all that its line says of it: Storage keeps nothing of what it is not told again. */
export async function putFile(
  { client }: ProjectStorage,
  file: StoredFile,
  held: HeldFile,
  abortSignal: AbortSignal,
): Promise<void> {
  const target = { Bucket: file.bucket, Key: file.name };
  const about = {
    ...target,
    ...(file.contentType === null ? {} : { ContentType: file.contentType }),
    ...(file.cacheControl === null ? {} : { CacheControl: file.cacheControl }),
    Metadata: metadataHeaders(file.userMetadata),
  };
  let UploadId: string | undefined;
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  try {
    for await (const { part, isLast } of partsOf(held)) {
      const PartNumber = Parts.length + 1;
      if (isLast && PartNumber === 1)
        return void (await client.send(new PutObjectCommand({ ...about, Body: part }), { abortSignal }));
      UploadId ??= (await client.send(new CreateMultipartUploadCommand(about), { abortSignal })).UploadId;
      const command = new UploadPartCommand({ ...target, UploadId, PartNumber, Body: part });
      Parts.push({ PartNumber, ETag: (await client.send(command, { abortSignal })).ETag });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
      { abortSignal },
    );
  } catch (error) {
    if (UploadId !== undefined)
      await client
        .send(new AbortMultipartUploadCommand({ ...target, UploadId }), {
          abortSignal: AbortSignal.timeout(ABANDON_MS),
        })
        .catch(() => undefined);
    throw error;
  }
}

/** In buffers, which can be sent again when an answer is lost. */
async function* partsOf(held: HeldFile): AsyncGenerator<{ part: Buffer; isLast: boolean }> {
  let left = held.content.bytes;
  let number = 1;
  let filled = 0;
  let part = Buffer.allocUnsafe(Math.min(left, partBytes(number, FIRST_PART_MIB)));
  if (left === 0) yield { part, isLast: true };
  for await (const chunk of held.open()) {
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(part, filled, at);
      at += copied;
      filled += copied;
      if (filled < part.length) continue;
      left -= filled;
      yield { part, isLast: left === 0 };
      number += 1;
      filled = 0;
      part = Buffer.allocUnsafe(Math.min(left, partBytes(number, FIRST_PART_MIB)));
      if (left === 0) return;
    }
  }
}

/** S3's own limit for all of them. */
const MOST_METADATA_BYTES = 2000;

/** What headers can carry; the row gets the whole of it afterwards. */
function metadataHeaders(text: string | null): Record<string, string> {
  const value: unknown = text === null ? {} : JSON.parse(text);
  if (typeof value !== 'object' || value === null || text === null || text.length > MOST_METADATA_BYTES)
    return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, one]) => /^[\w-]+$/.test(name) && typeof one === 'string' && /^[\x20-\x7e]*$/.test(one),
    ),
  );
}
