import { DescribeTasksCommand, ECSClient, paginateListTasks, type Task } from '@aws-sdk/client-ecs';
import type { RunningTask } from '../../core/cost/guard-leaks.ts';
import { ENV, LAMBDA_ENV } from '../../core/names.ts';
import { requireEnv } from '../common/settings.ts';

const ecs = new ECSClient();

/** A page of ECS, and as many as it describes at once. */
const PAGE = 100;

/** What runs in the cluster, whoever started it. @throws what ECS refuses with */
export async function runningTasks(): Promise<RunningTask[]> {
  const cluster = requireEnv(LAMBDA_ENV.clusterArn, 'the cluster in which the tasks run');
  const found: RunningTask[] = [];
  for await (const { taskArns = [] } of paginateListTasks({ client: ecs, pageSize: PAGE }, { cluster })) {
    if (taskArns.length === 0) continue;
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
    found.push(...tasks.flatMap(taskOf));
  }
  return found;
}

function taskOf({
  taskArn = '',
  taskDefinitionArn = '',
  createdAt,
  startedAt,
  overrides,
}: Task): RunningTask[] {
  const since = startedAt ?? createdAt;
  if (since === undefined) return [];
  const minutes = overrides?.containerOverrides
    ?.flatMap(({ environment = [] }) => environment)
    .find(({ name }) => name === ENV.runMinutes)?.value;
  const runMinutes = Number(minutes);
  return [
    {
      id: taskArn.slice(taskArn.lastIndexOf('/') + 1),
      family: /task-definition\/([^:]+)/.exec(taskDefinitionArn)?.[1] ?? taskDefinitionArn,
      startedAt: since,
      runMinutes: minutes !== undefined && runMinutes > 0 ? runMinutes : null,
    },
  ];
}
