import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './commands.mjs';
import { CannotInstall } from './errors.mjs';

/** Debian's archive keys, under the names its releases have given the file. */
const KEYRINGS = ['gpg', 'pgp'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`);

/**
 * An apt of its own that knows one other Debian release, beside the system's apt, whose lists, state and
 * installed packages it neither reads nor changes.
 *
 * @param {{ directory: string, mirror: string, release: string }} options `mirror` is the archive the
 *   machine itself uses; `directory` takes lists and packages
 * @returns {{ resolve: (names: string[]) => string[], download: (names: string[]) => string[] }} resolve
 *   lists the packages with all they depend on; download returns the .deb files
 * @throws {CannotInstall} the machine has no Debian keys to check signatures with
 */
export function privateApt({ directory, mirror, release }) {
  const keyring = KEYRINGS.find(existsSync);
  if (keyring === undefined) {
    throw new CannotInstall(
      'debian-archive-keyring',
      `Without it the packages of ${release} cannot be checked.`,
    );
  }
  const packages = join(directory, 'packages');
  for (const part of ['empty', 'state/lists/partial', 'cache/archives/partial', 'packages']) {
    mkdirSync(join(directory, part), { recursive: true });
  }
  const sources = join(directory, 'sources.list');
  writeFileSync(sources, `deb [signed-by=${keyring} target=Packages] ${mirror} ${release} main\n`);
  const configuration = join(directory, 'apt.conf');
  writeFileSync(configuration, aptConfiguration(directory, sources));
  const apt = (...args) => run('apt-get', ['-c', configuration, '-q', ...args], { cwd: packages });
  apt('update');
  return {
    resolve: (names) =>
      [...apt('-s', 'install', ...names).matchAll(/^Inst (\S+)/gm)].map((match) => match[1]),
    download(names) {
      apt('download', ...names);
      return readdirSync(packages).map((file) => join(packages, file));
    },
  };
}

/**
 * Read after the system's own configuration, so the proxy settings there stay in force. An empty status
 * file means "nothing is installed": every dependency is listed, the C library included.
 */
function aptConfiguration(directory, sources) {
  const status = join(directory, 'status');
  writeFileSync(status, '');
  return [
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    `Dir::Etc::sourcelist "${sources}";`,
    `Dir::Etc::sourceparts "${join(directory, 'empty')}";`,
    'Dir::Etc::preferences "/dev/null";',
    `Dir::Etc::preferencesparts "${join(directory, 'empty')}";`,
    `Dir::State "${join(directory, 'state')}";`,
    `Dir::State::status "${status}";`,
    `Dir::Cache "${join(directory, 'cache')}";`,
    'Acquire::Languages "none";',
    'APT::Install-Recommends "false";',
    // The unprivileged download user of apt may not be able to enter the directory.
    'APT::Sandbox::User "root";',
    '',
  ].join('\n');
}
