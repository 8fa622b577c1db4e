import { aptInstall, hasApt } from './apt.mjs';
import { announce, onPath, tryRun } from './commands.mjs';
import { CannotInstall } from './errors.mjs';
import { cacheDir, isRoot } from './places.mjs';

/**
 * A program that builds images.
 *
 * @typedef {object} ImageBuilder
 * @property {'docker' | 'podman' | 'buildah'} kind
 * @property {string[]} command how it is called, before the subcommand
 * @property {string[]} build the subcommand that builds, with what it needs on this machine
 */

/** Nothing of ours gets among the images the machine's owner may keep with the same program. */
const STORAGE = ['--root', `${cacheDir}/images`, '--runroot', `${cacheDir}/images-run`];

/** @type {ImageBuilder[]} */
const ENGINES = [
  { kind: 'docker', command: ['docker'], build: ['build'] },
  { kind: 'podman', command: ['podman'], build: ['build'] },
];

/** @type {ImageBuilder} */
const BUILDAH = {
  kind: 'buildah',
  command: ['buildah', ...STORAGE],
  // chroot is the isolation that also works inside a container; bases are there already, pulled or made
  build: ['build-using-dockerfile', '--layers', '--isolation', 'chroot', '--pull-never'],
};

/** Whether a client finds its engine; `docker` alone proves nothing. */
const isAlive = ({ command: [program] }) =>
  onPath(program) !== undefined && tryRun(program, ['info']) !== undefined;

/**
 * The builder of this machine: docker or podman with a live engine, else buildah, which needs none and is installed
 * where it is missing.
 *
 * @returns {ImageBuilder}
 * @throws {CannotInstall} none is there, and buildah cannot be had or would not run
 */
export function ensureImageBuilder() {
  const engine = ENGINES.find(isAlive);
  if (engine !== undefined) return engine;
  if (!isRoot) {
    throw new CannotInstall(
      'docker or podman, with its engine running',
      'buildah would do, but only for root.',
    );
  }
  ensureTool('buildah', 'It builds images without an engine.');
  return BUILDAH;
}

/** Makes Debian root file systems; installed where it is missing. */
export function ensureMmdebstrap() {
  ensureTool('mmdebstrap', 'It makes a base image where no registry is reachable.');
}

function ensureTool(name, why) {
  if (onPath(name) !== undefined) return;
  if (!hasApt()) throw new CannotInstall(name, why);
  announce(`installing ${name}`);
  aptInstall([name]);
}
