import type { Readable } from 'node:stream';
import { isVerdict, ObjectDamagedError, WrongKeyError } from '../../../core/errors/index.ts';
import type { StoredFile } from '../../../core/files/entry.ts';
import { blobKey } from '../../../core/files/manifest.ts';
import { feedCopy } from '../programs/feed.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';
import type { SmallOpener } from '../programs/openpgp.ts';
import type { Bucket } from '../storage/bucket.ts';
import { downloadObject } from '../storage/download.ts';
import { Measure } from '../streams/measure.ts';
import { damageFound, proveContent } from '../streams/open.ts';
import { type HeldFile, hold, IN_MEMORY_BYTES } from './held-file.ts';

/** What every blob of a restore is read with. */
export interface BlobOpener {
  readonly bucket: Bucket;
  readonly keyring: DecryptingKeyring;
  readonly small: SmallOpener;
  readonly directory: string;
  readonly spoolBytes: number;
  readonly attempts: number;
  readonly signal: AbortSignal;
}

/**
 * The plain file of a line, proved before anybody gets a byte of it.
 * @throws ObjectDamagedError when the blob is gone, cut short, or not of this content
 * @throws WrongKeyError when it was encrypted to another key
 */
export async function openBlob(opener: BlobOpener, file: StoredFile): Promise<HeldFile> {
  const key = blobKey(file.sha256);
  const again = () => decrypted(opener, file, key);
  const { directory, spoolBytes } = opener;
  const held = await hold(await firstReading(opener, file, key), { directory, spoolBytes, again });
  try {
    proveContent(key, 'decrypted', { bytes: file.size, sha256: file.sha256 }, held.content);
    return held;
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

/** What fits into memory is decrypted here, and by gpg where that does not work, if only to hear why. */
async function firstReading(
  opener: BlobOpener,
  file: StoredFile,
  key: string,
): Promise<AsyncIterable<Buffer>> {
  if (file.size > IN_MEMORY_BYTES) return decrypted(opener, file, key);
  const sealed: Buffer[] = [];
  for await (const chunk of stored(opener, file, key)) sealed.push(chunk);
  const bytes = Buffer.concat(sealed);
  const plain = await opener.small(bytes);
  return plain === undefined ? throughGpg(opener, key, pieces(bytes)) : pieces(plain);
}

const decrypted = (opener: BlobOpener, file: StoredFile, key: string) =>
  throughGpg(opener, key, stored(opener, file, key));

/** The blob as it lies in the bucket, compared with what is known of it. */
async function* stored(
  { bucket, attempts, signal }: BlobOpener,
  { stored: { bytes, sha256 } }: StoredFile,
  key: string,
): AsyncGenerator<Buffer> {
  const measure = new Measure();
  yield* measure.through(downloadObject(bucket, key, { bytes, sha256: sha256 ?? '' }, attempts, signal));
  const got = measure.result();
  proveContent(key, 'stored', { bytes, sha256: sha256 ?? got.sha256 }, got);
}

async function* throughGpg(
  opener: BlobOpener,
  key: string,
  sealed: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const gpg = opener.keyring.decrypt({ signal: opener.signal });
  const feed = async () => {
    for await (const _ of feedCopy(sealed, gpg));
  };
  const fed = feed();
  fed.catch(() => undefined);
  yield* gpg.stdout as Readable & AsyncIterable<Buffer>;
  // damage of what was stored is the cause of whatever gpg says of it
  await fed;
  await gpg.done.catch((error: unknown) => {
    if (isVerdict(error) && /No secret key/i.test(error.message))
      throw new WrongKeyError(key, ['a key that is not at hand'], error.message);
    throw damageFound(error, key, 'it cannot be decrypted');
  });
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}

/** A failure of the blob, not of what it is written to. */
export const isBlobFailure = (error: unknown) =>
  error instanceof ObjectDamagedError || error instanceof WrongKeyError;
