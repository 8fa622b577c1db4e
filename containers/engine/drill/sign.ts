import { reason } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';

/** A detached signature, or why there is none. */
export type Signed =
  | { readonly signature: string /** Of the primary key. */; readonly fingerprint: string }
  | { readonly reason: string };

/**
 * Signs a text with the team's key: the first of the keyring that can. `gpg --verify report.json.asc report.json` checks it
 * anywhere, with the public key alone. A gpg that breaks is a reason too: a report without a signature is better than none.
 */
export async function signDetached(keyring: DecryptingKeyring, text: string): Promise<Signed> {
  const refusals: string[] = [];
  for (const fingerprint of keyring.fingerprints) {
    const refuse = (why: string) => refusals.push(`key ${fingerprint} cannot sign: ${why}`);
    const why = keyring.unsigning(fingerprint);
    if (why !== undefined) {
      refuse(`it ${why}`);
      continue;
    }
    try {
      return { signature: await keyring.sign(fingerprint, text), fingerprint };
    } catch (error) {
      refuse(reason(error));
    }
  }
  return {
    reason: `${refusals.join('; ')}; expected a private key in ${ENV.gpgPrivateKey} that can sign: give one, and the next report is signed`,
  };
}
