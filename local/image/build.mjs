import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { announce, run, tryRun } from '../setup/commands.mjs';
import { ensureImageBuilder } from '../setup/image-builder.mjs';
import { withLock } from '../setup/lock.mjs';
import { cacheDir, projectDir } from '../setup/places.mjs';
import { ensureBaseImages } from './base.mjs';

const DOCKERFILE = join(projectDir, 'containers', 'engine', 'Dockerfile');
/** Read by local/image/image.ts. */
const RESULT = join(projectDir, '.local', 'image.json');
/** Several checkouts share one storage; each has a name of its own for its image. */
const NAME = `videoplanet-backup-engine-${createHash('sha256').update(projectDir).digest('hex').slice(0, 12)}`;

/** Builds the engine's image with whatever builder there is, and writes down how it can be run. */
async function build() {
  process.umask(0o022);
  await withLock(join(cacheDir, 'image.lock'), async () => {
    const builder = ensureImageBuilder();
    const [program, ...args] = builder.command;
    ensureBaseImages(builder, readFileSync(DOCKERFILE, 'utf8'));
    announce(`building the engine's image with ${builder.kind}`);
    const options = ['--tag', NAME, '--file', DOCKERFILE, ...certificates()];
    run(program, [...args, ...builder.build, ...options, projectDir], { env: { DOCKER_BUILDKIT: '1' } });
    const call = (...more) => run(program, [...args, ...more]).trim();
    writeResult(builder.kind === 'buildah' ? unpacked(call) : { kind: builder.kind, name: NAME });
  });
}

/** The certificates this machine's npm trusts, where they are not the usual ones; npm in the build needs them too. */
function certificates() {
  const configured = tryRun('npm', ['config', 'get', 'cafile'])?.trim();
  const file = process.env.NODE_EXTRA_CA_CERTS || (configured !== 'null' && configured);
  return file ? ['--secret', `id=ca,src=${file}`] : [];
}

/**
 * buildah runs nothing by itself that is read-only; so the image is mounted, for local/image/run.sh to enter it. The
 * container that holds the mount is kept while it is of the same image: a run may be using it.
 */
function unpacked(call) {
  const { FromImageID: id, OCIv1 } = JSON.parse(call('inspect', '--type', 'image', NAME));
  const containers = JSON.parse(call('containers', '--json') || '[]') ?? [];
  const held = containers.find(({ containername }) => containername === NAME);
  if (held !== undefined && held.imageid !== id) call('rm', NAME);
  if (held?.imageid !== id) call('from', '--pull-never', '--name', NAME, NAME);
  const { User, Env, Entrypoint, WorkingDir } = OCIv1.config;
  return {
    kind: 'buildah',
    root: call('mount', NAME),
    user: User,
    env: Env,
    entrypoint: Entrypoint,
    workingDir: WorkingDir,
  };
}

function writeResult(image) {
  mkdirSync(dirname(RESULT), { recursive: true });
  const draft = `${RESULT}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(image, null, 2)}\n`);
  renameSync(draft, RESULT);
}

try {
  await build();
} catch (error) {
  announce(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
