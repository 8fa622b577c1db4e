import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  paginateListExecutions,
  SFNClient,
} from '@aws-sdk/client-sfn';

const sfn = new SFNClient();

/** The execution that asks. */
export interface OwnExecution {
  readonly id: string;
  readonly startedAt: string;
}

/**
 * A running execution of a workflow that goes first: of those that are alike the one that began first goes on; of two that
 * began at once, the first by name.
 * @param isAlike whether the input of another execution makes it one that ours must wait for
 */
export async function earlierExecution(
  stateMachineArn: string,
  own: OwnExecution,
  isAlike: (input: string) => boolean,
): Promise<ExecutionListItem | undefined> {
  const pages = paginateListExecutions({ client: sfn }, { stateMachineArn, statusFilter: 'RUNNING' });
  for await (const { executions = [] } of pages) {
    for (const other of executions.filter((each) => isEarlier(each, own))) {
      const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn: other.executionArn }));
      if (input !== undefined && isAlike(input)) return other;
    }
  }
  return undefined;
}

function isEarlier({ executionArn = '', startDate }: ExecutionListItem, own: OwnExecution): boolean {
  if (executionArn === own.id || startDate === undefined) return false;
  const difference = startDate.getTime() - Date.parse(own.startedAt);
  return difference < 0 || (difference === 0 && executionArn < own.id);
}
