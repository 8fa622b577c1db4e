import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { CONTAINER } from '../../core/names.ts';
import { containerProcess, type EngineImage, engineImage } from '../../local/image/image.ts';
import { type EngineEnd, type EngineRun, startProcess } from './engine.ts';

const BUILD = join(import.meta.dirname, '..', '..', 'local', 'image', 'build.mjs');

/** Builds the image of this checkout as it is; what did not change comes from the builder's cache. */
export async function buildImage(): Promise<EngineImage> {
  await execa('node', [BUILD]);
  return engineImage();
}

export interface ImageRun extends EngineRun {
  /** What the mounted volume has on this machine; removed by `remove`. */
  readonly scratch: string;
  remove(): Promise<void>;
}

/** Runs the image's entry point, or another program of it, with a scratch volume and nothing of our environment. */
export async function startInImage(
  image: EngineImage,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  entrypoint?: readonly string[],
): Promise<ImageRun> {
  const scratch = await mkdtemp(join(tmpdir(), 'vpb-scratch-'));
  const { file, args, env } = containerProcess(image, {
    command,
    environment,
    mounts: { [CONTAINER.scratchDir]: scratch },
    ...(entrypoint === undefined ? {} : { entrypoint }),
  });
  const remove = () => rm(scratch, { recursive: true, force: true });
  return { ...startProcess(file, args, env), scratch, remove };
}

/** A program of the image, run to its end with no volume: all it can see is the image's own. */
export function programInImage(
  image: EngineImage,
  [program = '', ...command]: readonly string[],
): Promise<EngineEnd> {
  const { file, args, env } = containerProcess(image, {
    command,
    environment: {},
    mounts: {},
    entrypoint: [program],
  });
  return startProcess(file, args, env).end;
}
