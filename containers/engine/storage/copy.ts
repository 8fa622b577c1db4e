import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  S3ServiceException,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import {
  ObjectDamagedError,
  ObjectTakenError,
  ProductError,
  StorageError,
} from '../../../core/errors/index.ts';
import type { Content } from '../../../core/manifest.ts';
import { type CopyRange, copyRanges, LARGEST_COPY_BYTES } from '../../../core/part-sizes.ts';
import { whileInConflict } from './answers.ts';
import { type Bucket, isAlreadyThere, placeOf } from './bucket.ts';
import { isObject } from './own-object.ts';

export interface CopyOptions {
  readonly signal: AbortSignal;
  /** A copy that takes longer is given up, with all attempts: whoever asked can do without it. */
  readonly patienceMs: number;
}

/** How long taking back the parts of a copy may take. */
const ABANDON_MS = 4000;

/**
 * Copies an object within the bucket: its bytes pass through nobody's hands. The copy has none of its source's tags, for the
 * mark that lifecycle expires by is one; the bucket gives it encryption and lock, as it does to what is uploaded. Nothing
 * is replaced.
 * @param content what the source must be: where S3 says the SHA-256 of the copy it is compared, where not its size
 * @throws ObjectDamagedError when the source is gone or another; ObjectTakenError when the key is
 * @throws StorageError when S3 refuses or is too slow
 */
export async function copyObject(
  bucket: Bucket,
  from: string,
  to: string,
  content: Content,
  { signal, patienceMs }: CopyOptions,
): Promise<void> {
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const copy = { bucket, from, to, content, abortSignal };
  try {
    await (content.bytes > LARGEST_COPY_BYTES ? copyInParts(copy) : copyAtOnce(copy));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ProductError) throw error;
    if (isGone(error)) throw new ObjectDamagedError(from, 'it is gone from the bucket');
    throw new StorageError(`copying ${placeOf(bucket.name, from)} to ${to}`, error);
  }
}

interface Copy {
  readonly bucket: Bucket;
  readonly from: string;
  readonly to: string;
  readonly content: Content;
  readonly abortSignal: AbortSignal;
}

function isGone(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchKey';
}

/** As the header wants it: each part of the key escaped. */
function sourceOf({ bucket, from }: Copy): string {
  return [bucket.name, ...from.split('/')].map(encodeURIComponent).join('/');
}

async function copyAtOnce(copy: Copy): Promise<void> {
  const { bucket, to, abortSignal } = copy;
  const checksums = await bucket.takesChecksums();
  const command = new CopyObjectCommand({
    Bucket: bucket.name,
    Key: to,
    CopySource: sourceOf(copy),
    IfNoneMatch: '*',
    TaggingDirective: 'REPLACE',
    ...(checksums ? { ChecksumAlgorithm: 'SHA256' } : {}),
  });
  const answer = await appear(copy, () => bucket.client.send(command, { abortSignal }));
  const said = answer?.CopyObjectResult;
  if (said?.ChecksumSHA256 === undefined || said.ChecksumType === 'COMPOSITE') return await proveSize(copy);
  const sha256 = Buffer.from(said.ChecksumSHA256, 'base64').toString('hex');
  if (sha256 !== copy.content.sha256)
    throw new ObjectDamagedError(
      copy.from,
      `the SHA-256 of its copy is ${sha256}, expected ${copy.content.sha256}`,
    );
}

/**
 * Sends what makes the copy appear. Where something is there already it may be what an earlier attempt has made, whose
 * answer was lost: then there is nothing more to prove.
 * @throws ObjectTakenError when it is something else
 */
async function appear<T>(
  { bucket, to, content, abortSignal }: Copy,
  send: () => Promise<T>,
): Promise<T | undefined> {
  let sentAgain = false;
  try {
    return await whileInConflict(
      bucket.client,
      (again) => {
        sentAgain = again;
        return send();
      },
      abortSignal,
    );
  } catch (error) {
    if (!(error instanceof S3ServiceException && isAlreadyThere(error))) throw error;
    sentAgain ||= (error.$metadata.attempts ?? 1) > 1;
    if (!(await isObject(bucket, to, content, sentAgain, abortSignal))) throw new ObjectTakenError(to);
    return undefined;
  }
}

async function proveSize({ bucket, from, to, content, abortSignal }: Copy): Promise<void> {
  const command = new HeadObjectCommand({ Bucket: bucket.name, Key: to });
  const { ContentLength } = await bucket.client.send(command, { abortSignal });
  if (ContentLength !== content.bytes)
    throw new ObjectDamagedError(from, `stored size is ${ContentLength} bytes, expected ${content.bytes}`);
}

/** Above 5 GiB S3 copies ranges. They are of one version: the source's tag is looked up first and asked for with each. */
async function copyInParts(copy: Copy): Promise<void> {
  const { bucket, from, to, content, abortSignal } = copy;
  const source = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: from }), {
    abortSignal,
  });
  if (source.ContentLength !== content.bytes)
    throw new ObjectDamagedError(
      from,
      `stored size is ${source.ContentLength} bytes, expected ${content.bytes}`,
    );
  const target = { Bucket: bucket.name, Key: to };
  // takes no stop signal: a request that is on its way may begin an upload, whose id is needed to take it back
  const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(target));
  try {
    abortSignal.throwIfAborted();
    const parts = [];
    for (const range of copyRanges(content.bytes))
      parts.push(await copyPart(copy, { ...target, UploadId }, range, source.ETag));
    const command = new CompleteMultipartUploadCommand({
      ...target,
      UploadId,
      IfNoneMatch: '*',
      MultipartUpload: { Parts: parts },
    });
    await appear(copy, () => bucket.client.send(command, { abortSignal }));
  } catch (error) {
    const patience = { abortSignal: AbortSignal.timeout(ABANDON_MS) };
    await bucket.client
      .send(new AbortMultipartUploadCommand({ ...target, UploadId }), patience)
      .catch(() => undefined);
    throw error;
  }
}

async function copyPart(
  copy: Copy,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  { number, from, to }: CopyRange,
  etag: string | undefined,
): Promise<{ PartNumber: number; ETag: string | undefined }> {
  const command = new UploadPartCopyCommand({
    ...upload,
    PartNumber: number,
    CopySource: sourceOf(copy),
    CopySourceRange: `bytes=${from}-${to}`,
    CopySourceIfMatch: etag,
  });
  const { CopyPartResult } = await copy.bucket.client.send(command, { abortSignal: copy.abortSignal });
  return { PartNumber: number, ETag: CopyPartResult?.ETag };
}
