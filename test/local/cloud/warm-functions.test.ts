import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LambdaFunction } from '../../../local/cloud/lambda.ts';
import type { ProgramEnd } from '../../../local/cloud/program.ts';
import { type WarmFunctions, warmFunctions } from '../../../local/cloud/warm-functions.ts';

const HANDLER = `
let calls = 0;
export async function handler({ say, wait = 0, fail, exit }) {
  calls += 1;
  if (say !== undefined) { console.log(say); console.error(say.toUpperCase()); }
  await new Promise((resolve) => setTimeout(resolve, wait));
  if (exit) process.exit(7);
  if (fail) throw Object.assign(new Error(fail), { name: 'OnPurpose' });
  return { pid: process.pid, calls };
}`;

let code: string;
let warm: WarmFunctions;
let target: LambdaFunction;

beforeAll(async () => {
  code = await mkdtemp(join(tmpdir(), 'vpb-warm-'));
  await writeFile(join(code, 'index.mjs'), HANDLER);
  warm = warmFunctions();
  target = {
    ...{ name: 'counts', arn: 'arn:aws:lambda:x:1:function:counts', roleArn: 'arn:role', code },
    ...{ handler: 'index.handler', environment: {}, timeoutSeconds: 30, memoryMiB: 128 },
  };
});
afterAll(async () => {
  await warm.stop();
  await rm(code, { recursive: true });
});

/** Calls it, and gives what it answered with what it printed. */
async function call(event: object, of: LambdaFunction = target) {
  const ends: ProgramEnd[] = [];
  const keep = (end: ProgramEnd) => void ends.push(end);
  const settled = warm.invoke(of, event, {}, keep, new AbortController().signal);
  const [outcome] = await Promise.allSettled([settled as Promise<{ pid: number; calls: number }>]);
  return { outcome, ends };
}
const answerOf = ({ outcome }: Awaited<ReturnType<typeof call>>) => {
  if (outcome?.status !== 'fulfilled') throw new Error(String(outcome?.reason));
  return outcome.value;
};

describe('a function that is kept warm', () => {
  it('answers the next event in the process of the one before', async () => {
    const first = answerOf(await call({}));
    const second = answerOf(await call({}));
    expect(second).toEqual({ pid: first.pid, calls: first.calls + 1 });
  });

  it('gives each call what was printed during it, and no more', async () => {
    const ends = [
      (await call({ say: 'one' })).ends,
      (await call({})).ends,
      (await call({ say: 'two' })).ends,
    ];
    expect(ends.map((each) => each.map(({ stdout, stderr }) => [stdout, stderr]))).toEqual([
      [['one\n', 'ONE\n']],
      [['', '']],
      [['two\n', 'TWO\n']],
    ]);
  });

  it('has another process for an event that comes while it is at work', async () => {
    const [slow, quick] = await Promise.all([call({ wait: 500 }), call({})]);
    expect(answerOf(quick).pid).not.toBe(answerOf(slow).pid);
  });

  it('fails by the name of its error, and goes on', async () => {
    const before = answerOf(await call({}));
    const { outcome } = await call({ fail: 'no' });
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'OnPurpose' } });
    expect(answerOf(await call({})).pid).toBe(before.pid);
  });

  it('that ends its process has failed, and the next event has a new one', async () => {
    const before = answerOf(await call({}));
    const { outcome, ends } = await call({ exit: true, say: 'last' });
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'Runtime.ExitError' } });
    expect(ends).toMatchObject([{ exitCode: 7 }]);
    expect(answerOf(await call({})).pid).not.toBe(before.pid);
  });

  it('is ended where its time is up', async () => {
    const { outcome } = await call({ wait: 60_000 }, { ...target, name: 'slow', timeoutSeconds: 1 });
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'Sandbox.Timedout' } });
  });
});
