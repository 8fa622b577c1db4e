import { isVerdict, reason } from '../../../core/errors/index.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';

/** A detached signature, or why there is none. */
export type Signed =
  | { readonly signature: string /** Of the primary key. */; readonly fingerprint: string }
  | { readonly reason: string };

/**
 * Signs a text with the team's key: the first of the keyring that can. `gpg --verify report.json.asc report.json` checks it
 * anywhere, with the public key alone.
 */
export async function signDetached(keyring: DecryptingKeyring, text: string): Promise<Signed> {
  const refusals: string[] = [];
  for (const fingerprint of keyring.fingerprints) {
    try {
      return { signature: await keyring.sign(fingerprint, text), fingerprint };
    } catch (error) {
      if (!isVerdict(error)) throw error;
      refusals.push(`key ${fingerprint} cannot sign (${reason(error).split('\n').at(-1)})`);
    }
  }
  return { reason: refusals.join('; ') };
}
