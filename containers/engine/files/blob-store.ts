import { HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Config } from '../../../core/config.ts';
import { ObjectTakenError, StorageError } from '../../../core/errors/index.ts';
import type { StoredFile } from '../../../core/files/entry.ts';
import { blobKey } from '../../../core/files/manifest.ts';
import type { Content } from '../../../core/manifest.ts';
import type { EncryptingKeyring } from '../programs/gpg.ts';
import type { SmallMessages } from '../programs/openpgp.ts';
import { type Bucket, placeOf } from '../storage/bucket.ts';
import { uploadStream } from '../storage/upload.ts';
import { Measure } from '../streams/measure.ts';
import type { BlobIndex } from './blob-index.ts';
import type { HeldFile } from './held-file.ts';
import { ChangedMeanwhile } from './read-file.ts';

export interface BlobSealer {
  readonly bucket: Bucket;
  readonly index: BlobIndex;
  readonly keyring: EncryptingKeyring;
  /** For files in memory, where the library can use the keys. */
  readonly small: SmallMessages | undefined;
  readonly upload: Config['upload'];
  readonly signal: AbortSignal;
}

/** Hashes of stored blobs that are remembered, for files that follow with the same content. */
const REMEMBERED = 10_000;

/** Contents in the bucket: each once, under its own hash, encrypted. */
export class BlobStore {
  readonly #sealer: BlobSealer;
  readonly #recent = new Map<string, Promise<StoredFile['stored']>>();

  constructor(sealer: BlobSealer) {
    this.#sealer = sealer;
  }

  /**
   * Stores a content that may be there already.
   * @throws ChangedMeanwhile when its bytes are not the ones that were hashed
   */
  async put(held: HeldFile): Promise<{ stored: StoredFile['stored']; duplicate: boolean }> {
    const { sha256 } = held.content;
    const recent = this.#recent.get(sha256);
    if (recent !== undefined) return { stored: await recent, duplicate: true };
    const known = this.#sealer.index.sizeOf(sha256);
    if (known !== undefined) return { stored: { bytes: known, sha256: null }, duplicate: true };
    const storing = this.#seal(held);
    this.#recent.set(sha256, storing);
    try {
      const stored = await storing;
      this.#sealer.index.add(sha256, stored.bytes);
      const [oldest] = this.#recent.keys();
      if (this.#recent.size > REMEMBERED && oldest !== undefined) this.#recent.delete(oldest);
      return { stored, duplicate: false };
    } catch (error) {
      this.#recent.delete(sha256);
      throw error;
    }
  }

  async #seal(held: HeldFile): Promise<StoredFile['stored']> {
    const { bucket, signal, upload, small } = this.#sealer;
    const key = blobKey(held.content.sha256);
    const options = { firstPartMiB: upload.firstPartMiB, maxParts: upload.maxParts, signal };
    let failure: unknown;
    try {
      if (held.bytes !== undefined && small !== undefined) {
        const sealed = await small.encrypt(held.bytes);
        const bytes = sealed.length;
        return await uploadStream(bucket, key, once(sealed), { ...options, bytes, gate: Promise.resolve() });
      }
      const { output, gate } = this.#encrypt(held);
      gate.catch((error: unknown) => {
        failure = error;
      });
      return await uploadStream(bucket, key, output, { ...options, gate });
    } catch (error) {
      // each encryption makes other bytes of the same content: what another run has stored is as good
      if (error instanceof ObjectTakenError) return { bytes: await this.#sizeOf(key), sha256: null };
      // what the upload has wrapped is not the upload's
      throw error instanceof StorageError && error.cause === failure ? failure : error;
    }
  }

  /** The gate opens when gpg has ended well, and got what was hashed. */
  #encrypt(held: HeldFile): { output: AsyncIterable<Buffer>; gate: Promise<void> } {
    const gpg = this.#sealer.keyring.encrypt({ signal: this.#sealer.signal });
    const feed = async () => {
      const measure = new Measure();
      try {
        for await (const chunk of measure.through(held.open()))
          if (!gpg.stdin.write(chunk)) await drained(gpg.stdin, gpg.done);
      } finally {
        gpg.stdin.end();
      }
      proveSame(measure.result(), held.content);
    };
    const gate = Promise.allSettled([feed(), gpg.done]).then((ends) => {
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    });
    return { output: gpg.stdout as AsyncIterable<Buffer>, gate };
  }

  async #sizeOf(Key: string): Promise<number> {
    const { client, name } = this.#sealer.bucket;
    const { ContentLength } = await client
      .send(new HeadObjectCommand({ Bucket: name, Key }), { abortSignal: this.#sealer.signal })
      .catch((error: unknown) => {
        throw new StorageError(`looking at ${placeOf(name, Key)}`, error);
      });
    return ContentLength ?? 0;
  }
}

async function drained(stdin: NodeJS.WritableStream, ended: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stdin.once('drain', resolve);
  await Promise.race([promise, ended]);
  stdin.off('drain', resolve);
}

function proveSame(got: Content, hashed: Content): void {
  if (got.sha256 !== hashed.sha256) throw new ChangedMeanwhile('it was another file when it was read again');
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
