import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExecutionRecord, serveExecutions } from '../../../local/cloud/executions-api.ts';
import { clientConfig } from '../../../local/cloud/sdk.ts';
import type { Listening } from '../../../local/listen.ts';

const record = (name: string, second: number, ended?: ExecutionRecord['ended']): ExecutionRecord => ({
  arn: `arn:execution:${name}`,
  name,
  stateMachineArn: 'arn:machine',
  stateMachineName: 'machine',
  input: { kind: 'daily', name },
  startedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second, 250)),
  ...(ended === undefined ? {} : { ended }),
});
const records = [
  record('good', 1, { at: new Date(0), result: { status: 'SUCCEEDED', output: { a: 1 } } }),
  record('bad', 2, { at: new Date(0), result: { status: 'FAILED', error: 'Odd', cause: 'because' } }),
  record('running', 3),
  { ...record('elsewhere', 4), stateMachineArn: 'arn:other' },
];

let server: Listening;
let client: SFNClient;
beforeAll(async () => {
  server = await serveExecutions(records);
  client = new SFNClient(clientConfig({ endpoint: server.endpoint, region: 'ap-northeast-2' }));
});
afterAll(() => server.stop());

describe('the executions, asked for by the SDK', () => {
  it('are listed with the newest first', async () => {
    const { executions = [] } = await client.send(
      new ListExecutionsCommand({ stateMachineArn: 'arn:machine' }),
    );
    expect(executions.map(({ name, status }) => [name, status])).toEqual([
      ['running', 'RUNNING'],
      ['bad', 'FAILED'],
      ['good', 'SUCCEEDED'],
    ]);
    expect(executions[0]?.startDate).toEqual(records[2]?.startedAt);
  });

  it('are listed by status', async () => {
    const { executions } = await client.send(
      new ListExecutionsCommand({ stateMachineArn: 'arn:machine', statusFilter: 'RUNNING' }),
    );
    expect(executions).toMatchObject([{ name: 'running' }]);
  });

  it.each([
    ['running', { status: 'RUNNING', input: '{"kind":"daily","name":"running"}' }],
    ['good', { status: 'SUCCEEDED', output: '{"a":1}', stopDate: new Date(0) }],
    ['bad', { status: 'FAILED', error: 'Odd', cause: 'because' }],
  ])('are described: %s', async (name, expected) => {
    const command = new DescribeExecutionCommand({ executionArn: `arn:execution:${name}` });
    expect(await client.send(command)).toMatchObject(expected);
  });

  it('that do not exist, and calls nobody answers, are errors', async () => {
    await expect(
      client.send(new DescribeExecutionCommand({ executionArn: 'arn:execution:none' })),
    ).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    await expect(client.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('ListStateMachines'),
    });
  });
});
