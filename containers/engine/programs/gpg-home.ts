import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isVerdict, KeyError, reason } from '../../../core/errors/index.ts';
import { runProgram } from './child.ts';
import { makePrivateDirectory, type PrivateDirectory, undoAtExit } from './leftovers.ts';

/** Options of every call: nobody is asked, and nothing of the user's own gpg is read. */
export const ALWAYS = ['--batch', '--no-tty', '--quiet', '--no-options', '--no-auto-check-trustdb'];

/** A home directory for gpg of our own; the agent that gpg starts for it ends with it. */
export async function makeGpgHome(): Promise<PrivateDirectory> {
  const directory = await makePrivateDirectory('vpb-gpg-');
  const { path } = directory;
  const killAgent = ['--homedir', path, '--kill', 'all'];
  const forget = undoAtExit(() => spawnSync('gpgconf', killAgent));
  await writeFile(join(path, 'common.conf'), '', { mode: 0o600 });
  await writeFile(join(path, 'gpg-agent.conf'), 'allow-loopback-pinentry\n', { mode: 0o600 });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await runProgram('gpgconf', killAgent).catch(() => undefined);
      forget();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/**
 * A home with the keys of an armoured text in it.
 * @param variable where the text came from, for the message
 * @throws KeyError when gpg can import nothing of it
 */
export async function importKeys(armoured: string, variable: string): Promise<PrivateDirectory> {
  const home = await makeGpgHome();
  try {
    await runProgram('gpg', [...ALWAYS, '--homedir', home.path, '--import'], { input: armoured });
    return home;
  } catch (error) {
    await home[Symbol.asyncDispose]();
    if (!isVerdict(error)) throw error;
    throw new KeyError(
      `${variable} holds no OpenPGP key that gpg can import (${lastLine(reason(error))}); expected armoured text`,
    );
  }
}

/** One primary key of a keyring. */
export interface ListedKey {
  readonly fingerprint: string;
  readonly encryptionKeyIds: readonly string[];
}

/** Reads `--with-colons` output (doc/DETAILS of GnuPG): field 2 validity, 5 key id, 12 capabilities. */
export async function listKeys(
  home: string,
  command: '--list-keys' | '--list-secret-keys',
): Promise<ListedKey[]> {
  const output = await runProgram('gpg', [...ALWAYS, '--homedir', home, '--with-colons', command]);
  const keys: { fingerprint: string; encryptionKeyIds: string[] }[] = [];
  let expectFingerprint = false;
  for (const line of output.split('\n')) {
    const fields = line.split(':');
    const [record, validity = '', , , keyId = ''] = fields;
    if (record === 'pub' || record === 'sec') {
      keys.push({ fingerprint: '', encryptionKeyIds: [] });
      expectFingerprint = true;
    } else if (record === 'fpr' && expectFingerprint) {
      const key = keys.at(-1);
      if (key) key.fingerprint = fields[9] ?? '';
      expectFingerprint = false;
    }
    const canEncrypt =
      ['pub', 'sub', 'sec', 'ssb'].includes(record ?? '') && (fields[11] ?? '').includes('e');
    if (canEncrypt && !/[erdi]/.test(validity)) keys.at(-1)?.encryptionKeyIds.push(keyId);
  }
  return keys;
}

/** What gpg said last: the cause, as a rule. */
export function lastLine(text: string): string {
  return text.split('\n').at(-1) ?? text;
}
