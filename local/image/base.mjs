import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageSources } from '../setup/apt.mjs';
import { announce, onPath, run, tryRun } from '../setup/commands.mjs';
import { CannotInstall } from '../setup/errors.mjs';
import { ensureMmdebstrap } from '../setup/image-builder.mjs';
import { projectDir } from '../setup/places.mjs';

const REGISTRY = 'docker.io/library';

/** What Debian's own slim image leaves out too. */
const SLIM = ['doc', 'info', 'locale', 'man'].map((kind) => `path-exclude=/usr/share/${kind}/*`);

/**
 * The images a Dockerfile starts from, such as `debian:trixie-slim`; its own stages are not among them.
 *
 * @param {string} dockerfile its text
 * @returns {string[]} bases first that others may be made of
 */
export function baseImages(dockerfile) {
  return [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)].map((match) => match[1]).sort();
}

/**
 * Sees to it that the builder has the base images: from the registry, or stand-ins made of the machine's own Debian
 * archive and npm packages where no registry can be reached.
 *
 * @param {import('../setup/image-builder.mjs').ImageBuilder} builder
 * @param {string} dockerfile its text
 * @throws {CannotInstall} neither a registry nor a Debian archive is at hand
 * @throws {CommandFailed} a stand-in could not be made
 */
export function ensureBaseImages({ command: [program, ...args], build }, dockerfile) {
  const call = (...more) => tryRun(program, [...args, ...more]);
  for (const image of baseImages(dockerfile)) {
    const name = `${REGISTRY}/${image}`;
    if (call('inspect', '--type', 'image', name) !== undefined) continue;
    if (call('pull', name) !== undefined) continue;
    announce(`no registry has ${image} for us; making a stand-in of Debian's archive`);
    const context = mkdtempSync(join(tmpdir(), 'vpb-base-'));
    try {
      writeFileSync(join(context, 'Dockerfile'), standIn(image, context));
      run(program, [...args, ...build, '--tag', name, context]);
    } finally {
      rmSync(context, { recursive: true });
    }
  }
}

/** Fills the context. @returns the Dockerfile of the stand-in */
function standIn(image, context) {
  const [repository, tag] = image.split(':');
  if (repository === 'debian') return debian(tag.replace(/-slim$/, ''), context);
  if (repository === 'node') return node(tag, context);
  throw new CannotInstall(image, 'No registry is reachable, and there is no recipe for a stand-in.');
}

function debian(release, context) {
  const mirror = debianMirror();
  ensureMmdebstrap();
  run('mmdebstrap', [
    '--quiet',
    '--variant=minbase',
    ...['force-unsafe-io', ...SLIM].map((option) => `--dpkgopt=${option}`),
    release,
    join(context, 'root.tar'),
    mirror,
  ]);
  return 'FROM scratch\nADD root.tar /\nCMD ["bash"]\n';
}

/** Only the main archive's code name is a bare word; updates and security archives append theirs. */
function debianMirror() {
  const sources = packageSources(['ORIGIN', 'REPO_URI', 'CODENAME']);
  const main = sources.find((row) => row.ORIGIN === 'Debian' && /^[a-z]+$/.test(row.CODENAME));
  if (main === undefined) {
    throw new CannotInstall(
      'a base image',
      'No registry is reachable, and no apt source here is a Debian archive.',
    );
  }
  return main.REPO_URI;
}

/** Node is the official binary, as npm serves it; npm comes from this machine. */
function node(tag, context) {
  const [, version, release] = /^([\d.]+)-(.*)$/.exec(tag) ?? [];
  const binary = join(projectDir, 'node_modules', 'node', 'bin', 'node');
  const found = run(binary, ['--version']).trim();
  if (found !== `v${version}`) {
    throw new CannotInstall(
      `node:${tag}`,
      `The stand-in is made of the npm package "node", which is ${found} here.`,
    );
  }
  copyFileSync(binary, join(context, 'node'));
  cpSync(npmDirectory(), join(context, 'npm'), { recursive: true });
  return [
    `FROM ${REGISTRY}/debian:${release}`,
    'COPY node /usr/local/bin/',
    'COPY npm /usr/local/lib/node_modules/npm',
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
    'CMD ["node"]\n',
  ].join('\n');
}

/** npm runs this set-up, so it is on PATH; its program is a link into the package, or lies beside it. */
function npmDirectory() {
  const program = onPath('npm');
  const candidates = [
    process.env.npm_execpath && dirname(dirname(process.env.npm_execpath)),
    program && dirname(dirname(realpathSync(program))),
    program && join(dirname(dirname(program)), 'lib', 'node_modules', 'npm'),
  ];
  const found = candidates.find((directory) => directory && nameOf(directory) === 'npm');
  if (found === undefined) throw new CannotInstall('npm', 'The stand-in of the node image is made of it.');
  return found;
}

function nameOf(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).name;
  } catch {
    return undefined;
  }
}
