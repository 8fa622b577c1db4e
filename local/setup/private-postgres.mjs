import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './commands.mjs';
import { privateApt } from './private-apt.mjs';
import { isElf, libraryDirs, loaderOf, pointToLoader } from './relocate.mjs';

/**
 * Of the server's dependencies only libraries are wanted. The compiler of the JIT is by far the largest
 * and the server does without; interpreters and scripts serve Debian's own administration.
 */
const isWanted = (name, major) =>
  name === `postgresql-${major}` ||
  name === `postgresql-client-${major}` ||
  name === 'zlib1g' ||
  (/^lib/.test(name) && !/^lib(llvm|z3|perl|c-|semanage|pam-|db)|-perl$/.test(name));

/**
 * Puts PostgreSQL of another Debian release into a directory, with all its libraries and its own C
 * library, so that it runs whatever release the machine has. The system stays as it is.
 *
 * @param {{ major: number, release: string, mirror: string, root: string }} options `root` appears
 *   complete or not at all
 * @throws {CommandFailed} a package could not be fetched, or the result does not run
 */
export function installPrivately({ major, release, mirror, root }) {
  mkdirSync(dirname(root), { recursive: true });
  removeLeftovers(root);
  const work = mkdtempSync(`${root}.`);
  try {
    const draft = join(work, 'root');
    mkdirSync(draft);
    for (const deb of fetchPackages({ major, release, mirror, work })) run('dpkg-deb', ['-x', deb, draft]);
    chmodSync(draft, 0o755);
    dropJit(draft, major);
    relocate(draft, root, major);
    rmSync(root, { recursive: true, force: true });
    renameSync(draft, root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  assertRuns(root, major);
}

/** What set-ups that were killed left behind. The set-up's lock rules out that one is still at work. */
function removeLeftovers(root) {
  for (const name of readdirSync(dirname(root))) {
    if (name.startsWith(`${basename(root)}.`)) rmSync(join(dirname(root), name), { recursive: true });
  }
}

function fetchPackages({ major, release, mirror, work }) {
  const apt = privateApt({ directory: join(work, 'apt'), mirror, release });
  const names = apt.resolve([`postgresql-${major}`]).filter((name) => isWanted(name, major));
  return apt.download([...names, 'patchelf']);
}

/** A JIT provider that is absent is passed over; one that lacks its compiler fails queries. */
function dropJit(draft, major) {
  const libraries = join(draft, 'usr/lib/postgresql', String(major), 'lib');
  for (const name of ['llvmjit.so', 'llvmjit_types.bc', 'bitcode']) {
    rmSync(join(libraries, name), { recursive: true, force: true });
  }
}

function relocate(draft, root, major) {
  const loader = loaderOf(draft);
  const directories = libraryDirs(draft);
  const binDir = join(draft, 'usr/lib/postgresql', String(major), 'bin');
  const programs = readdirSync(binDir, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(binDir, entry.name))
    .filter(isElf);
  pointToLoader({ draft, root, loader, directories, programs });
}

function assertRuns(root, major) {
  const binDir = join(root, 'usr/lib/postgresql', String(major), 'bin');
  try {
    for (const program of ['postgres', 'initdb', 'psql', 'pg_dump'])
      run(join(binDir, program), ['--version']);
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}
