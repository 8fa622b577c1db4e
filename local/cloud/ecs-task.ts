import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { adoptDirectory } from '../processes.ts';
import { type RunTaskParameters, stoppedTask, taskFailedToStart } from './ecs-outcome.ts';
import { ServiceError } from './errors.ts';
import { type Program, type ProgramEnd, startProgram } from './program.ts';

const nameValueSchema = z.object({ Name: z.string(), Value: z.coerce.string() });

/** What of a task definition has a meaning on one machine; the rest describes the machine it would have. */
export const taskDefinitionSchema = z.object({
  Family: z.string(),
  TaskRoleArn: z.string().optional(),
  ExecutionRoleArn: z.string().optional(),
  ContainerDefinitions: z
    .array(
      z.object({
        Name: z.string(),
        Command: z.array(z.string()).default([]),
        Environment: z.array(nameValueSchema).default([]),
        Secrets: z.array(z.object({ Name: z.string(), ValueFrom: z.string() })).default([]),
        MountPoints: z.array(z.object({ ContainerPath: z.string() })).default([]),
        StopTimeout: z.number().default(30),
      }),
    )
    .length(1, 'ecs:runTask.sync fails a run whose sidecar fails: one container for each task'),
});

export type TaskDefinition = z.infer<typeof taskDefinitionSchema>;

/** What a container is told to run, and with what. */
export interface Container {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Directories of this machine by the path they have in the container; writable, empty, gone afterwards. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** A program to be started, or one that waited for this container and has begun. */
export type Launch =
  | {
      readonly file: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly begun: Program };

/** How the image is run here: which program, with which arguments and environment. */
export type StartImage = (container: Container) => Launch;

/** What running a task needs of the cloud around it. */
export interface TaskSurroundings {
  readonly startImage: StartImage;
  /** Region, credentials, endpoints. */
  readonly cloudEnv: Readonly<Record<string, string>>;
  /**
   * A secret's value as the execution role may read it.
   * @throws {Error} it may not, or there is no value; the message is what ECS says
   */
  readSecret(roleArn: string | undefined, valueFrom: string): Promise<string>;
}

/**
 * Runs a task to its end as `ecs:runTask.sync` does.
 * @param signal stops the task as StopTask does: SIGTERM, SIGKILL after the definition's stop timeout
 * @param onEnd is told how the process ended, also when the task was stopped
 * @returns the stopped task as DescribeTasks describes it
 * @throws {ServiceError} `States.TaskFailed` with that description as the cause when it did not start or exit with 0
 */
export async function runTask(
  definition: TaskDefinition,
  parameters: RunTaskParameters,
  around: TaskSurroundings,
  signal: AbortSignal,
  onEnd: (end: ProgramEnd) => void,
): Promise<unknown> {
  const [container] = definition.ContainerDefinitions;
  if (container === undefined) throw new Error(`${definition.Family} has no container`);
  const override = parameters.Overrides?.ContainerOverrides?.find(({ Name }) => Name === container.Name);
  const startedAt = Date.now();
  const about = { definition, parameters, startedAt };
  const secrets: Record<string, string> = {};
  for (const { Name, ValueFrom } of container.Secrets) {
    try {
      secrets[Name] = await around.readSecret(definition.ExecutionRoleArn, ValueFrom);
    } catch (error) {
      throw failed(taskFailedToStart(about, error instanceof Error ? error.message : String(error)));
    }
  }
  const mounts = await makeMounts(container.MountPoints.map(({ ContainerPath }) => ContainerPath));
  try {
    const launch = around.startImage({
      command: override?.Command ?? container.Command,
      environment: {
        ...around.cloudEnv,
        ...Object.fromEntries(
          [...container.Environment, ...(override?.Environment ?? [])].map(({ Name, Value }) => [
            Name,
            Value,
          ]),
        ),
        ...secrets,
      },
      mounts,
    });
    const running = 'begun' in launch ? launch.begun : startProgram(launch.file, launch.args, launch.env);
    const stop = () => void running.stop(container.StopTimeout * 1000);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const end = await running.end;
    signal.removeEventListener('abort', stop);
    onEnd(end);
    const task = stoppedTask(about, end);
    if (end.exitCode !== 0) throw failed(task);
    return task;
  } finally {
    await Promise.all(Object.values(mounts).map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

function failed(task: unknown): ServiceError {
  return new ServiceError('States.TaskFailed', JSON.stringify(task));
}

async function makeMounts(paths: readonly string[]): Promise<Record<string, string>> {
  const mounts: Record<string, string> = {};
  for (const path of paths) {
    const folder = await mkdtemp(join(tmpdir(), 'vpb-m-'));
    adoptDirectory(folder);
    mounts[path] = folder;
  }
  return mounts;
}
