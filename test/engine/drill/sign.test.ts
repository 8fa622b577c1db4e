import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { createMessage, readKey, readSignature, verify } from 'openpgp';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { signDetached } from '../../../containers/engine/drill/sign.ts';
import { openPrivateKeyring } from '../../../containers/engine/programs/gpg.ts';
import { serializeReport } from '../../../core/drill/report.ts';
import { failedDrill } from '../../support/drill-reports.ts';
import { type KeyPair, makeKeyPair } from '../../support/keys.ts';

const REPORT = serializeReport(failedDrill());
const PASSPHRASE = 'Paß 비밀 "4711" $x';
const homes: string[] = [];
afterAll(async () => {
  for (const home of homes) {
    await execa('gpgconf', ['--homedir', home, '--kill', 'all'], { reject: false });
    await rm(home, { recursive: true, force: true });
  }
});

async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'vpb-k-'));
  homes.push(home);
  return home;
}

/** What a team may have, made with gpg as people make it. */
interface OddKey {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}
type Gpg = (...args: string[]) => Promise<string>;

async function oddKey(
  usage: 'sign' | 'cert',
  {
    add = [],
    after,
    secrets = '--export-secret-keys',
  }: {
    add?: readonly (readonly string[])[];
    after?: (gpg: Gpg, home: string, fingerprint: string) => Promise<void>;
    secrets?: string;
  },
): Promise<OddKey> {
  const home = await makeHome();
  const gpg: Gpg = async (...args) =>
    (
      await execa('gpg', [
        '--batch',
        '--homedir',
        home,
        '--pinentry-mode',
        'loopback',
        '--passphrase',
        '',
        ...args,
      ])
    ).stdout;
  await gpg('--quick-gen-key', 'team <team@example.test>', 'ed25519', usage, 'never');
  const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(await gpg('--with-colons', '--list-keys'))?.[1] ?? '';
  for (const part of [['cv25519', 'encr', 'never'], ...add])
    await gpg('--quick-add-key', fingerprint, ...part);
  await after?.(gpg, home, fingerprint);
  const publicKey = await gpg('--armor', '--export');
  return { privateKey: await gpg('--armor', secrets), publicKey, fingerprint };
}

const encryptOnly = () => oddKey('cert', {});
const offline = () => oddKey('sign', { secrets: '--export-secret-subkeys' });
const expired = () =>
  oddKey('sign', {
    after: async (gpg, _, key) => {
      await gpg('--quick-set-expire', key, 'seconds=1');
      await setTimeout(2100);
    },
  });
const revoked = () =>
  oddKey('sign', {
    after: async (_, home, key) => {
      const file = join(home, 'openpgp-revocs.d', `${key}.rev`);
      const { stdout: input } = await execa('sed', ['s/^:-----/-----/', file]);
      await execa('gpg', ['--batch', '--homedir', home, '--import'], { input });
    },
  });

async function sign(privateKey: string, text = REPORT, passphrase?: string) {
  await using keyring = await openPrivateKeyring(privateKey, passphrase);
  return await signDetached(keyring, text);
}

async function signatureOf(...args: Parameters<typeof sign>): Promise<string> {
  const signed = await sign(...args);
  if ('reason' in signed) throw new Error(signed.reason);
  return signed.signature;
}

/** Verifies as the README tells an auditor to, in a home of its own with nothing but the public key in it. */
async function gpgVerify(publicKey: string, signature: string, report: string) {
  const home = await makeHome();
  await writeFile(join(home, 'team-public.asc'), publicKey);
  await writeFile(join(home, 'report.json'), report);
  await writeFile(join(home, 'report.json.asc'), signature);
  const gpg = (...args: string[]) =>
    execa('gpg', args, { cwd: home, env: { GNUPGHOME: home, LC_ALL: 'C' }, reject: false });
  await gpg('--import', 'team-public.asc');
  return await gpg('--status-fd', '1', '--verify', 'report.json.asc', 'report.json');
}

async function openpgpVerify(publicKey: string, armoredSignature: string, text: string): Promise<boolean> {
  const { signatures } = await verify({
    message: await createMessage({ binary: Buffer.from(text) }),
    signature: await readSignature({ armoredSignature }),
    verificationKeys: await readKey({ armoredKey: publicKey }),
  });
  return await (signatures[0]?.verified ?? Promise.reject()).catch(() => false);
}

