import { canBecomeRoot, onPath, runAsRoot, tryRun } from './commands.mjs';
import { CannotInstall } from './errors.mjs';

const QUIET = { DEBIAN_FRONTEND: 'noninteractive' };
const WAIT_FOR_OTHERS = ['-o', 'DPkg::Lock::Timeout=600'];

/** Whether this machine's packages come from apt. */
export function hasApt() {
  return onPath('apt-get') !== undefined && onPath('dpkg-deb') !== undefined;
}

/**
 * The package lists this machine fetches, one row of the wanted fields each. Fresh container images come
 * without lists; they are fetched first where that is possible.
 *
 * @param {string[]} fields names such as REPO_URI, as `apt-get indextargets --format` spells them
 * @returns {Record<string, string>[]}
 */
export function packageSources(fields) {
  const read = () => tryRun('apt-get', ['indextargets', '--format', format, 'Identifier: Packages']) ?? '';
  const format = fields.map((field) => `$(${field})`).join('|');
  let table = read();
  if (table === '' && canBecomeRoot()) {
    updateLists();
    table = read();
  }
  const rows = table.split('\n').filter(Boolean);
  return rows.map((row) => {
    const values = row.split('|');
    return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? '']));
  });
}

/** Whether the machine's own sources offer a package. */
export function hasCandidate(name) {
  const policy = tryRun('apt-cache', ['policy', name], { env: { LC_ALL: 'C' } }) ?? '';
  const candidate = /Candidate: (.*)/.exec(policy)?.[1];
  return candidate !== undefined && candidate !== '(none)';
}

/**
 * Installs system packages; the package lists are fetched only when it does not work without.
 *
 * @param {string[]} names
 * @throws {CannotInstall} without root's rights
 * @throws {CommandFailed} apt-get could not install them
 */
export function aptInstall(names) {
  if (!canBecomeRoot()) {
    throw new CannotInstall(names.join(', '), 'Neither root nor a sudo that needs no password is at hand.');
  }
  const args = [...WAIT_FOR_OTHERS, 'install', '-y', '-q', '--no-install-recommends', ...names];
  try {
    runAsRoot('apt-get', args, QUIET);
  } catch {
    updateLists();
    runAsRoot('apt-get', args, QUIET);
  }
}

function updateLists() {
  runAsRoot('apt-get', [...WAIT_FOR_OTHERS, 'update', '-q'], QUIET);
}
