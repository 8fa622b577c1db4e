import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = join(import.meta.dirname, '..', '..', '.local', 'image.json');
const SCRIPT = join(import.meta.dirname, 'run.sh');

const imageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['docker', 'podman']), name: z.string() }),
  z.object({
    kind: z.literal('buildah'),
    root: z.string(),
    user: z.string(),
    env: z.array(z.string()),
    entrypoint: z.array(z.string()),
    workingDir: z.string(),
  }),
]);

/** The engine's image as `npm run image` left it: named in an engine, or mounted at `root` with its settings beside it. */
export type EngineImage = z.infer<typeof imageSchema>;

/** What a container of the image is to run, and with what. */
export interface Container {
  /** Follows the image's entry point: a verb and its options. */
  readonly command: readonly string[];
  /** Wins over what the image sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Empty directories of this machine by the path they have in the container; the only places it can write to. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Runs instead of the image's entry point. */
  readonly entrypoint?: readonly string[];
}

/** A process to start with exactly this environment; a SIGTERM sent to it reaches the command in the container. */
export interface ContainerProcess {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `npm run image` has not run in this checkout, or an older one left a file that no longer fits. */
export class ImageMissing extends Error {
  override readonly name = 'ImageMissing';

  constructor(file: string, cause: unknown) {
    super(`Found no usable ${file}, which says where the engine's image is. Run "npm run image".`, { cause });
  }
}

/**
 * The image built last in this checkout.
 *
 * @param file another file than the checkout's own, for tests
 * @throws {ImageMissing} the file is absent or unreadable
 */
export function engineImage(file: string = FILE): EngineImage {
  try {
    return imageSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new ImageMissing(file, error);
  }
}

/** How a container is started as on Fargate: the image's user, a read-only root, this machine's network. */
export function containerProcess(image: EngineImage, container: Container): ContainerProcess {
  return image.kind === 'buildah' ? inRoot(image, container) : inEngine(image, container);
}

function inRoot(image: Extract<EngineImage, { kind: 'buildah' }>, container: Container): ContainerProcess {
  const { root, user, workingDir, entrypoint } = image;
  const mounts = Object.entries(container.mounts).map((pair) => pair.join('='));
  const command = [...(container.entrypoint ?? entrypoint), ...container.command];
  return {
    file: 'unshare',
    args: ['--mount', SCRIPT, root, user, workingDir, ...mounts, '--', ...command],
    env: { ...environmentOf(image.env), ...container.environment },
  };
}

function environmentOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/**
 * Values stay out of the arguments, which every user of the machine can read. Volumes of the engine's own instead of our
 * directories: as on Fargate they get the owner the image gave the path, which a bind mount needs root for.
 */
function inEngine(image: Extract<EngineImage, { name: string }>, container: Container): ContainerProcess {
  const [program, ...before] = container.entrypoint ?? [];
  const options = [
    ...Object.keys(container.environment).flatMap((name) => ['--env', name]),
    ...Object.keys(container.mounts).flatMap((path) => ['--volume', path]),
    ...(program === undefined ? [] : ['--entrypoint', program]),
  ];
  const { PATH = '', HOME = '', DOCKER_HOST } = process.env;
  return {
    file: image.kind,
    args: [
      ...['run', '--rm', '--init', '--read-only', '--network', 'host', ...options, image.name],
      ...before,
      ...container.command,
    ],
    env: { PATH, HOME, ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }), ...container.environment },
  };
}
