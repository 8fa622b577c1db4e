import { ObjectDamagedError } from '../../../core/errors/index.ts';
import type { Manifest, SetObject } from '../../../core/manifest.ts';
import { feedCopy } from '../programs/feed.ts';
import type { PacketLister } from '../programs/gpg.ts';
import { downloadObject } from '../storage/download.ts';
import { Measure } from '../streams/measure.ts';
import { damageFound, proveContent } from '../streams/open.ts';
import type { VerifyRun } from './run.ts';

/**
 * What can be proved without the private key: size and SHA-256 of what S3 holds, that it is one whole OpenPGP message
 * with protected data, and that it is encrypted to exactly the recipients of the manifest.
 * @throws ObjectDamagedError when something differs
 */
export async function verifyStructure(
  run: VerifyRun,
  object: SetObject,
  packets: PacketLister,
): Promise<void> {
  const key = run.folder + object.key;
  const measure = new Measure();
  const body = measure.through(
    downloadObject(run.bucket, key, object.stored, run.config.upload.attempts, run.signal),
    (bytes) => run.reporter.advance(bytes),
  );
  if (object.role === 'instructions') {
    for await (const _ of body);
    return proveContent(key, 'stored', object.stored, measure.result());
  }
  const lister = packets.list({ signal: run.signal });
  let listing = '';
  lister.stdout.setEncoding('utf8').on('data', (text: string) => {
    listing += text;
  });
  for await (const _ of feedCopy(body, lister));
  // a wrong hash is the cause of whatever gpg says
  proveContent(key, 'stored', object.stored, measure.result());
  await lister.done.catch((error: unknown) => {
    throw damageFound(error, key, 'it is no whole OpenPGP message');
  });
  proveRecipients(key, listing, run.manifest.encryption);
}

/** One packet for each recipient; of several subkeys of one recipient gpg chooses one. */
function proveRecipients(key: string, listing: string, expected: Manifest['encryption']): void {
  const found = Array.from(
    listing.matchAll(/^:pubkey enc packet:.* keyid ([0-9A-F]{16})$/gm),
    (match) => match[1] ?? '',
  );
  const protectedData = /^:aead encrypted packet:|^\s*mdc_method: [1-9]/m.test(listing);
  if (!protectedData)
    throw new ObjectDamagedError(key, 'its data is not encrypted, or not protected against changes');
  if (
    found.length !== expected.recipients.length ||
    !found.every((keyId) => expected.keyIds.includes(keyId))
  ) {
    const recipients = expected.keyIds.join(', ');
    throw new ObjectDamagedError(
      key,
      `it is encrypted to ${found.join(', ') || 'nobody'}, expected ${recipients}`,
    );
  }
}
