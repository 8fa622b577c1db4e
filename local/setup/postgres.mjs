import { join } from 'node:path';
import { aptInstall, hasApt, hasCandidate, packageSources } from './apt.mjs';
import { announce, canBecomeRoot, isExecutable, onPath, run } from './commands.mjs';
import { withoutNewClusters } from './debian-clusters.mjs';
import { CannotInstall } from './errors.mjs';
import { cacheDir } from './places.mjs';
import { installPrivately } from './private-postgres.mjs';

const PROGRAMS = ['initdb', 'postgres', 'pg_ctl', 'pg_dump', 'pg_dumpall', 'pg_restore', 'psql', 'pgbench'];
const BREW_PREFIXES = ['/opt/homebrew', '/usr/local', '/home/linuxbrew/.linuxbrew'];

/** The Debian release whose main archive has a major version of PostgreSQL. */
const DEBIAN_RELEASE = { 15: 'bookworm', 17: 'trixie' };

const privateRoot = (major) => join(cacheDir, `postgresql-${major}`);
const debianBinDir = (major) => `/usr/lib/postgresql/${major}/bin`;

/** Whether a directory holds every program of a server with its clients. */
export function isPostgresBinDir(directory) {
  return PROGRAMS.every((program) => isExecutable(join(directory, program)));
}

function findPostgres(major) {
  const brewed = BREW_PREFIXES.map((prefix) => `${prefix}/opt/postgresql@${major}/bin`);
  const places = [debianBinDir(major), ...brewed, join(privateRoot(major), debianBinDir(major))];
  return places.find(isPostgresBinDir);
}

/**
 * The directory with the programs of one major version, which is installed first where it is missing.
 *
 * @param {15 | 17} major
 * @returns {string}
 * @throws {CannotInstall} no source on this machine has it
 */
export function ensurePostgres(major) {
  const found = findPostgres(major);
  if (found !== undefined) return found;
  if (hasApt()) installWithApt(major);
  else if (onPath('brew')) installWithBrew(major);
  else throw new CannotInstall(`PostgreSQL ${major}`, 'There is neither apt-get nor brew here.');
  const installed = findPostgres(major);
  if (installed === undefined) {
    throw new CannotInstall(
      `PostgreSQL ${major} (${PROGRAMS.join(', ')})`,
      'What was installed lacks programs.',
    );
  }
  return installed;
}

/** The system's own package is preferred: it gets the system's security updates. */
function installWithApt(major) {
  const sources = packageSources(['ORIGIN', 'REPO_URI', 'CODENAME']);
  if (hasCandidate(`postgresql-${major}`) && canBecomeRoot()) {
    announce(`installing PostgreSQL ${major} with apt-get`);
    withoutNewClusters(() => aptInstall([`postgresql-${major}`]));
    return;
  }
  // Only the main archive's code name is a bare word; updates and security archives append theirs.
  const debian = sources.find((row) => row.ORIGIN === 'Debian' && /^[a-z]+$/.test(row.CODENAME));
  if (debian === undefined) {
    throw new CannotInstall(
      `PostgreSQL ${major}, server and client`,
      'No apt source of this machine has it, and none is a Debian archive to take it from; ' +
        'the PostgreSQL project publishes packages of every major version for apt and yum.',
    );
  }
  const release = DEBIAN_RELEASE[major];
  announce(`fetching PostgreSQL ${major} of Debian ${release} into ${privateRoot(major)}`);
  installPrivately({ major, release, mirror: debian.REPO_URI, root: privateRoot(major) });
}

function installWithBrew(major) {
  announce(`installing PostgreSQL ${major} with brew`);
  run('brew', ['install', `postgresql@${major}`]);
}