describe('the signature of a report', () => {
  let locked: KeyPair;
  beforeAll(async () => {
    locked = await makeKeyPair('locked', { passphrase: PASSPHRASE });
  });

  it.each([
    ['without a passphrase', () => [inject('keys'), undefined] as const],
    ['with one', () => [locked, PASSPHRASE] as const],
  ])('is verified with the public key alone, by gpg and by openpgp.js: key %s', async (_, key) => {
    const [{ privateKey, publicKey, fingerprint }, passphrase] = key();
    const signed = await sign(privateKey, REPORT, passphrase);
    expect(signed).toEqual({
      fingerprint,
      signature: expect.stringMatching(/^-----BEGIN PGP SIGNATURE-----/),
    });
    const signature = 'signature' in signed ? signed.signature : '';
    const { exitCode, stdout } = await gpgVerify(publicKey, signature, REPORT);
    expect(exitCode).toBe(0);
    // the tenth field of VALIDSIG is the hash: 10 is SHA-512
    expect(stdout).toMatch(new RegExp(`VALIDSIG ${fingerprint} \\S+ \\S+ 0 4 0 \\d+ 10 00 ${fingerprint}`));
    expect(await openpgpVerify(publicKey, signature, REPORT)).toBe(true);
  });

  it('fails for a report of which one byte is another, and for another key', async () => {
    const { privateKey, publicKey } = inject('keys');
    const signature = await signatureOf(privateKey);
    for (const changed of [REPORT.replace('"failed"', '"verified"'), `${REPORT} `, REPORT.slice(0, -1), '']) {
      const { exitCode, stdout } = await gpgVerify(publicKey, signature, changed);
      expect([exitCode, stdout]).toEqual([1, expect.stringContaining('BADSIG')]);
      expect(await openpgpVerify(publicKey, signature, changed)).toBe(false);
    }
    const other = await gpgVerify(locked.publicKey, signature, REPORT);
    expect(other.exitCode).not.toBe(0);
    expect(other.stdout).toContain('NO_PUBKEY');
  });

  it('is of the bytes, whatever they are: Korean, no text, much text, ends of lines of Windows', async () => {
    const { privateKey, publicKey } = inject('keys');
    for (const text of ['', '한국어 \u{1F3AC}\r\nline  \r\n', 'x'.repeat(5_000_000)]) {
      const signature = await signatureOf(privateKey, text);
      expect((await gpgVerify(publicKey, signature, text)).exitCode).toBe(0);
      expect(await openpgpVerify(publicKey, signature, text)).toBe(true);
    }
  });

  it('is by a subkey where the primary key is kept offline, and says whose it is', async () => {
    const key = await oddKey('sign', {
      add: [['ed25519', 'sign', 'never']],
      secrets: '--export-secret-subkeys',
    });
    const signed = await sign(key.privateKey);
    expect(signed).toMatchObject({ fingerprint: key.fingerprint });
    const verified = await gpgVerify(key.publicKey, 'signature' in signed ? signed.signature : '', REPORT);
    expect(verified.exitCode).toBe(0);
  });

  it.each<[string, () => Promise<OddKey>, RegExp]>([
    ['can only encrypt', encryptOnly, /it has no part that is made for signing/],
    ['is expired', expired, /it is expired/],
    ['is revoked', revoked, /it is revoked/],
    ['is offline', offline, /it was exported without the secret of the part that signs/],
  ])('is not there for a key that %s, which is said in words', async (_, make, why) => {
    const { privateKey, fingerprint } = await make();
    // a text that fills every pipe must not break the run when gpg does not read it
    const signed = await sign(privateKey, 'x'.repeat(5_000_000));
    expect(signed).toEqual({ reason: expect.stringMatching(why) });
    expect(signed).toEqual({ reason: expect.stringContaining(`key ${fingerprint} cannot sign`) });
    expect(signed).toEqual({ reason: expect.stringContaining('GPG_PRIVATE_KEY') });
    // the first that can does
    const both = `${privateKey}\n${inject('keys').privateKey}`;
    expect(await sign(both)).toMatchObject({ fingerprint: inject('keys').fingerprint });
  });

  it('is not there where gpg breaks, and the reason holds no passphrase', async () => {
    await using keyring = await openPrivateKeyring(locked.privateKey, PASSPHRASE);
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    const signed = await signDetached(keyring, REPORT).finally(() => {
      process.env.PATH = path;
    });
    expect(signed).toEqual({ reason: expect.stringMatching(/gpg/) });
    expect(JSON.stringify(signed)).not.toContain('4711');
  });
});
