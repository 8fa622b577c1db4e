import { z } from 'zod';
import type { Listening } from '../listen.ts';
import type { ExecutionIdentity, ExecutionResult } from './execution.ts';
import { type Answer, serve } from './http.ts';

/** An execution as the list of executions keeps it. */
export interface ExecutionRecord extends ExecutionIdentity {
  readonly input: unknown;
  readonly startedAt: Date;
  /** While it runs there is none. */
  ended?: {
    readonly at: Date;
    readonly result: Pick<ExecutionResult, 'status' | 'output' | 'error' | 'cause'>;
  };
}

const listSchema = z.object({ stateMachineArn: z.string(), statusFilter: z.string().optional() });
const describeSchema = z.object({ executionArn: z.string() });

/**
 * The two calls of the Step Functions API by which a function looks at executions, answered from the runner's own list:
 * the emulator keeps executions too, but has no way to say that one succeeded.
 */
export function serveExecutions(records: readonly ExecutionRecord[]): Promise<Listening> {
  return serve((body, headers) => {
    const target = String(headers['x-amz-target']);
    switch (target) {
      case 'AWSStepFunctions.ListExecutions':
        return list(records, listSchema.parse(JSON.parse(body)));
      case 'AWSStepFunctions.DescribeExecution':
        return describe(records, describeSchema.parse(JSON.parse(body)));
      default:
        return refuse('UnknownOperationException', `${target} is not among the calls local/cloud answers`);
    }
  });
}

function list(
  records: readonly ExecutionRecord[],
  { stateMachineArn, statusFilter }: z.infer<typeof listSchema>,
): Answer {
  const executions = records
    .filter((record) => record.stateMachineArn === stateMachineArn)
    .map(summary)
    .filter(({ status }) => statusFilter === undefined || status === statusFilter)
    .sort((a, b) => b.startDate - a.startDate);
  return { status: 200, body: { executions } };
}

function describe(
  records: readonly ExecutionRecord[],
  { executionArn }: z.infer<typeof describeSchema>,
): Answer {
  const record = records.find(({ arn }) => arn === executionArn);
  if (record === undefined)
    return refuse('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
  const { output, error, cause } = record.ended?.result ?? {};
  return {
    status: 200,
    body: {
      ...summary(record),
      input: JSON.stringify(record.input),
      ...(output === undefined ? {} : { output: JSON.stringify(output) }),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    },
  };
}

/** Times are seconds since 1970 with a fraction, as in the protocol. */
function summary(record: ExecutionRecord) {
  return {
    executionArn: record.arn,
    stateMachineArn: record.stateMachineArn,
    name: record.name,
    status: record.ended?.result.status ?? 'RUNNING',
    startDate: record.startedAt.getTime() / 1000,
    ...(record.ended === undefined ? {} : { stopDate: record.ended.at.getTime() / 1000 }),
  };
}

function refuse(type: string, message: string): Answer {
  return { status: 400, body: { __type: type, message } };
}
