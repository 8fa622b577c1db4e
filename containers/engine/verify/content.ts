import type { SetObject } from '../../../core/manifest.ts';
import { startProgram } from '../programs/child.ts';
import type { Clients } from '../programs/clients.ts';
import { feedCopy } from '../programs/feed.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';
import { damageFound, type Opener, openObject } from '../streams/open.ts';
import type { VerifyRun } from './run.ts';

/**
 * Decrypts an object and compares sizes and hashes on both sides; an archive must also give its table of contents.
 * @throws ObjectDamagedError, ProgramFailedError when it is not what the manifest says
 */
export async function verifyContent(
  run: VerifyRun,
  object: SetObject,
  keyring: DecryptingKeyring,
  clients: Clients,
): Promise<void> {
  const { bucket, folder, signal, reporter } = run;
  const opener: Opener = { bucket, folder, keyring, attempts: run.config.upload.attempts, signal };
  const ratio = object.plain.bytes === 0 ? 0 : object.stored.bytes / object.plain.bytes;
  const plain = openObject(opener, object, (bytes) => reporter.advance(bytes * ratio));
  if (!['schema', 'rest', 'platform'].includes(object.role)) {
    for await (const _ of plain);
    return;
  }
  const list = startProgram(clients.program('pg_restore'), ['--list'], { signal });
  list.stdout.resume();
  // pg_restore stops reading after the contents; everything must be read all the same, for the hash
  for await (const _ of feedCopy(plain, list));
  await list.done.catch((error: unknown) => {
    throw damageFound(error, folder + object.key, 'pg_restore --list does not read it');
  });
}
