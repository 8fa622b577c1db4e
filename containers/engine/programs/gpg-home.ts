import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError, isVerdict, KeyError, reason } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import { runProgram } from './child.ts';
import { makePrivateDirectory, type PrivateDirectory, undoAtExit } from './leftovers.ts';

/** Options of every call: nobody is asked, and nothing of the user's own gpg is read. */
export const ALWAYS = ['--batch', '--no-tty', '--quiet', '--no-options', '--no-auto-check-trustdb'];

/** The longest of the sockets that the key agent opens in a home, and what the system lets a socket's path be. */
const LONGEST_SOCKET = '/S.gpg-agent.browser';
const SOCKET_PATH_BYTES = 107;

/**
 * A home directory for gpg of our own; the agent that gpg starts for it ends with it. A run makes one before it does
 * anything else.
 * @param withAgent whether a private key is to be used in it
 * @throws EnvironmentError when TMPDIR has no place for it
 */
export async function makeGpgHome(withAgent = false): Promise<PrivateDirectory> {
  const directory = await makePrivateDirectory('vpb-gpg-').catch((error: unknown) => {
    throw tmpdirRefused(reason(error));
  });
  const { path } = directory;
  const killAgent = ['--homedir', path, '--kill', 'all'];
  const forget = undoAtExit(() => spawnSync('gpgconf', killAgent));
  const home = {
    path,
    [Symbol.asyncDispose]: async () => {
      await runProgram('gpgconf', killAgent).catch(() => undefined);
      forget();
      await directory[Symbol.asyncDispose]();
    },
  };
  try {
    if (withAgent && Buffer.byteLength(path + LONGEST_SOCKET) > SOCKET_PATH_BYTES)
      throw new Error('the path is too long for the socket of the key agent');
    await writeFile(join(path, 'common.conf'), '', { mode: 0o600 });
    await writeFile(join(path, 'gpg-agent.conf'), 'allow-loopback-pinentry\n', { mode: 0o600 });
    return home;
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw tmpdirRefused(reason(error));
  }
}

function tmpdirRefused(why: string): EnvironmentError {
  return new EnvironmentError(
    'TMPDIR',
    `is ${tmpdir()}, where no keyring can be made (${why})`,
    'point it at a directory with a short path that can be written to and has free space',
  );
}

/**
 * A home with the keys of an armoured text in it.
 * @param variable where the text came from, for the message
 * @throws KeyError when gpg can import nothing of it
 * @throws EnvironmentError as `makeGpgHome`
 */
export async function importKeys(armoured: string, variable: string): Promise<PrivateDirectory> {
  const home = await makeGpgHome(variable === ENV.gpgPrivateKey);
  const gpg = [...ALWAYS, '--homedir', home.path];
  // editors on Windows begin a file with a byte order mark, behind which gpg sees no armour
  const input = armoured.replaceAll('\uFEFF', '');
  try {
    if (variable === ENV.gpgPublicKey) await refuseSecrets(gpg, input);
    await runProgram('gpg', [...gpg, '--import'], { input });
    return home;
  } catch (error) {
    await home[Symbol.asyncDispose]();
    if (!isVerdict(error)) throw error;
    if (error.message.includes('No space left')) throw tmpdirRefused(lastLine(reason(error)));
    throw new KeyError(
      `${variable} holds no OpenPGP key that gpg can import (${lastLine(reason(error))}); expected armoured text`,
    );
  }
}

/** By what the packets are, not by the title of the armour, and before any of it is in a keyring (spec B3). */
async function refuseSecrets(gpg: readonly string[], input: string): Promise<void> {
  const show = ['--with-colons', '--import-options', 'show-only', '--import'];
  if (!/^(sec|ssb):/m.test(await runProgram('gpg', [...gpg, ...show], { input }))) return;
  throw new KeyError(
    `${ENV.gpgPublicKey} holds a private key; the backup side must not have it: export the public key (gpg --armor --export)`,
  );
}

/** One primary key of a keyring. */
export interface ListedKey {
  readonly fingerprint: string;
  readonly encryptionKeyIds: readonly string[];
  /** Why it cannot be encrypted to, where `encryptionKeyIds` is empty. */
  readonly unusable: string;
  /** Whether a part of it can sign, by what its listing says. */
  readonly canSign: boolean;
  /** Why none can, otherwise. */
  readonly unsigning: string;
}

type Listing = { -readonly [Member in keyof ListedKey]: ListedKey[Member] } & { encryptionKeyIds: string[] };

const VALIDITY: Readonly<Record<string, string>> = {
  e: 'expired',
  r: 'revoked',
  d: 'disabled',
  i: 'invalid',
};

/** In the place of a serial number: the secret part is not in the keyring. */
const OFFLINE = '#';

/** Reads `--with-colons` output (doc/DETAILS of GnuPG): field 2 validity, 5 key id, 12 capabilities, 15 serial number. */
export async function listKeys(
  home: string,
  command: '--list-keys' | '--list-secret-keys',
): Promise<ListedKey[]> {
  const output = await runProgram('gpg', [...ALWAYS, '--homedir', home, '--with-colons', command]);
  const keys: Listing[] = [];
  let expectFingerprint = false;
  for (const line of output.split('\n')) {
    const fields = line.split(':');
    const [record, validity = '', , , keyId = ''] = fields;
    if (record === 'pub' || record === 'sec') {
      keys.push({
        ...{ fingerprint: '', encryptionKeyIds: [], unusable: 'can only sign' },
        ...{ canSign: false, unsigning: 'has no part that is made for signing' },
      });
      expectFingerprint = true;
    } else if (record === 'fpr' && expectFingerprint) {
      const key = keys.at(-1);
      if (key) key.fingerprint = fields[9] ?? '';
      expectFingerprint = false;
    }
    const key = keys.at(-1);
    if (key === undefined || !['pub', 'sub', 'sec', 'ssb'].includes(record ?? '')) continue;
    const [capabilities = '', spoilt] = [fields[11], VALIDITY[validity]];
    if (capabilities.includes('e')) {
      if (spoilt === undefined) key.encryptionKeyIds.push(keyId);
      else key.unusable = `is ${spoilt}`;
    }
    if (!capabilities.includes('s')) continue;
    if (spoilt !== undefined) key.unsigning = `is ${spoilt}`;
    else if (fields[14] === OFFLINE) key.unsigning = 'was exported without the secret of the part that signs';
    else key.canSign = true;
  }
  return keys;
}

/** What gpg said last: the cause, as a rule. */
export function lastLine(text: string): string {
  return text.split('\n').at(-1) ?? text;
}
