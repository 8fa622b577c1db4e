import { ObjectDamagedError } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { downloadObject } from '../storage/download.ts';
import { Measure } from '../streams/measure.ts';
import { proveContent } from '../streams/open.ts';
import type { VerifyRun } from './run.ts';

/** First byte of an OpenPGP public-key encrypted session key packet, old and new format (RFC 4880 §4.2, tag 1). */
const SESSION_KEY_PACKETS = [0x84, 0x85, 0x86, 0xc1];

/**
 * Size and SHA-256 of what S3 holds, and that it begins as an OpenPGP message to a public key.
 * @throws ObjectDamagedError when something differs
 */
export async function verifyStructure(run: VerifyRun, object: SetObject): Promise<void> {
  const key = run.folder + object.key;
  const measure = new Measure();
  let first: number | undefined;
  const body = downloadObject(run.bucket, key, run.config.upload.attempts, run.signal);
  for await (const chunk of measure.through(body, (bytes) => run.reporter.advance(bytes))) first ??= chunk[0];
  proveContent(key, 'stored', object.stored, measure.result());
  if (object.role !== 'instructions' && !SESSION_KEY_PACKETS.includes(first ?? 0)) {
    throw new ObjectDamagedError(key, 'it is no OpenPGP message to a public key');
  }
}
