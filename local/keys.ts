import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** An OpenPGP key pair as armoured text. */
export interface KeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
  readonly fingerprint: string;
}

/** How the key differs from a good one without a passphrase. */
export interface KeyOptions {
  readonly passphrase?: string;
  /** A key that can only sign has no place to encrypt to. */
  readonly signOnly?: boolean;
}

/** Makes a fresh key with gpg in a directory of its own, which is removed again. */
export async function makeKeyPair(name: string, options: KeyOptions = {}): Promise<KeyPair> {
  const { passphrase = '', signOnly = false } = options;
  const home = await mkdtemp(join(tmpdir(), 'vpb-k-'));
  const gpg = (...args: string[]) =>
    execa('gpg', [
      '--batch',
      '--homedir',
      home,
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      passphrase,
      ...args,
    ]);
  try {
    await gpg('--quick-gen-key', `${name} <${name}@example.test>`, 'ed25519', 'sign', 'never');
    const { stdout } = await gpg('--with-colons', '--list-keys');
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(stdout)?.[1] ?? '';
    if (!signOnly) await gpg('--quick-add-key', fingerprint, 'cv25519', 'encr', 'never');
    const exported = await gpg('--armor', '--export', fingerprint);
    const secret = await gpg('--armor', '--export-secret-keys', fingerprint);
    return { publicKey: exported.stdout, privateKey: secret.stdout, fingerprint };
  } finally {
    await execa('gpgconf', ['--homedir', home, '--kill', 'all'], { reject: false });
    await rm(home, { recursive: true, force: true });
  }
}
