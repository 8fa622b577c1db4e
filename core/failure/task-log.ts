import { z } from 'zod';
import { CONTAINER } from '../names.ts';
import { engineEnd } from './causes.ts';
import type { Failure } from './explain.ts';
import type { Step } from './findings.ts';

/** Names of the log groups that tasks write to, by the step that runs them. */
export const taskLogsSchema = z.object({ backup: z.string().optional(), verify: z.string().optional() });
export type TaskLogs = z.infer<typeof taskLogsSchema>;

/**
 * Where the console shows what the task of a step said: its own stream, or all streams where no task is known.
 * @returns nothing for a step that runs no task
 */
export function taskLogLink(
  step: Step | undefined,
  { failure, execution }: Failure,
  logs: TaskLogs,
): string | undefined {
  if (step !== 'backup' && step !== 'verify') return undefined;
  const group = logs[step];
  if (group === undefined) return undefined;
  const region = execution.id.split(':')[3];
  const task = engineEnd(failure[step]?.Cause ?? '')
    ?.task.split('/')
    .at(-1);
  const stream =
    task === undefined ? '' : `/log-events/${inHash(`${CONTAINER.logPrefix}/${CONTAINER.name}/${task}`)}`;
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${inHash(group)}${stream}`;
}

/** The console wants names in its fragment encoded twice, with $ for %. */
function inHash(name: string): string {
  return encodeURIComponent(encodeURIComponent(name)).replaceAll('%', '$');
}
