import { z } from 'zod';
import { CONTAINER } from '../names.ts';
import { engineEnd } from './causes.ts';

/** Names of the log groups that tasks write to, by the step that runs them. */
export const taskLogsSchema = z.partialRecord(
  z.enum([
    ...(['backup', 'verify', 'preserve', 'restore', 'restoreInPlace', 'files'] as const),
    ...(['restoreProject', 'restoreFiles', 'restoreFilesInPlace', 'drill', 'drillProject'] as const),
  ]),
  z.string(),
);
export type TaskLogs = z.infer<typeof taskLogsSchema>;
type Always = 'backup' | 'verify' | 'preserve' | 'restore' | 'restoreInPlace' | 'drill';
/** Those that there are in every environment, and what there is besides. */
export type TaskLogNames = Required<Pick<TaskLogs, Always>> & Omit<TaskLogs, Always>;
export type LoggedRun = keyof TaskLogs;

/**
 * Where the console shows what the task of a step said: its own stream, or all streams where no task is known.
 * @param run which of the log groups; nothing for a step that runs no task
 * @param cause of its failure
 * @param execution address of it, which names the region
 */
export function taskLogLink(
  run: LoggedRun | undefined,
  cause: string,
  execution: string,
  logs: TaskLogs,
): string | undefined {
  const group = run === undefined ? undefined : logs[run];
  if (group === undefined) return undefined;
  const region = execution.split(':')[3];
  const task = engineEnd(cause)?.task.split('/').at(-1);
  const stream =
    task === undefined ? '' : `/log-events/${inHash(`${CONTAINER.logPrefix}/${CONTAINER.name}/${task}`)}`;
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${inHash(group)}${stream}`;
}

/** The console wants names in its fragment encoded twice, with $ for %. */
function inHash(name: string): string {
  return encodeURIComponent(encodeURIComponent(name)).replaceAll('%', '$');
}
