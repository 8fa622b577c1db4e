import { join } from 'node:path';
import type { Stream, Writable } from 'node:stream';
import { isVerdict, KeyError, reason } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import { runProgram, type StreamProgram, startProgram } from './child.ts';
import { ALWAYS, importKeys, type ListedKey, lastLine, listKeys, makeGpgHome } from './gpg-home.ts';

/** A keyring of our own in a private directory: no key, trust or agent of the user is touched. */
export interface Keyring extends AsyncDisposable {
  /** Fingerprints of the primary keys, upper case. */
  readonly fingerprints: readonly string[];
  /** Key ids of the subkeys that packets name, 16 hexadecimal digits. */
  readonly encryptionKeyIds: readonly string[];
}

export interface EncryptingKeyring extends Keyring {
  /** Encrypts standard input to every recipient. */
  encrypt(options: { stdout?: Stream; signal?: AbortSignal }): StreamProgram;
}

export interface DecryptingKeyring extends Keyring {
  /** Decrypts standard input; `stdout` may be another program's standard input. */
  decrypt(options: { stdout?: Stream; signal?: AbortSignal }): StreamProgram;
  /** Why a key cannot sign, as a phrase such as `is expired`; nothing for one that can, as far as its listing says. */
  unsigning(fingerprint: string): string | undefined;
  /**
   * Signs a short text.
   * @returns the detached signature, armoured
   * @throws ProgramFailedError when the key cannot sign
   */
  sign(fingerprint: string, text: string): Promise<string>;
}

/**
 * Imports the recipients' public keys.
 * @throws KeyError when the text holds no public key, or one that cannot encrypt (expired, revoked, signing only), or
 *   holds a private key, which has no business on the backup side (spec B3)
 */
export async function openPublicKeyring(armoured: string): Promise<EncryptingKeyring> {
  const directory = await importKeys(armoured, ENV.gpgPublicKey);
  const home = directory.path;
  try {
    const keys = await listKeys(home, '--list-keys');
    const unusable = keys.filter((key) => key.encryptionKeyIds.length === 0);
    if (keys.length === 0 || unusable.length > 0) {
      const which =
        keys.length === 0
          ? 'no public key'
          : `key ${unusable[0]?.fingerprint}, which cannot encrypt now (it ${unusable[0]?.unusable})`;
      throw new KeyError(
        `${ENV.gpgPublicKey} holds ${which}; expected keys with a valid encryption subkey: renew it, or export another`,
      );
    }
    const recipients = keys.flatMap((key) => ['--recipient', key.fingerprint]);
    return {
      fingerprints: keys.map((key) => key.fingerprint),
      encryptionKeyIds: keys.flatMap((key) => key.encryptionKeyIds),
      // no compression: zstd has done it; trust is ours to give: the operator configured exactly these keys
      encrypt: (options) =>
        startProgram(
          'gpg',
          [
            ...ALWAYS,
            '--homedir',
            home,
            '--trust-model',
            'always',
            '--compress-algo',
            'none',
            '--cipher-algo',
            'AES256',
            '--encrypt',
            ...recipients,
          ],
          options,
        ),
      [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Imports the private key.
 * @param passphrase nothing for a key without one; handed to gpg through a pipe
 * @throws KeyError when the text holds no private key, or the passphrase is not its own
 */
export async function openPrivateKeyring(
  armoured: string,
  passphrase: string | undefined,
): Promise<DecryptingKeyring> {
  const directory = await importKeys(armoured, ENV.gpgPrivateKey);
  const home = directory.path;
  const secret = (program: StreamProgram) => {
    const pipe = program.child.stdio[3] as Writable;
    pipe.on('error', () => undefined);
    pipe.end(`${passphrase ?? ''}\n`);
    return program;
  };
  const unlocked = [...ALWAYS, '--homedir', home, '--pinentry-mode', 'loopback', '--passphrase-fd', '3'];
  try {
    const keys = await listKeys(home, '--list-secret-keys');
    if (keys.length === 0) {
      throw new KeyError(
        `${ENV.gpgPrivateKey} holds no private key; expected the output of gpg --armor --export-secret-keys`,
      );
    }
    for (const key of keys) await proveUnlocked(home, unlocked, secret, key);
    return {
      fingerprints: keys.map((key) => key.fingerprint),
      encryptionKeyIds: keys.flatMap((key) => key.encryptionKeyIds),
      decrypt: (options) =>
        secret(startProgram('gpg', [...unlocked, '--decrypt'], { ...options, extraPipes: 1 })),
      unsigning: (fingerprint) =>
        keys.find((key) => key.fingerprint === fingerprint && !key.canSign)?.unsigning,
      sign: (fingerprint, text) => sign([...unlocked, '--local-user', fingerprint], secret, text),
      [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

async function sign(
  unlocked: readonly string[],
  secret: (program: StreamProgram) => StreamProgram,
  text: string,
): Promise<string> {
  const signing = secret(
    startProgram('gpg', [...unlocked, '--digest-algo', 'SHA512', '--armor', '--detach-sign'], {
      extraPipes: 1,
    }),
  );
  signing.stdin.end(text);
  let signature = '';
  signing.stdout.setEncoding('utf8').on('data', (part: string) => {
    signature += part;
  });
  await signing.done;
  return signature;
}

/** A wrong passphrase must be found before a restore begins, not at its first object: of each key, for any may be needed. */
async function proveUnlocked(
  home: string,
  unlocked: readonly string[],
  secret: (program: StreamProgram) => StreamProgram,
  { fingerprint, encryptionKeyIds }: ListedKey,
): Promise<void> {
  if (encryptionKeyIds.length === 0) return;
  const sealed = join(home, `${fingerprint}.gpg`);
  const to = ['--trust-model', 'always', '--recipient', fingerprint, '--output', sealed, '--encrypt'];
  await runProgram('gpg', [...ALWAYS, '--homedir', home, ...to], { input: 'probe' });
  const opened = secret(
    startProgram('gpg', [...unlocked, '--decrypt', sealed], {
      stdin: 'ignore',
      stdout: 'ignore',
      extraPipes: 1,
    }),
  );
  await opened.done.catch((error: unknown) => {
    if (!isVerdict(error)) throw error;
    throw new KeyError(
      `key ${fingerprint} in ${ENV.gpgPrivateKey} cannot be unlocked (${lastLine(reason(error))}); expected its passphrase ` +
        `in ${ENV.gpgPassphrase}, or the key left out`,
    );
  });
}

/** Looks at messages without any key. */
export interface PacketLister extends AsyncDisposable {
  /** Reads a whole message from standard input and writes what packets it has; fails when one ends too early. */
  list(options: { signal?: AbortSignal }): StreamProgram;
}

/**
 * gpg without a keyring: several at once would find the one that the first is just creating. `--list-only` makes it follow the packets to their end without decrypting.
 */
export async function openPacketLister(): Promise<PacketLister> {
  const directory = await makeGpgHome();
  const home = directory.path;
  return {
    list: (options) =>
      startProgram(
        'gpg',
        [...ALWAYS, '--homedir', home, '--no-keyring', '--list-only', '--list-packets'],
        options,
      ),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
