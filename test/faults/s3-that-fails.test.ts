import { beforeAll, describe, expect, inject, it } from 'vitest';
import { engine, makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectFailedCleanly, type FaultRun, makeSource, prepareRun } from '../support/fault-run.ts';
import { type Fate, type S3Request, startS3Proxy } from '../support/fault-s3.ts';

let source: TestDatabase;
beforeAll(async () => {
  source = await makeSource();
});

const DOWN: Fate = { status: 503, code: 'SlowDown' };
const BROKEN: Fate = { status: 500, code: 'InternalError' };
const isPart = ({ method, url }: S3Request) => method === 'PUT' && url.includes('partNumber=');
const isCompletion = ({ method, url }: S3Request) => method === 'POST' && url.includes('uploadId=');
const isObjectRead = ({ method, url }: S3Request) => method === 'GET' && url.includes('.gpg');

/** Runs a verb behind an S3 that fails as told. */
async function behind(run: FaultRun, fateOf: (request: S3Request) => Fate, args: string[], env = {}) {
  const proxy = await startS3Proxy(inject('s3').endpoint, fateOf);
  try {
    const end = await engine(args, { ...run.env, AWS_ENDPOINT_URL_S3: proxy.endpoint, ...env });
    expect(proxy.harmed()).toBeGreaterThan(0);
    return end;
  } finally {
    await proxy.close();
  }
}

/** The first request for each thing fails, its retry passes. */
function atFirst(isHit: (request: S3Request) => boolean, fate: Fate): (request: S3Request) => Fate {
  const seen = new Set<string>();
  return (request) => {
    if (!isHit(request) || seen.has(request.url)) return 'pass';
    seen.add(request.url);
    return fate;
  };
}

describe('an S3 that fails now and then', () => {
  it.each([
    ['answers every part with 500 at first', atFirst(isPart, BROKEN)],
    ['answers every part with 503 at first', atFirst(isPart, DOWN)],
    ['resets the connection at every part at first', atFirst(isPart, 'reset')],
    ['fails a completion once', atFirst(isCompletion, BROKEN)],
    ['cuts the first reading of every object in half', atFirst(isObjectRead, 'cut-body')],
  ])('does not stop a backup when it %s', async (_, fateOf) => {
    const run = await prepareRun(source);
    const end = await behind(run, fateOf, ['backup', '--kind', 'daily']);
    expect(end, end.stderr + end.stdout).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(await run.bucket.openUploads()).toBe(0);
  });
});

describe('an S3 that fails for good', () => {
  const always = (isHit: (request: S3Request) => boolean, fate: Fate) => (request: S3Request) =>
    isHit(request) ? fate : 'pass';
  it.each([
    ['parts', always(isPart, DOWN)],
    ['parts, by resets', always(isPart, 'reset')],
    ['completions', always(isCompletion, BROKEN)],
    ['the manifest', always(({ method, url }) => method === 'PUT' && url.includes('manifest.json'), BROKEN)],
  ])('stops a backup that leaves nothing half done: %s', async (_, fateOf) => {
    const run = await prepareRun(source);
    await expectFailedCleanly(run, await behind(run, fateOf, ['backup', '--kind', 'daily']), 'StorageError');
  });

  it('stops a restore when bodies are always cut, and the target is empty again', async () => {
    const run = await prepareRun(source);
    const made = await engine(['backup', '--kind', 'daily'], run.env);
    const target = await makeDatabase(15);
    const args = ['restore', made.result.id, '--mode', 'full'];
    const end = await behind(run, always(isObjectRead, 'reset'), args, { TARGET_DATABASE_URL: target.url });
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
