import { aptInstall, hasApt } from './apt.mjs';
import { announce, onPath, run } from './commands.mjs';
import { CannotInstall } from './errors.mjs';

/** The system programs the backups call, each with the package that brings it. */
const PROGRAMS = [
  { program: 'gpg', apt: 'gnupg', brew: 'gnupg' },
  { program: 'gpgconf', apt: 'gnupg', brew: 'gnupg' },
  { program: 'gpg-agent', apt: 'gnupg', brew: 'gnupg' },
  { program: 'zstd', apt: 'zstd', brew: 'zstd' },
  { program: 'openssl', apt: 'openssl', brew: 'openssl' },
];

/** The programs of PROGRAMS that are not on PATH. */
export function missingPrograms() {
  return PROGRAMS.filter(({ program }) => onPath(program) === undefined);
}

/**
 * Installs what missingPrograms() found, with the system's package manager.
 *
 * @throws {CannotInstall} there is neither apt-get nor brew, or no right to use it
 */
export function installPrograms() {
  const missing = missingPrograms();
  if (missing.length === 0) return;
  const names = missing.map(({ program }) => program).join(', ');
  announce(`installing ${names}`);
  if (hasApt()) aptInstall([...new Set(missing.map(({ apt }) => apt))]);
  else if (onPath('brew')) run('brew', ['install', ...new Set(missing.map(({ brew }) => brew))]);
  else throw new CannotInstall(names, 'There is neither apt-get nor brew here.');
  const still = missingPrograms().map(({ program }) => program);
  if (still.length > 0)
    throw new CannotInstall(still.join(', '), 'The packages were installed, yet not on PATH:');
}
