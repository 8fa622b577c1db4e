import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkflowInputInvalid } from '../../core/errors/index.ts';
import { ENV, LAMBDA_ENV } from '../../core/names.ts';
import { handler } from '../../lambdas/backup-plan/handler.ts';

const MACHINE = 'arn:aws:states:ap-northeast-2:123456789012:stateMachine:backup';
const arn = (name: string) => `arn:aws:states:ap-northeast-2:123456789012:execution:backup:${name}`;
const STARTED = '2026-11-24T02:00:07.123Z';
const sfn = mockClient(SFNClient);
const s3 = mockClient(S3Client);
const notThere = new NoSuchKey({ message: 'not there', $metadata: {} });

interface Running {
  readonly name: string;
  readonly at: string;
  readonly input: string;
}

/** Puts these among the running executions, beside the own one, on pages of two. */
function running(...executions: Running[]): void {
  const all = [...executions, { name: 'own', at: STARTED, input: '{"kind":"daily"}' }];
  const items = all.map(({ name, at }) => ({
    executionArn: arn(name),
    stateMachineArn: MACHINE,
    name,
    status: 'RUNNING' as const,
    startDate: new Date(at),
  }));
  sfn.on(ListExecutionsCommand).callsFake(({ nextToken = '0' }) => {
    const from = Number(nextToken);
    const more = from + 2 < items.length ? { nextToken: String(from + 2) } : {};
    return { executions: items.slice(from, from + 2), ...more };
  });
  for (const { name, input } of all)
    sfn
      .on(DescribeExecutionCommand, { executionArn: arn(name) })
      .resolves({ executionArn: arn(name), input });
}

const plan = (input: unknown) => handler({ input, execution: { id: arn('own'), startedAt: STARTED } });
const daily = { kind: 'daily', slot: '2026-11-23T17:00:00Z' };

describe('the plan of a backup', () => {
  beforeEach(() => {
    sfn.reset();
    s3.reset();
    s3.on(GetObjectCommand).rejects(notThere);
    vi.stubEnv(ENV.bucket, 'backups');
    vi.stubEnv(LAMBDA_ENV.backupStateMachineArn, MACHINE);
    vi.stubEnv(LAMBDA_ENV.taskTimeoutMinutes, '{"daily":240,"weekly":365,"important":50,"critical":30}');
    for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('is to run the engine for the slot of the schedule, and to verify the set with other rights', async () => {
    running();
    expect(await plan(daily)).toEqual({
      run: true,
      kind: 'daily',
      slot: '2026-11-23T17:00:00.000Z',
      setId: 'daily-20261123T170000Z',
      backupCommand: ['backup', '--kind', 'daily', '--slot', '2026-11-23T17:00:00.000Z', '--no-verify'],
      verifyCommand: ['verify', 'daily-20261123T170000Z'],
      taskTimeoutSeconds: 240 * 60,
      runMinutes: '235',
    });
  });

  it('is to run the engine where the bucket cannot be read: a set too many is better than one too few', async () => {
    running();
    s3.on(GetObjectCommand).rejects(new Error('SlowDown'));
    expect(await plan(daily)).toMatchObject({ run: true });
  });

  it('takes the start of the execution, to the second, where no slot is given', async () => {
    running();
    expect(await plan({ kind: 'critical' })).toMatchObject({
      slot: '2026-11-24T02:00:07.000Z',
      setId: 'critical-20261124T020007Z',
      taskTimeoutSeconds: 30 * 60,
      runMinutes: '25',
    });
  });

  it('is not to run while an earlier one of its kind does, and says which', async () => {
    running({ name: 'slow', at: '2026-11-24T01:45:00Z', input: '{"kind":"daily"}' });
    expect(await plan(daily)).toMatchObject({
      run: false,
      reason: 'another daily backup has been running since 2026-11-24T01:45:00.000Z: slow',
      setId: 'daily-20261123T170000Z',
    });
  });

  it('finds the earlier one on a later page too', async () => {
    const later = { at: '2026-11-24T03:00:00Z', input: '{"kind":"daily"}' };
    running(
      { name: 'a', ...later },
      { name: 'b', ...later },
      { name: 'slow', at: '2026-11-24T01:45:00Z', input: '{"kind":"daily"}' },
    );
    expect(await plan(daily)).toMatchObject({ run: false });
  });

  it.each([
    ['one of another kind', '2026-11-24T01:45:00Z', '{"kind":"weekly"}'],
    ['a later one', '2026-11-24T02:00:07.124Z', '{"kind":"daily"}'],
    ['one whose input is none', '2026-11-24T01:45:00Z', '"daily"'],
  ])('is to run beside %s', async (_, at, input) => {
    running({ name: 'other', at, input });
    expect(await plan(daily)).toMatchObject({ run: true });
  });

  it('lets exactly one of two that began at once go on', async () => {
    running({ name: 'aaa', at: STARTED, input: '{"kind":"daily"}' });
    expect(await plan(daily)).toMatchObject({ run: false });
    running({ name: 'zzz', at: STARTED, input: '{"kind":"daily"}' });
    expect(await plan(daily)).toMatchObject({ run: true });
  });

  it('refuses a wrong input before it asks anything', async () => {
    await expect(plan({ kind: 'monthly' })).rejects.toThrow(WorkflowInputInvalid);
    await expect(plan({ kind: 'monthly' })).rejects.toMatchObject({ name: 'WorkflowInputInvalid' });
    expect(sfn.calls()).toHaveLength(0);
  });

  it('fails where it cannot find out who else runs', async () => {
    sfn.on(ListExecutionsCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    await expect(plan(daily)).rejects.toThrow('no');
  });
});
