import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A GNUPGHOME of an operator's, with the private key in it; disposing ends its agent and removes it. */
export async function gnupgHomeWith(
  privateKey: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  // short path: the agent's socket in it must stay under 108 bytes
  const path = await mkdtemp(join(tmpdir(), 'vpb-h-'));
  await execa('gpg', ['--batch', '--quiet', '--homedir', path, '--import'], { input: privateKey });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await execa('gpgconf', ['--homedir', path, '--kill', 'all'], { reject: false });
      await rm(path, { recursive: true, force: true });
    },
  };
}
