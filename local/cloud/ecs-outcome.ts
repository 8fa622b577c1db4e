import { constants } from 'node:os';
import { z } from 'zod';
import type { TaskDefinition } from './ecs-task.ts';
import { ACCOUNT } from './identities.ts';
import type { ProgramEnd } from './program.ts';

const nameValueSchema = z.object({ Name: z.string(), Value: z.string() }).strict();

/** The parameters a state machine gives `ecs:runTask`; one it does not know is refused by ECS as well. */
export const runTaskParametersSchema = z
  .object({
    Cluster: z.string(),
    TaskDefinition: z.string(),
    LaunchType: z.literal('FARGATE'),
    PlatformVersion: z.string().optional(),
    PropagateTags: z.string().optional(),
    NetworkConfiguration: z.object({
      AwsvpcConfiguration: z.object({
        Subnets: z.array(z.string()).min(1),
        SecurityGroups: z.array(z.string()).optional(),
        AssignPublicIp: z.enum(['ENABLED', 'DISABLED']).optional(),
      }),
    }),
    Overrides: z
      .object({
        ContainerOverrides: z.array(
          z
            .object({
              Name: z.string(),
              Command: z.array(z.string()).optional(),
              Environment: z.array(nameValueSchema).optional(),
            })
            .strict(),
        ),
      })
      .strict()
      .optional(),
  })
  .strict();

export type RunTaskParameters = z.infer<typeof runTaskParametersSchema>;

interface About {
  readonly definition: TaskDefinition;
  readonly parameters: RunTaskParameters;
  /** Milliseconds since 1970, as Step Functions writes all times of a task. */
  readonly startedAt: number;
}

/** A task that ran: what Step Functions gives as the result, or as the cause when the exit code is not 0. */
export function stoppedTask(about: About, end: ProgramEnd): Record<string, unknown> {
  // a process that a signal ended has the exit code a shell would give it, as in a container
  const exitCode = end.exitCode ?? 128 + (end.signal === null ? 0 : constants.signals[end.signal]);
  return describeTask(about, {
    container: { ExitCode: exitCode },
    StopCode: 'EssentialContainerExited',
    StoppedReason: 'Essential container in task exited',
    StartedAt: about.startedAt,
  });
}

/** A task that never ran because ECS could not get what it needs: its container has no exit code. */
export function taskFailedToStart(about: About, reason: string): Record<string, unknown> {
  return describeTask(about, {
    container: {},
    StopCode: 'TaskFailedToStart',
    StoppedReason: `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: ${reason}`,
  });
}

function describeTask(
  { definition, parameters, startedAt }: About,
  { container, ...outcome }: { container: object } & Record<string, unknown>,
): Record<string, unknown> {
  const region = parameters.Cluster.split(':')[3] ?? '';
  const id = crypto.randomUUID().replaceAll('-', '');
  const clusterName = parameters.Cluster.split('/').at(-1);
  const taskArn = `arn:aws:ecs:${region}:${ACCOUNT}:task/${clusterName}/${id}`;
  return {
    ClusterArn: parameters.Cluster,
    Containers: [
      {
        ContainerArn: `arn:aws:ecs:${region}:${ACCOUNT}:container/${clusterName}/${id}/1`,
        LastStatus: 'STOPPED',
        Name: definition.ContainerDefinitions[0]?.Name,
        TaskArn: taskArn,
        ...container,
      },
    ],
    CreatedAt: startedAt,
    DesiredStatus: 'STOPPED',
    LastStatus: 'STOPPED',
    LaunchType: parameters.LaunchType,
    Overrides: { ContainerOverrides: parameters.Overrides?.ContainerOverrides ?? [] },
    PlatformVersion: parameters.PlatformVersion,
    StartedBy: 'AWS Step Functions',
    StoppedAt: Date.now(),
    TaskArn: taskArn,
    TaskDefinitionArn: `arn:aws:ecs:${region}:${ACCOUNT}:task-definition/${definition.Family}:1`,
    ...outcome,
  };
}
