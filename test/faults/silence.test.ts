import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';
import { cleanUpAfter, expectError, expectNothingLeft, runIn, startIn } from '../support/fault-guard.ts';
import { type Line, startLine } from '../support/fault-proxy.ts';
import {
  expectFailedCleanly,
  type FaultRun,
  makeSource,
  prepareRun,
  TWO_PARTS,
} from '../support/fault-run.ts';
import { type S3Asked, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { emptyTarget } from '../support/fault-target.ts';
import { until } from '../support/runs.ts';

// Nothing answers and nothing fails: the worst that a network can do. A run that is told to stop, or that reaches its
// time limit, must end all the same, say why, and leave nothing of its own behind.

const DAILY = ['backup', '--kind', 'daily'];
/** The promise after SIGTERM; Fargate itself waits 120 s. */
const PROMISED_MS = 20_000;
const LIMITED = { ...TWO_PARTS, limits: { runMinutes: 0.15 } };

let source: TestDatabase;
beforeAll(async () => {
  source = await makeSource();
});

let s3: S3Line | undefined;
let line: Line | undefined;
const runs: FaultRun[] = [];
afterEach(async () => {
  await Promise.all([s3?.stop(), line?.stop()]);
  await Promise.all(runs.splice(0).map(cleanUpAfter));
});

async function prepare(from: { url: string } = source, config: unknown = TWO_PARTS): Promise<FaultRun> {
  const run = await prepareRun(from, config);
  runs.push(run);
  return run;
}

const parts = ({ operation }: S3Asked) => (operation === 'UploadPart' ? 'hold' : undefined);
/** So much of an object and not a byte more. */
const SILENT = { silentAfter: 1000 };
const slices = ({ operation, key }: S3Asked) =>
  operation === 'GetObject' && key.includes('/data/') ? SILENT : undefined;

describe('an S3 that takes a part and never answers', () => {
  it('does not keep a backup from ending when told to', async () => {
    const run = await prepare();
    s3 = await startS3Line(parts);
    const { child, end } = startIn(run, DAILY, s3.env);
    await s3.struck;
    const told = performance.now();
    child.kill('SIGTERM');
    const ended = await end;
    expect(performance.now() - told).toBeLessThan(PROMISED_MS);
    expectError(ended, 1, 'InterruptedError', /SIGTERM/);
    await expectNothingLeft(run, ended);
  });

  it('does not keep a backup from taking its other uploads back', async () => {
    const run = await prepare();
    s3 = await startS3Line(parts);
    const { child, end } = startIn(run, DAILY, s3.env);
    await s3.struck;
    expect(await run.bucket.openUploads()).toBeGreaterThan(0);
    child.kill('SIGINT');
    await expectFailedCleanly(run, await end, 'InterruptedError');
  });

  it('does not make a backup forget an upload that S3 was just beginning', async () => {
    const run = await prepare();
    s3 = await startS3Line(({ operation }) =>
      operation === 'CreateMultipartUpload' ? { answerAfterMs: 2000 } : undefined,
    );
    const { child, end } = startIn(run, DAILY, s3.env);
    await until(async () => (await run.bucket.openUploads()) > 0);
    child.kill('SIGTERM');
    await expectFailedCleanly(run, await end, 'InterruptedError');
  });

  it('does not keep a backup from ending at its time limit', async () => {
    const run = await prepare(source, LIMITED);
    s3 = await startS3Line(parts);
    await expectFailedCleanly(run, await runIn(run, DAILY, s3.env), 'TimeLimitError');
  });
});

describe('an S3 that stops in the middle of an object', () => {
  it('does not keep a restore from ending when told to, the target empty again', async () => {
    const run = await prepare();
    const { id } = (await runIn(run, DAILY)).result;
    const target = await emptyTarget();
    s3 = await startS3Line(slices);
    const env = { ...s3.env, TARGET_DATABASE_URL: target.database.url };
    const { child, end } = startIn(run, ['restore', id, '--mode', 'full'], env);
    await s3.struck;
    const told = performance.now();
    child.kill('SIGTERM');
    const ended = await end;
    expect(performance.now() - told).toBeLessThan(PROMISED_MS);
    expectError(ended, 1, 'InterruptedError', /SIGTERM/);
    await expectNothingLeft(run, ended);
    await target.expectUntouched();
  });

  it('does not keep a verification from ending at its time limit', async () => {
    const run = await prepare(source, LIMITED);
    const { id } = (await runIn(run, DAILY)).result;
    s3 = await startS3Line(slices);
    expectError(await runIn(run, ['verify', id], s3.env), 1, 'TimeLimitError', /runMinutes/);
  });
});

describe('a database that says nothing any more', () => {
  it('does not keep a backup from ending when told to', async () => {
    line = await startLine(source.url);
    const run = await prepare({ url: line.url });
    s3 = await startS3Line(parts);
    const { child, end } = startIn(run, DAILY, s3.env);
    await s3.struck;
    line.silence();
    s3.release();
    const told = performance.now();
    child.kill('SIGTERM');
    const ended = await end;
    expect(performance.now() - told).toBeLessThan(PROMISED_MS);
    await expectFailedCleanly(
      { ...run, env: { ...run.env, DATABASE_URL: source.url } },
      ended,
      'InterruptedError',
    );
  });

  it('does not keep a backup from ending at its time limit', async () => {
    line = await startLine(source.url);
    const run = await prepare({ url: line.url }, LIMITED);
    s3 = await startS3Line(parts);
    const { end } = startIn(run, DAILY, s3.env);
    await s3.struck;
    line.silence();
    s3.release();
    await expectFailedCleanly(run, await end, 'TimeLimitError');
  });

  it('does not keep a restore from ending when told to', async () => {
    const run = await prepare();
    const { id } = (await runIn(run, DAILY)).result;
    line = await startLine((await makeDatabase(15)).url);
    s3 = await startS3Line(slices);
    const env = { ...s3.env, TARGET_DATABASE_URL: line.url };
    const { child, end } = startIn(run, ['restore', id, '--mode', 'full'], env);
    await s3.struck;
    line.silence();
    const told = performance.now();
    child.kill('SIGTERM');
    const ended = await end;
    expect(performance.now() - told).toBeLessThan(PROMISED_MS);
    expectError(ended, 1, 'InterruptedError', /SIGTERM/);
    // nobody can reach the target, so what was begun is still there: a person must be told
    expect(ended.result.error.message).not.toContain('was taken back');
    await expectNothingLeft(run, ended);
  });
});
