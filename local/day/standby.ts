import { join } from 'node:path';
import type { Container, StartImage } from '../cloud/ecs-task.ts';
import { asProcess } from '../cloud/engine-image.ts';
import { type Program, startProgram } from '../cloud/program.ts';

const HOST = join(import.meta.dirname, 'engine-host.mjs');
/** As many as tasks begin at once where two kinds of sets are due. */
const WAITING = 2;

/** A task that has begun. */
export interface BegunTask {
  /** Arguments of the engine. */
  readonly command: readonly string[];
  /** As when the machine under it goes: no handler runs. */
  kill(): void;
}

/** Engines that wait for a task, each for one. */
export interface Standby {
  readonly startImage: StartImage;
  stop(): Promise<void>;
}

/**
 * Runs each task in a process of its own, as Fargate does, that was started before it was needed.
 * @param image what the image itself would bring
 * @param onBegin is told of every task
 */
export function standBy(
  image: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
  onBegin: (task: BegunTask) => void,
): Standby {
  const describe = asProcess(image);
  const start = (): Program =>
    startProgram(
      process.execPath,
      [HOST],
      { ...environmentOf(describe, NOTHING), ...environment },
      { ipc: true },
    );
  const waiting = Array.from({ length: WAITING }, start);
  return {
    startImage(container) {
      const begun = waiting.shift() ?? start();
      waiting.push(start());
      begun.child.send({ args: container.command, env: environmentOf(describe, container) });
      onBegin({ command: container.command, kill: () => begun.child.kill('SIGKILL') });
      return { begun };
    },
    async stop() {
      await Promise.all(waiting.splice(0).map((program) => program.stop(0)));
    },
  };
}

const NOTHING: Container = { command: [], environment: {}, mounts: {} };

function environmentOf(image: ReturnType<typeof asProcess>, container: Container): Record<string, string> {
  const launch = image(container);
  return 'env' in launch ? { ...launch.env } : {};
}
