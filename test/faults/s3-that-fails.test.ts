import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engine, makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectFailedCleanly, type FaultRun, makeSource, prepareRun } from '../support/fault-run.ts';
import { type S3Asked, type S3Fault, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';

let source: TestDatabase;
beforeAll(async () => {
  source = await makeSource();
});

let line: S3Line | undefined;
afterEach(() => line?.stop());

const DOWN: S3Fault = { status: 503, code: 'SlowDown' };
const BROKEN: S3Fault = { status: 500, code: 'InternalError' };
const RESET: S3Fault = { resetAfter: 0 };
type Hit = (asked: S3Asked) => boolean;
const isPart: Hit = ({ operation }) => operation === 'UploadPart';
const isCompletion: Hit = ({ operation }) => operation === 'CompleteMultipartUpload';
const isObjectRead: Hit = ({ operation, key }) => operation === 'GetObject' && key.endsWith('.gpg');
const isManifest: Hit = ({ operation, key }) => operation === 'PutObject' && key.endsWith('manifest.json');

/** The first request for each thing fails, its retry passes. */
const atFirst = (isHit: Hit, fault: S3Fault) => (asked: S3Asked) =>
  isHit(asked) && asked.attempt === 1 ? fault : undefined;
const always = (isHit: Hit, fault: S3Fault) => (asked: S3Asked) => (isHit(asked) ? fault : undefined);

/** Runs a verb behind an S3 that fails as told. */
async function behind(
  run: FaultRun,
  faultOf: (asked: S3Asked) => S3Fault | undefined,
  args: string[],
  env = {},
) {
  line = await startS3Line(faultOf);
  const end = await engine(args, { ...run.env, ...line.env, ...env });
  await line.struck;
  return end;
}

describe('an S3 that fails now and then', () => {
  it.each([
    ['answers every part with 500 at first', atFirst(isPart, BROKEN)],
    ['answers every part with 503 at first', atFirst(isPart, DOWN)],
    ['resets the connection at every part at first', atFirst(isPart, RESET)],
    ['fails a completion once', atFirst(isCompletion, BROKEN)],
    ['cuts the first reading of every object', atFirst(isObjectRead, { cutAfter: 300 })],
  ])('does not stop a backup when it %s', async (_, faultOf) => {
    const run = await prepareRun(source);
    const end = await behind(run, faultOf, ['backup', '--kind', 'daily']);
    expect(end, end.stderr + end.stdout).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(await run.bucket.openUploads()).toBe(0);
  });
});

describe('an S3 that fails for good', () => {
  it.each([
    ['parts', always(isPart, DOWN)],
    ['parts, by resets', always(isPart, RESET)],
    ['completions', always(isCompletion, BROKEN)],
    ['the manifest', always(isManifest, BROKEN)],
  ])('stops a backup that leaves nothing half done: %s', async (_, faultOf) => {
    const run = await prepareRun(source);
    await expectFailedCleanly(run, await behind(run, faultOf, ['backup', '--kind', 'daily']), 'StorageError');
  });

  it('stops a restore when objects are never given, and the target is empty again', async () => {
    const run = await prepareRun(source);
    const made = await engine(['backup', '--kind', 'daily'], run.env);
    const target = await makeDatabase(15);
    const args = ['restore', made.result.id, '--mode', 'full'];
    const end = await behind(run, always(isObjectRead, BROKEN), args, { TARGET_DATABASE_URL: target.url });
    expect(end, end.stderr).toMatchObject({ exitCode: 1, result: { error: { name: 'StorageError' } } });
    const { rows } = await target.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
    );
    expect(rows).toEqual([]);
  });
});

describe('the limit of parts', () => {
  it('is met before S3 refuses, and nothing is left', async () => {
    const run = await prepareRun(source, {
      backup: { workers: 2, slicing: { thresholdMiB: 1, minSliceMiB: 64 } },
      upload: { firstPartMiB: 5, maxParts: 2 },
    });
    const end = await engine(['backup', '--kind', 'daily'], run.env);
    await expectFailedCleanly(run, end, 'ObjectTooLargeError');
  });
});
