import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../../../core/config.ts';
import {
  CompressionFailedError,
  isVerdict,
  ProductError,
  reason,
  StreamBrokenError,
} from '../../../core/errors/index.ts';
import type { Content } from '../../../core/manifest.ts';
import { type StreamProgram, startProgram } from '../programs/child.ts';
import { feedCopy } from '../programs/feed.ts';
import type { EncryptingKeyring } from '../programs/gpg.ts';
import type { Bucket } from '../storage/bucket.ts';
import { uploadStream } from '../storage/upload.ts';
import { Measure } from './measure.ts';

/** What every object of a run is written with. */
export interface Sealer {
  readonly bucket: Bucket;
  readonly keyring: EncryptingKeyring;
  readonly compressionLevel: number;
  readonly upload: Config['upload'];
  /** The run's: aborted by a signal, the time limit or the first failure of any object. */
  readonly signal: AbortSignal;
}

/** A stream and the proof that it was whole: resolves only after the producer has ended well. */
export interface Producer {
  readonly output: Readable | AsyncIterable<Buffer>;
  readonly whole: Promise<unknown>;
}

/**
 * Producer → zstd → gpg → S3, each step passing through here: the plain text to be hashed, the compressed bytes to be
 * tried. The object appears only when the producer, zstd and gpg have all ended well.
 * @param start begins producing; the signal it gets ends it when anything later in the row has failed
 * @returns size and SHA-256 of the plain text and of what S3 holds
 */
export async function sealStream(
  sealer: Sealer,
  key: string,
  start: (signal: AbortSignal) => Producer,
  progress: { onPlain?: (bytes: number) => void; onStored?: (bytes: number) => void } = {},
): Promise<{ plain: Content; stored: Content }> {
  const broken = new AbortController();
  const signal = AbortSignal.any([sealer.signal, broken.signal]);
  const gpg = sealer.keyring.encrypt({ signal });
  const level = sealer.compressionLevel;
  const zstd = startProgram('zstd', [`-${level}`, '--quiet', '--stdout', '--single-thread'], { signal });
  const trial = startProgram('zstd', ['--test', '--verbose', '--no-progress'], { stdout: 'ignore', signal });
  const packed = pipeline(feedCopy(zstd.stdout as AsyncIterable<Buffer>, trial), gpg.stdin, { signal });
  const plain = new Measure();
  const { output, whole } = start(signal);
  const fed = pipeline(plain.through(output as AsyncIterable<Buffer>, progress.onPlain), zstd.stdin, {
    signal,
  });
  const tried = proveCompressed(
    key,
    trial,
    fed.then(
      () => plain.bytes,
      () => undefined,
    ),
  );
  const row = [fed, whole, tried, zstd.done, packed, gpg.done];
  const gate = wholeRow(key, row, () => broken.abort());
  // the upload may fail first and be busy taking its parts back when the row falls apart
  gate.catch(() => undefined);
  try {
    const stored = await uploadStream(sealer.bucket, key, gpg.stdout as AsyncIterable<Buffer>, {
      gate,
      firstPartMiB: sealer.upload.firstPartMiB,
      maxParts: sealer.upload.maxParts,
      signal: sealer.signal,
      ...(progress.onStored === undefined ? {} : { onProgress: progress.onStored }),
    });
    return { plain: plain.result(), stored };
  } catch (error) {
    broken.abort();
    throw error;
  } finally {
    await gate.catch(() => undefined);
  }
}

/** How long a row of programs may take to fall apart by itself once one of them has failed. */
const CASCADE_MS = 5000;

/**
 * Resolves when every program of a row has ended well. When one fails, those before it lose their reader and those
 * after it see a plain end, so the one furthest down the row that failed is the cause, the others are its echo.
 */
async function wholeRow(key: string, row: readonly Promise<unknown>[], giveUp: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    timer ??= setTimeout(giveUp, CASCADE_MS);
  };
  for (const part of row) part.catch(watch);
  const ends = await Promise.allSettled(row);
  clearTimeout(timer);
  const cause = ends.findLast((end) => end.status === 'rejected');
  if (cause === undefined) return;
  throw cause.reason instanceof ProductError ? cause.reason : new StreamBrokenError(key, cause.reason);
}

/**
 * Who backs up holds no private key, so this is the last place to see whether the stored bytes can be read: exit code 0 of
 * zstd is no proof. Another zstd decompresses them; it compares the checksum at the end of the frame, and says how many
 * bytes came out, which must be as many as went in. That costs a seventh of compressing them. Not found: a zstd that wrote
 * a faultless frame of other bytes, just as many; hashing them once more would cost as much as everything else here.
 * @param expected bytes that went in, once all of them did
 */
async function proveCompressed(
  key: string,
  trial: StreamProgram,
  expected: Promise<number | undefined>,
): Promise<void> {
  await trial.done.catch((error: unknown) => {
    if (!isVerdict(error)) throw error;
    throw new CompressionFailedError(key, `nothing whole comes out again (${reason(error)})`);
  });
  // where zstd was not given all there is, that is the cause, and there is nothing to compare
  const wanted = await expected;
  const bytes = /: (\d+) bytes/.exec(trial.stderr())?.[1];
  if (wanted === undefined || Number(bytes) === wanted) return;
  throw new CompressionFailedError(key, `${bytes ?? 'unknown'} bytes come out again, expected ${wanted}`);
}
