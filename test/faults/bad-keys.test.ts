import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, inject, it } from 'vitest';
import { makeDatabase } from '../support/engine.ts';
import { expectRefused, withPassword } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';
import { makeKeyPair } from '../support/keys.ts';

let run: FaultRun;
beforeAll(async () => {
  const source = await makeDatabase(17);
  run = await prepareRun({ url: withPassword(source.url) }, {});
});

/** A public key that was good until 2020. */
async function expiredKey(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'vpb-k-'));
  const gpg = (...args: string[]) =>
    execa('gpg', ['--batch', '--homedir', home, '--pinentry-mode', 'loopback', '--passphrase', '', ...args]);
  const then = ['--faked-system-time', '20200101T000000!'];
  try {
    await gpg(...then, '--quick-gen-key', 'old <old@example.test>', 'default', 'default', '1d');
    return (await gpg('--armor', '--export')).stdout;
  } finally {
    await execa('gpgconf', ['--homedir', home, '--kill', 'all'], { reject: false });
    await rm(home, { recursive: true, force: true });
  }
}

describe('a key that cannot encrypt is refused before anything is read', () => {
  const { publicKey, privateKey } = inject('keys');
  const cases: [what: string, key: () => Promise<string>, says: RegExp][] = [
    ['no key at all', async () => 'hello, this is no key', /^GPG_PUBLIC_KEY holds no OpenPGP key/],
    ['a damaged key', async () => publicKey.replace(/\n[A-Za-z0-9+/]{40}/, '\n'), /^GPG_PUBLIC_KEY holds/],
    ['half a key', async () => publicKey.slice(0, publicKey.length / 2), /^GPG_PUBLIC_KEY holds/],
    ['a private key', async () => privateKey, /^GPG_PUBLIC_KEY holds a private key.*export the public key/],
    [
      'a key that only signs',
      async () => (await makeKeyPair('signer', { signOnly: true })).publicKey,
      /which cannot encrypt/,
    ],
    ['an expired key', expiredKey, /which cannot encrypt now.*renew/],
    [
      'a good key and an expired one',
      async () => `${publicKey}\n${await expiredKey()}`,
      /which cannot encrypt now/,
    ],
  ];
  it.each(cases)('%s', async (_, key, says) => {
    const env = { GPG_PUBLIC_KEY: await key() };
    await expectRefused(run, ['backup', '--kind', 'daily'], env, ['KeyError', says]);
  });
});
