import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  ObjectTakenError,
  ObjectTooLargeError,
  ProductError,
  StorageError,
} from '../../../core/errors/index.ts';
import type { Content } from '../../../core/manifest.ts';
import { partBytes } from '../../../core/part-sizes.ts';
import { whileInConflict } from './answers.ts';
import { type Bucket, isAlreadyThere, placeOf } from './bucket.ts';
import { isObject } from './own-object.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface UploadOptions {
  /** The object appears only after this has resolved: the producer's proof that the stream is whole. */
  readonly gate: Promise<unknown>;
  readonly firstPartMiB: number;
  readonly maxParts: number;
  readonly signal: AbortSignal;
  /** How long the stream is, where that is known: a small object takes no buffer of a whole part then. */
  readonly bytes?: number;
  /** Called with the bytes of each part that S3 has taken. */
  readonly onProgress?: (bytes: number) => void;
}

/** Parts on their way at once, besides the one being filled. More hides no more latency at these sizes. */
const PARTS_IN_FLIGHT = 2;

/** How long taking back the parts may take, and waiting for what is to be taken back: inside what a stopped run has. */
const ABANDON_MS = 4000;

/**
 * Streams an object of unknown length to S3, memory bounded by a few parts. Nothing exists under the key until the
 * whole stream is there and `gate` has resolved; whatever fails, the parts are taken back. Each part goes with its
 * SHA-256, which S3 checks; an object that exists already is not replaced.
 * @returns size and SHA-256 of what was stored
 * @throws StorageError when S3 refuses after all retries
 * @throws ObjectTooLargeError before the limit of parts is met
 * @throws ObjectTakenError when the key exists with other content
 */
export async function uploadStream(
  bucket: Bucket,
  key: string,
  source: AsyncIterable<Buffer>,
  options: UploadOptions,
): Promise<Content> {
  const upload = new Upload(bucket, key, options);
  try {
    for await (const chunk of source) {
      await upload.write(chunk);
      options.signal.throwIfAborted();
    }
    await options.gate;
    options.signal.throwIfAborted();
    return await upload.finish();
  } catch (error) {
    await upload.abandon();
    if (error instanceof ProductError || options.signal.aborted) throw error;
    throw new StorageError(`writing ${placeOf(bucket.name, key)}`, error);
  }
}

type Checksum = Pick<CompletedPart, 'ChecksumSHA256'>;

class Upload {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #options: UploadOptions;
  /** An S3 that never answers must not keep a run from ending. */
  readonly #stoppable: { readonly abortSignal: AbortSignal };
  readonly #hash = createHash('sha256');
  readonly #sending = new Set<Promise<void>>();
  readonly #done: CompletedPart[] = [];
  #failure: { error: unknown } | undefined;
  #creating: Promise<string | undefined> | undefined;
  #buffer: Buffer | undefined;
  #filled = 0;
  #bytes = 0;
  #parts = 0;

  constructor(bucket: Bucket, key: string, options: UploadOptions) {
    this.#bucket = bucket;
    this.#key = key;
    this.#options = options;
    this.#stoppable = { abortSignal: options.signal };
  }

