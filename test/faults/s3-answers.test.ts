import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../support/engine.ts';
import { expectError, runIn } from '../support/fault-guard.ts';
import { expectFailedCleanly, type FaultRun, makeSource, prepareRun } from '../support/fault-run.ts';
import { type S3Asked, type S3Fault, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { emptyTarget, TARGETS } from '../support/fault-target.ts';

const DAILY = ['backup', '--kind', 'daily'];
let source: TestDatabase;
/** With one set, made without faults. */
let whole: FaultRun;
let id: string;
beforeAll(async () => {
  source = await makeSource();
  whole = await prepareRun(source);
  id = (await runIn(whole, DAILY)).result.id;
});

let line: S3Line | undefined;
afterEach(() => line?.stop());

async function behind(
  run: FaultRun,
  faultOf: (asked: S3Asked) => S3Fault | undefined,
  args: string[],
  env = {},
) {
  line = await startS3Line(faultOf);
  const end = await runIn(run, args, { ...line.env, ...env });
  await line.struck;
  return end;
}

/** The first asking for each thing goes wrong, the second goes well. */
const once = (operation: string, fault: S3Fault) => (asked: S3Asked) =>
  asked.operation === operation && asked.attempt === 1 ? fault : undefined;
const data = ({ key }: S3Asked) => key.endsWith('.gpg');

describe('a backup goes on when S3', () => {
  it.each<[string, (asked: S3Asked) => S3Fault | undefined]>([
    ['is slow', (asked) => (asked.operation === 'UploadPart' ? { delayMs: 500 } : undefined)],
    ['resets the connection in the middle of every part', once('UploadPart', { resetAfter: 1_000_000 })],
    ['takes every part, but its answer is lost', once('UploadPart', 'lose-answer')],
    ['begins an upload, but its answer is lost', once('CreateMultipartUpload', 'lose-answer')],
  ])('%s', async (_, faultOf) => {
    const run = await prepareRun(source);
    const end = await behind(run, faultOf, DAILY);
    expect(end, end.stderr + end.stdout).toMatchObject({ exitCode: 0, result: { existing: false } });
    expect(await run.bucket.openUploads()).toBe(0);
  });

  // S3 keeps what it took: the repeated request meets the object that the first one made
  it.each<[string, (asked: S3Asked) => boolean]>([
    ['an object sent in parts', ({ operation }) => operation === 'CompleteMultipartUpload'],
    ['an object sent at once', (asked) => asked.operation === 'PutObject' && data(asked)],
    ['the claim', ({ operation, key }) => operation === 'PutObject' && key.endsWith('claim.json')],
    ['the manifest', ({ operation, key }) => operation === 'PutObject' && key.endsWith('manifest.json')],
  ])('takes %s, but its answer is lost', async (_, isHit) => {
    const run = await prepareRun(source);
    const faultOf = (asked: S3Asked) => (isHit(asked) && asked.attempt === 1 ? 'lose-answer' : undefined);
    const end = await behind(run, faultOf, DAILY);
    expect(end, end.stderr + end.stdout).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(end.stderr).not.toContain('another run of this slot');
    expect(await run.bucket.openUploads()).toBe(0);
  });
});

describe('an endpoint that takes no checksums', () => {
  it('is served without, when the SDK is told so in its own way', async () => {
    const run = await prepareRun(source);
    const refused: string[] = [];
    line = await startS3Line(({ headers }) => {
      const checksum = headers.find((name) => /checksum/.test(name));
      if (checksum === undefined) return undefined;
      refused.push(checksum);
      return { status: 501, code: 'NotImplemented' };
    });
    const env = { ...line.env, AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required' };
    const without = await runIn(run, DAILY, { ...env, AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required' });
    expect(without, without.stderr + without.stdout).toMatchObject({ exitCode: 0 });
    expect(refused).toEqual([]);
  });
});

describe('a verification and a restore go on when S3', () => {
  it.each<[string, (asked: S3Asked) => S3Fault | undefined]>([
    [
      'cuts every object in the middle, once',
      (asked) => (data(asked) && asked.attempt === 1 ? { cutAfter: 300 } : undefined),
    ],
    ['cuts every object again and again', (asked) => (data(asked) ? { cutAfter: 2_500_000 } : undefined)],
    ['is slow', (asked) => (data(asked) ? { delayMs: 500 } : undefined)],
  ])('%s', async (_, faultOf) => {
    const read = await behind(whole, faultOf, ['verify', id]);
    expect(read, read.stderr + read.stdout).toMatchObject({ exitCode: 0, result: { depth: 'content' } });
    await line?.stop();
    const target = await emptyTarget();
    const env = { TARGET_DATABASE_URL: target.database.url };
    const end = await behind(whole, faultOf, ['restore', id, '--mode', 'full'], env);
    expect(end, end.stderr + end.stdout).toMatchObject({ exitCode: 0, result: { notVerified: [] } });
  });
});

describe('an object that never comes beyond a point', () => {
  const POINT = 1000;
  const beyond = (asked: S3Asked) =>
    data(asked) && asked.key.includes('/data/') ? { cutAfter: Math.max(POINT - asked.from, 0) } : undefined;

  it('is no finding of a verification, which has failed itself', async () => {
    const end = await behind(whole, beyond, ['verify', id]);
    expectError(end, 1, 'StorageError', /reading .*\/data\/.* from byte 1000/);
    const after = await runIn(whole, ['list']);
    expect(after.result.sets).toMatchObject([{ id, state: 'verified' }]);
  });

  it.each(TARGETS)('ends a restore into %s, which is as before', async (_, make) => {
    const target = await make();
    const args = ['restore', id, '--mode', 'full', ...target.args];
    const end = await behind(whole, beyond, args, { TARGET_DATABASE_URL: target.database.url });
    expectError(end, 1, 'StorageError', /reading .*\/data\/.* from byte 1000/);
    await target.expectUntouched();
  });
});

describe('a manifest that S3 never takes', () => {
  it('makes no backup', async () => {
    const run = await prepareRun(source);
    const never = ({ key }: S3Asked) => (key.endsWith('manifest.json') ? { resetAfter: 0 } : undefined);
    const put = (asked: S3Asked) => (asked.operation === 'PutObject' ? never(asked) : undefined);
    const end = await behind(run, put, DAILY);
    expectError(end, 1, 'StorageError', /manifest\.json/);
    await line?.stop();
    await expectFailedCleanly(run, end, 'StorageError');
  });
});
