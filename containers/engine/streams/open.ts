import type { Readable } from 'node:stream';
import {
  isVerdict,
  ObjectDamagedError,
  ProductError,
  ProgramFailedError,
  reason,
  StreamBrokenError,
  WrongKeyError,
} from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { type StreamProgram, startProgram } from '../programs/child.ts';
import { feedCopy } from '../programs/feed.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';
import type { Bucket } from '../storage/bucket.ts';
import { downloadObject } from '../storage/download.ts';
import { Measure } from './measure.ts';

/** What every object of a set is read with. */
export interface Opener {
  readonly bucket: Bucket;
  /** Folder of the set, with its trailing slash. */
  readonly folder: string;
  readonly keyring: DecryptingKeyring;
  readonly attempts: number;
  readonly signal: AbortSignal;
}

/**
 * S3 → gpg → zstd → plain text, checked against the manifest. The last chunk is held back until size and hash of what
 * was stored and of what came out are proved, so a consumer that commits at the end of its input never commits a
 * damaged object.
 * @throws ObjectDamagedError when the object is not the one the manifest describes
 * @throws WrongKeyError when the secret key is not there
 */
export async function* openObject(
  opener: Opener,
  object: SetObject,
  onPlain?: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const key = opener.folder + object.key;
  const ended = new AbortController();
  const enough = new AbortController();
  const signal = AbortSignal.any([opener.signal, ended.signal]);
  const zstd = startProgram('zstd', ['--decompress', '--quiet', '--stdout'], { signal });
  const gpg = opener.keyring.decrypt({ stdout: zstd.stdin, signal });
  zstd.stdin.destroy();
  const stored = new Measure();
  const plain = new Measure();
  const reading = AbortSignal.any([signal, enough.signal]);
  const body = downloadObject(opener.bucket, key, object.stored, opener.attempts, reading);
  const fed = feed(stored.through(body), gpg);
  fed.catch(() => undefined);
  // only what a program found wrong with the object is worth reading the rest for its hash
  for (const { done } of [gpg, zstd])
    done.catch((error: unknown) => {
      if (!isVerdict(error) || NO_KEY.test(error.message)) enough.abort();
    });
  try {
    let held: Buffer | undefined;
    for await (const chunk of plain.through(zstd.stdout as Readable & AsyncIterable<Buffer>, onPlain)) {
      if (held !== undefined) yield held;
      held = chunk;
    }
    await proveWhole(key, object, { fed, gpg: gpg.done, zstd: zstd.done, stored, plain });
    if (held !== undefined) yield held;
  } finally {
    ended.abort();
    await Promise.allSettled([fed, gpg.done, zstd.done]);
  }
}

/**
 * What really failed when a consumer choked on an object: gpg gives plain text away before it has proved it, so a damaged
 * object may reach the consumer as nonsense. Reads the object once more.
 * @returns the damage, or the failure where the object is whole
 */
export async function damageOr(failure: unknown, opener: Opener, object: SetObject): Promise<unknown> {
  try {
    for await (const _ of openObject(opener, object));
    return failure;
  } catch (error) {
    return error instanceof ObjectDamagedError ? error : failure;
  }
}

/** To the end, even when gpg has given up: what was stored tells whether the object is to blame. */
async function feed(source: AsyncIterable<Buffer>, gpg: StreamProgram): Promise<void> {
  for await (const _ of feedCopy(source, gpg));
}

async function proveWhole(
  key: string,
  object: SetObject,
  row: { fed: Promise<void>; gpg: Promise<void>; zstd: Promise<void>; stored: Measure; plain: Measure },
): Promise<void> {
  const [fed, gpg, zstd] = await Promise.allSettled([row.fed, row.gpg, row.zstd]);
  if (fed.status === 'rejected' && fed.reason instanceof ProductError) throw fed.reason;
  if (fed.status === 'fulfilled') proveContent(key, 'stored', object.stored, row.stored.result());
  // a wrong stored hash is the cause of whatever gpg says of it, so it has been reported first
  const failed = [gpg, zstd].flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  if (failed.length > 0) throw unreadable(key, failed.find(wasKilled) ?? causeOf(failed));
  if (fed.status === 'rejected') throw new StreamBrokenError(key, fed.reason);
  proveContent(key, 'decrypted', object.plain, row.plain.result());
}

/** gpg that cannot write has lost its reader, so zstd is the cause; in any other case zstd lacks what gpg did not give. */
function causeOf([gpg, zstd]: readonly unknown[]): unknown {
  return zstd !== undefined && /Broken pipe/i.test(reason(gpg)) ? zstd : gpg;
}

function wasKilled(error: unknown): boolean {
  return error instanceof ProgramFailedError && error.signal !== null;
}

const NO_KEY = /No secret key/i;

/** gpg and zstd know no names of objects; without a secret key it is the key that is wrong, not the object. */
function unreadable(key: string, error: unknown): unknown {
  if (isVerdict(error) && NO_KEY.test(error.message))
    return new WrongKeyError(key, ['a subkey that is not at hand'], reason(error));
  return damageFound(error, key, 'it cannot be decrypted');
}

/** What a program's failure over an object means: damage, where it was the program's own verdict. */
export function damageFound(error: unknown, key: string, problem: string): unknown {
  return isVerdict(error) ? new ObjectDamagedError(key, `${problem} (${reason(error)})`) : error;
}

/** @throws ObjectDamagedError when size or hash differ from the manifest's */
export function proveContent(
  key: string,
  what: string,
  expected: SetObject['plain'],
  got: SetObject['plain'],
): void {
  if (got.bytes !== expected.bytes) {
    throw new ObjectDamagedError(key, `${what} size is ${got.bytes} bytes, expected ${expected.bytes}`);
  }
  if (got.sha256 !== expected.sha256) {
    throw new ObjectDamagedError(key, `${what} SHA-256 is ${got.sha256}, expected ${expected.sha256}`);
  }
}

/**
 * A small object as text, proved as `openObject` does.
 * @throws ObjectDamagedError, WrongKeyError
 */
export async function readText(opener: Opener, object: SetObject): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of openObject(opener, object)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