  /** Copies into the part being filled: keeping the chunks would keep the larger buffers they are views of. */
  async write(chunk: Buffer): Promise<void> {
    let offset = 0;
    while (offset < chunk.length) {
      this.#buffer ??= Buffer.allocUnsafeSlow(this.#nextBytes());
      const copied = chunk.copy(this.#buffer, this.#filled, offset);
      offset += copied;
      this.#filled += copied;
      if (this.#filled === this.#buffer.length) await this.#flush();
    }
  }

  /** One more than is to come, so that the last part is not full and the object is sent as one where it can be. */
  #nextBytes(): number {
    const { bytes = Number.POSITIVE_INFINITY, firstPartMiB } = this.#options;
    const toCome = Math.max(bytes - this.#bytes, 0) + 1;
    return Math.min(partBytes(this.#parts + 1, firstPartMiB), toCome);
  }

  async finish(): Promise<Content> {
    const appear = this.#parts === 0 ? await this.#lastPartAlone() : await this.#allParts();
    const content = { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
    const { signal } = this.#options;
    let sentAgain = false;
    const send = (again: boolean) => {
      sentAgain = again;
      return appear();
    };
    try {
      await whileInConflict(this.#bucket.client, send, signal);
    } catch (error) {
      if (!(error instanceof S3ServiceException && isAlreadyThere(error))) throw error;
      sentAgain ||= (error.$metadata.attempts ?? 1) > 1;
      if (!(await isObject(this.#bucket, this.#key, content, sentAgain, signal)))
        throw new ObjectTakenError(this.#key);
    }
    this.#creating = undefined;
    return content;
  }

  /** A stream that fits one part needs no multipart upload. @returns what makes the object appear */
  async #lastPartAlone(): Promise<() => Promise<unknown>> {
    const body = (this.#buffer ?? Buffer.alloc(0)).subarray(0, this.#filled);
    const checksum = await this.#count(body);
    // a bucket with Object Lock wants the algorithm named, not only the sum
    const wanted = checksum.ChecksumSHA256 === undefined ? {} : { ChecksumAlgorithm: 'SHA256' as const };
    const command = new PutObjectCommand({ ...this.#target, Body: body, ...wanted, ...checksum });
    return async () => {
      await this.#bucket.client.send(command, this.#stoppable);
      this.#options.onProgress?.(body.length);
    };
  }

  async #allParts(): Promise<() => Promise<unknown>> {
    if (this.#filled > 0) await this.#flush();
    await Promise.all(this.#sending);
    if (this.#failure) throw this.#failure.error;
    const parts = this.#done.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
    const UploadId = await this.#creating;
    const command = { ...this.#target, UploadId, MultipartUpload: { Parts: parts } };
    return () => this.#bucket.client.send(new CompleteMultipartUploadCommand(command), this.#stoppable);
  }

  get #target() {
    return { Bucket: this.#bucket.name, Key: this.#key, IfNoneMatch: '*' };
  }

  /** Takes the parts back. When even that fails, the bucket's lifecycle rule for incomplete uploads is left to do it. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#sending);
    this.#buffer = undefined;
    if (this.#creating === undefined) return;
    const patience = AbortSignal.timeout(ABANDON_MS);
    // S3 may just be beginning the upload: until its id is known there is nothing to take back
    const uploadId = await unlessAborted(this.#creating, patience).catch(() => undefined);
    if (uploadId !== undefined) await this.#abort(uploadId, patience).catch(() => undefined);
  }

  #abort(UploadId: string, abortSignal: AbortSignal): Promise<unknown> {
    const command = { Bucket: this.#bucket.name, Key: this.#key, UploadId };
    return this.#bucket.client.send(new AbortMultipartUploadCommand(command), { abortSignal });
  }

  async #flush(): Promise<void> {
    const body = (this.#buffer ?? Buffer.alloc(0)).subarray(0, this.#filled);
    this.#buffer = undefined;
    this.#filled = 0;
    this.#parts += 1;
    if (this.#parts > this.#options.maxParts) {
      throw new ObjectTooLargeError(this.#key, this.#bytes + body.length, this.#options.maxParts);
    }
    const checksum = await this.#count(body);
    this.#creating ??= this.#create();
    const uploadId = await unlessAborted(this.#creating, this.#options.signal);
    while (this.#sending.size >= PARTS_IN_FLIGHT) await Promise.race(this.#sending);
    if (this.#failure) throw this.#failure.error;
    const sending = this.#send(this.#parts, uploadId, body, checksum)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  /** Takes no stop signal: a request that is on its way may begin an upload, whose id is needed to take it back. */
  async #create(): Promise<string | undefined> {
    const target = { Bucket: this.#bucket.name, Key: this.#key };
    const wanted = (await this.#bucket.takesChecksums()) ? { ChecksumAlgorithm: 'SHA256' as const } : {};
    const answer = await this.#bucket.client.send(new CreateMultipartUploadCommand({ ...target, ...wanted }));
    if ((answer.$metadata.attempts ?? 1) > 1) await this.#abortOthers(answer.UploadId);
    return answer.UploadId;
  }

  /** An attempt whose answer was lost may have begun an upload, too. A role that cannot list leaves it to the lifecycle. */
  async #abortOthers(own: string | undefined): Promise<void> {
    const list = { Bucket: this.#bucket.name, Prefix: this.#key };
    const found = await this.#bucket.client
      .send(new ListMultipartUploadsCommand(list))
      .catch(() => undefined);
    for (const { Key, UploadId } of found?.Uploads ?? []) {
      if (Key === this.#key && UploadId !== undefined && UploadId !== own)
        await this.#abort(UploadId, this.#options.signal).catch(() => undefined);
    }
  }

  async #send(number: number, uploadId: string | undefined, body: Buffer, checksum: Checksum): Promise<void> {
    const part = { Bucket: this.#bucket.name, Key: this.#key, UploadId: uploadId, PartNumber: number };
    const { ETag } = await this.#bucket.client.send(
      new UploadPartCommand({ ...part, Body: body, ...checksum }),
      this.#stoppable,
    );
    this.#done.push({ PartNumber: number, ETag, ...checksum });
    this.#options.onProgress?.(body.length);
  }

  /** Counts a part into the whole. @returns its own SHA-256, base64, as S3 wants it, where it takes one */
  async #count(body: Buffer): Promise<Checksum> {
    this.#bytes += body.length;
    this.#hash.update(body);
    if (!(await this.#bucket.takesChecksums())) return {};
    return { ChecksumSHA256: createHash('sha256').update(body).digest('base64') };
  }
}
