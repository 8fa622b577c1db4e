import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../../../core/config.ts';
import { ProductError, StreamBrokenError } from '../../../core/errors/index.ts';
import type { Content } from '../../../core/manifest.ts';
import { startProgram } from '../programs/child.ts';
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
 * Producer → zstd → gpg → S3. zstd writes straight into gpg; what passes through here is the plain text once, to be
 * hashed, and the stored bytes once. The object appears only when the producer, zstd and gpg have all ended well.
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
  const zstd = startProgram('zstd', [`-${level}`, '--quiet', '--stdout', '--single-thread'], {
    stdout: gpg.stdin,
    signal,
  });
  gpg.stdin.destroy();
  const plain = new Measure();
  const { output, whole } = start(signal);
  const fed = pipeline(plain.through(output as AsyncIterable<Buffer>, progress.onPlain), zstd.stdin, {
    signal,
  });
  const gate = wholeRow({ key, fed, programs: [whole, zstd.done, gpg.done], giveUp: () => broken.abort() });
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
async function wholeRow(row: {
  key: string;
  fed: Promise<void>;
  programs: readonly Promise<unknown>[];
  giveUp: () => void;
}): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    timer ??= setTimeout(row.giveUp, CASCADE_MS);
  };
  for (const part of [row.fed, ...row.programs]) part.catch(watch);
  const ends = await Promise.allSettled([row.fed, ...row.programs]);
  clearTimeout(timer);
  const cause = ends.findLast((end) => end.status === 'rejected');
  if (cause === undefined) return;
  throw cause.reason instanceof ProductError ? cause.reason : new StreamBrokenError(row.key, cause.reason);
}
