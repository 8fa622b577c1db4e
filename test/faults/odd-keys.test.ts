import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeDatabase } from '../support/engine.ts';
import { expectError, expectRefused, runIn } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';
import { type KeyPair, makeKeyPair } from '../support/keys.ts';
import { said } from '../support/runs.ts';

const DAILY = ['backup', '--kind', 'daily'];
const shared = inject('keys');
let run: FaultRun;
let id: string;
let slots = 0;
let other: KeyPair;
let locked: KeyPair;
beforeAll(async () => {
  const source = await makeDatabase(15);
  await source.query('CREATE TABLE films AS SELECT 1 AS id');
  run = await prepareRun(source, {});
  id = (await runIn(run, DAILY)).result.id;
  [other, locked] = [await makeKeyPair('other'), await makeKeyPair('locked', { passphrase: 'Locked 4711' })];
});

function nextSlot(): string[] {
  slots += 1;
  return [...DAILY, '--slot', `2026-01-01T00:${String(slots).padStart(2, '0')}:00Z`];
}

/** A public key that its owner has revoked. */
async function revokedKey(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'vpb-k-'));
  const gpg = (args: string[], input?: string) =>
    execa('gpg', ['--batch', '--homedir', home, '--pinentry-mode', 'loopback', '--passphrase', '', ...args], {
      ...(input === undefined ? {} : { input }),
    });
  try {
    await gpg(['--quick-gen-key', 'gone <gone@example.test>', 'default', 'default', 'never']);
    const { stdout } = await gpg(['--with-colons', '--list-keys']);
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(stdout)?.[1] ?? '';
    const file = join(home, 'openpgp-revocs.d', `${fingerprint}.rev`);
    const { stdout: certificate } = await execa('sed', ['s/^:-----/-----/', file]);
    await gpg(['--import'], certificate);
    return (await gpg(['--armor', '--export'])).stdout;
  } finally {
    await execa('gpgconf', ['--homedir', home, '--kill', 'all'], { reject: false });
    await rm(home, { recursive: true, force: true });
  }
}

const crlf = (text: string) => text.replaceAll('\n', '\r\n');

describe('a key as editors and clipboards leave it', () => {
  it.each<[string, (text: string) => string]>([
    ['with a byte order mark', (text) => `\uFEFF${text}`],
    ['with the line ends of Windows', crlf],
    ['with both', (text) => `\uFEFF${crlf(text)}\r\n`],
    ['with blanks around it', (text) => `\n \n${text}\n\n `],
  ])('is taken: %s', async (_, odd) => {
    const keys = { GPG_PUBLIC_KEY: odd(shared.publicKey), GPG_PRIVATE_KEY: odd(shared.privateKey) };
    const made = await runIn(run, nextSlot(), keys);
    expect(made, said(made)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    const read = await runIn(run, ['verify', made.result.id], keys);
    expect(read, said(read)).toMatchObject({ exitCode: 0, result: { depth: 'content' } });
  });

  it('is taken: two recipients, each with a byte order mark of its own', async () => {
    const GPG_PUBLIC_KEY = `\uFEFF${shared.publicKey}\n\uFEFF${other.publicKey}`;
    const made = await runIn(run, nextSlot(), { GPG_PUBLIC_KEY });
    expect(made, said(made)).toMatchObject({ exitCode: 0 });
    const read = await runIn(run, ['verify', made.result.id], { GPG_PRIVATE_KEY: other.privateKey });
    expect(read, said(read)).toMatchObject({ exitCode: 0, result: { depth: 'content' } });
  });
});

describe('a private key in the place of the public one is refused, however it is dressed', () => {
  it.each<[string, () => string]>([
    ['as it was exported', () => shared.privateKey],
    ['beside a public one', () => `${shared.publicKey}\n${other.privateKey}`],
    ['under the title of a public one', () => shared.privateKey.replaceAll('PRIVATE KEY', 'PUBLIC KEY')],
    ['with the line ends of Windows', () => crlf(shared.privateKey)],
  ])('%s', async (_, key) => {
    const refusal = ['KeyError', /^GPG_PUBLIC_KEY holds a private key; .*gpg --armor --export/] as const;
    await expectRefused(run, nextSlot(), { GPG_PUBLIC_KEY: key() }, refusal);
  });
});

describe('a recipient that cannot be encrypted to is refused, with the cause', () => {
  it.each<[string, () => Promise<string>, RegExp]>([
    [
      'a revoked key',
      revokedKey,
      /^GPG_PUBLIC_KEY holds key [0-9A-F]{40}, which cannot encrypt now \(it is revoked\)/,
    ],
    [
      'a key that can only sign',
      async () => (await makeKeyPair('signer', { signOnly: true })).publicKey,
      /^GPG_PUBLIC_KEY holds key [0-9A-F]{40}, which cannot encrypt now \(it can only sign\)/,
    ],
  ])('%s', async (_, key, says) => {
    await expectRefused(run, nextSlot(), { GPG_PUBLIC_KEY: await key() }, ['KeyError', says]);
  });
});

describe('GPG_PRIVATE_KEY', () => {
  it('may hold several keys, of which one opens the set', async () => {
    const GPG_PRIVATE_KEY = `${other.privateKey}\n${shared.privateKey}`;
    const read = await runIn(run, ['verify', id], { GPG_PRIVATE_KEY });
    expect(read, said(read)).toMatchObject({ exitCode: 0, result: { depth: 'content' } });
  });

  it('with several keys is refused at once when the one of the set stays locked', async () => {
    const made = await runIn(run, nextSlot(), { GPG_PUBLIC_KEY: locked.publicKey, GPG_PRIVATE_KEY: '' });
    expect(made, said(made)).toMatchObject({ exitCode: 0 });
    const keys = { GPG_PRIVATE_KEY: `${shared.privateKey}\n${locked.privateKey}` };
    const target = { TARGET_DATABASE_URL: (await makeDatabase(15)).url };
    for (const args of [
      ['verify', made.result.id],
      ['restore', made.result.id, '--mode', 'full'],
    ]) {
      const wrong = { ...keys, ...target, GPG_PASSPHRASE: 'Wrong 1234' };
      const end = await runIn(run, args, wrong);
      expectError(
        end,
        3,
        'KeyError',
        new RegExp(`key ${locked.fingerprint} .*cannot be unlocked.*GPG_PASSPHRASE`),
      );
      const right = await runIn(run, ['verify', made.result.id], { ...keys, GPG_PASSPHRASE: 'Locked 4711' });
      expect(right, said(right)).toMatchObject({ exitCode: 0, result: { depth: 'content' } });
    }
  });

  it('with a public key in it is refused', async () => {
    const end = await runIn(run, ['verify', id], { GPG_PRIVATE_KEY: shared.publicKey });
    expectError(end, 3, 'KeyError', /^GPG_PRIVATE_KEY holds no private key; .*--export-secret-keys/);
  });
});
