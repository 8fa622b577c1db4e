import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { billingMonth, monthBefore } from '../../core/cost/month.ts';
import { DrillInputInvalid } from '../../core/errors/index.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { handler } from '../../lambdas/drill-plan/handler.ts';

const ssm = mockClient(SSMClient);
const THIS_MONTH = billingMonth(new Date());
let log: string[] = [];

beforeEach(() => {
  ssm.reset();
  for (const [name, value] of Object.entries({
    [LAMBDA_ENV.environment]: 'test',
    [LAMBDA_ENV.language]: 'ko',
    [LAMBDA_ENV.drillTarget]: 'task',
    [LAMBDA_ENV.drillTimeoutMinutes]: '300',
    [LAMBDA_ENV.drillSwitch]: '/videoplanet-backup/test/drills',
  }))
    vi.stubEnv(name, value);
  log = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      log.push(String(text));
      return true;
    });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const says = (Value: string) => ssm.on(GetParameterCommand).resolves({ Parameter: { Value } });
const plan = (input: unknown) =>
  handler({
    input,
    execution: {
      id: 'arn:aws:states:ap-northeast-2:1:execution:d:r',
      name: 'r',
      startedAt: '2026-11-24T00:00:00Z',
    },
  });

describe('a drill', () => {
  it('is held where nobody has said anything', async () => {
    says('{}');
    expect(await plan({})).toMatchObject({ run: true, skipped: { en: '', ko: '' }, target: 'task' });
    expect(ssm.commandCalls(GetParameterCommand)[0]?.args[0].input).toEqual({
      Name: '/videoplanet-backup/test/drills',
    });
  });

  it('is not held while drills are off for the month, and every member is there all the same', async () => {
    says(JSON.stringify({ offForMonth: THIS_MONTH, because: '$120.00 > $100.00' }));
    expect(await plan({})).toMatchObject({
      run: false,
      skipped: { en: expect.stringContaining('$120.00 > $100.00'), ko: expect.stringContaining(THIS_MONTH) },
      command: ['drill', ...Array(10).fill(expect.any(String))],
      taskTimeoutSeconds: 18_000,
    });
  });

  it('is held all the same where somebody wants it, and then nothing is read', async () => {
    says(JSON.stringify({ offForMonth: THIS_MONTH, because: '' }));
    expect(await plan({ aboveCeiling: true })).toMatchObject({ run: true });
    expect(await plan({ aboveCeiling: false })).toMatchObject({ run: false });
    expect(ssm.calls()).toHaveLength(1);
  });

  it.each([
    ['another month', JSON.stringify({ offForMonth: monthBefore(THIS_MONTH), because: '' })],
    ['the word of an operator', JSON.stringify({ onForMonth: THIS_MONTH })],
  ])('is held by %s', async (_, value) => {
    says(value);
    expect(await plan({})).toMatchObject({ run: true });
  });

  it('is held, and that is logged, where nobody understands what is said', async () => {
    says('drills off please');
    expect(await plan({})).toMatchObject({ run: true });
    expect(log.join('')).toContain('says nothing that is understood, so they are on');
  });

  it.each([
    ['SSM refuses', () => ssm.on(GetParameterCommand).rejects(new Error('AccessDenied'))],
    ['nobody has said which parameter', () => vi.stubEnv(LAMBDA_ENV.drillSwitch, '')],
  ])('is held, and that is logged, where %s: a guard must not break drills', async (_, prepare) => {
    prepare();
    expect(await plan({})).toMatchObject({ run: true });
    expect(log.join('')).toContain('the switch of drills cannot be read, so they are on');
  });

  it('that is asked for wrongly is refused, whether drills are off or not', async () => {
    says(JSON.stringify({ offForMonth: THIS_MONTH, because: '' }));
    await expect(plan({ aboveCeiling: 'yes' })).rejects.toThrow(DrillInputInvalid);
    await expect(plan({ target: 'supabase' })).rejects.toThrow(DrillInputInvalid);
    expect(ssm.commandCalls(PutParameterCommand)).toHaveLength(0);
  });
});
