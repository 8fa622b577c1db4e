import { join } from 'node:path';
import { COMPILED } from '../compiled.ts';
import type { Container, StartImage } from './ecs-task.ts';

const ENGINE = join(import.meta.dirname, '..', '..', 'containers', 'engine', 'main.ts');

/**
 * The engine's image without a container: the same entry point and command as a plain process, which sees this
 * machine's file system. A mounted path in the environment (TMPDIR) becomes the directory that stands for it.
 * @param image what the image itself would bring: PATH, HOME, where PostgreSQL's programs are
 */
export function asProcess(image: Readonly<Record<string, string>>): StartImage {
  return (container) => ({
    file: process.execPath,
    args: [ENGINE, ...container.command],
    env: { ...COMPILED, ...image, ...mapped(container) },
  });
}

function mapped({ environment, mounts }: Container): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const mount = Object.keys(mounts).find((path) => value === path || value.startsWith(`${path}/`));
      return [name, mount === undefined ? value : `${mounts[mount]}${value.slice(mount.length)}`];
    }),
  );
}
