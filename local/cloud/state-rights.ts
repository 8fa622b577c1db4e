import type { Deployment } from './deploy.ts';
import type { RunTaskParameters } from './ecs-outcome.ts';
import type { TaskDefinition } from './ecs-task.ts';
import { ACCOUNT } from './identities.ts';
import type { Asked } from './permission.ts';

/** An action that a state's role must be allowed, and the error Step Functions gives where it is not. */
export interface NeededRight extends Asked {
  readonly error: string;
}

/** What running a task asks of the role of the workflow: the task itself, its two roles, and its tags where it takes any. */
export function rightsToRunTask(
  { TaskRoleArn, ExecutionRoleArn, Family }: TaskDefinition,
  { Cluster, PropagateTags }: RunTaskParameters,
  region: string,
): NeededRight[] {
  const error = 'ECS.AccessDeniedException';
  const ecs = (resource: string) => `arn:aws:ecs:${region}:${ACCOUNT}:${resource}`;
  const toTasks = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };
  const roles = [TaskRoleArn, ExecutionRoleArn].filter((role) => role !== undefined);
  const task = ecs(`task/${Cluster.split('/').at(-1)}/0123456789abcdef0123456789abcdef`);
  return [
    { action: 'ecs:RunTask', resource: ecs(`task-definition/${Family}:1`), error },
    ...roles.map((resource) => ({ action: 'iam:PassRole', resource, context: toTasks, error })),
    ...(PropagateTags === undefined || PropagateTags === 'NONE'
      ? []
      : [{ action: 'ecs:TagResource', resource: task, context: { 'ecs:CreateAction': 'RunTask' }, error }]),
  ];
}

/** What calling a function asks for. */
export function rightsToInvoke({ arn }: Deployment['functions'][number]): NeededRight[] {
  return [{ action: 'lambda:InvokeFunction', resource: arn, error: 'Lambda.AWSLambdaException' }];
}

/** What a call of a service asks for, as far as it is looked at: what is published. */
export function rightsToCall(service: string, parameters: unknown): NeededRight[] {
  const { TopicArn } = (parameters ?? {}) as { TopicArn?: string };
  if (service !== 'sns:publish' || TopicArn === undefined) return [];
  return [{ action: 'sns:Publish', resource: TopicArn, error: 'SNS.AuthorizationErrorException' }];
}
