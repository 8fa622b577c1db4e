import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, hasApt } from './apt.mjs';
import { announce } from './commands.mjs';
import { CannotInstall } from './errors.mjs';

const LIBRARY = join('faketime', 'libfaketimeMT.so.1');

/** Debian and Ubuntu keep it in the folder of the architecture, others beside it. */
function findFaketime() {
  const folders = ['/usr/lib', '/usr/lib64', '/usr/local/lib'].filter(existsSync);
  const below = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return [...folders, ...below].map((folder) => join(folder, LIBRARY)).find(existsSync);
}

/**
 * The path of libfaketime, which gives programs another clock; installed first where it is missing. Only the simulated day
 * needs it: where it cannot be installed the set-up says so, and only that fails.
 *
 * @returns {string | undefined}
 */
export function ensureFaketime() {
  const found = findFaketime();
  if (found !== undefined) return found;
  try {
    announce('installing libfaketime, by which a day is simulated');
    if (!hasApt()) throw new CannotInstall('libfaketime', 'There is no apt-get here.');
    aptInstall(['libfaketime']);
  } catch (error) {
    announce(`without libfaketime: ${error instanceof Error ? error.message : String(error)}`);
  }
  return findFaketime();
}
