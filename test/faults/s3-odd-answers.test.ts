import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EngineEnd, makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectError, runIn } from '../support/fault-guard.ts';
import {
  expectFailedCleanly,
  type FaultRun,
  makeSource,
  prepareRun,
  TWO_PARTS,
} from '../support/fault-run.ts';
import { type S3Asked, type S3Fault, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { said } from '../support/runs.ts';

const DAILY = ['backup', '--kind', 'daily'];
const PAGE =
  '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Sign in</title></head><body>Hello</body></html>';
const TIDY_PAGE = '<html><body>Sign in</body></html>';
const html = (status: number, body = PAGE): S3Fault => ({ answer: { status, type: 'text/html', body } });

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
  args: readonly string[],
): Promise<EngineEnd> {
  line = await startS3Line(faultOf);
  return await runIn(run, args, line.env);
}

const always = (operation: string, fault: S3Fault) => (asked: S3Asked) =>
  asked.operation === operation ? fault : undefined;

describe('a refusal of S3 says what was got, from where, and what to do', () => {
  it.each<[string, string, S3Fault, RegExp, RegExp]>([
    [
      'listing is forbidden',
      'ListObjects',
      { status: 403, code: 'AccessDenied' },
      /403 AccessDenied/,
      /credentials.*policy/,
    ],
    [
      'S3 is overloaded',
      'ListObjects',
      { status: 503, code: 'SlowDown' },
      /503 SlowDown.*3 attempts/,
      /again later/,
    ],
    [
      'the region is wrong',
      'ListObjects',
      { status: 301, code: 'PermanentRedirect', region: 'eu-west-1' },
      /301 PermanentRedirect/,
      /region eu-west-1.*AWS_REGION/,
    ],
    [
      'the region is wrong, as the signature shows',
      'ListObjects',
      { status: 400, code: 'AuthorizationHeaderMalformed', region: 'eu-west-1' },
      /400 AuthorizationHeaderMalformed/,
      /region eu-west-1.*AWS_REGION/,
    ],
    [
      'a proxy refuses',
      'ListObjects',
      html(400),
      /400, text\/html, which is no answer of S3/,
      /AWS_ENDPOINT_URL_S3.*proxy/,
    ],
    ['a proxy wants a login', 'ListObjects', html(200), /200, text\/html, which is no answer of S3/, /proxy/],
    [
      'a proxy wants a login, in good XML',
      'ListObjects',
      html(200, TIDY_PAGE),
      /200, which is no answer of S3/,
      /proxy/,
    ],
    ['nothing is in the answer', 'ListObjects', html(200, ''), /200, which is no answer of S3/, /proxy/],
  ])('%s, to a list', async (_, operation, fault, got, todo) => {
    const end = await behind(whole, always(operation, fault), ['list']);
    expectError(end, 1, 'StorageError', /s3:\/\/test-.* at 127\.0\.0\.1:\d+/);
    expect(end.result.error.message).toMatch(got);
    expect(end.result.error.message).toMatch(todo);
    expect(end.result.error.message).not.toMatch(/hidden field|Deserialization|UnknownError/);
  });

  it.each<[string, S3Fault, RegExp]>([
    ['reading is forbidden', { status: 403, code: 'AccessDenied' }, /403 AccessDenied.*credentials.*policy/],
    ['a login page', html(200), /no answer of S3.*proxy/],
  ])('%s, to a verification', async (_, fault, says) => {
    const end = await behind(whole, always('GetObject', fault), ['verify', id]);
    expectError(end, 1, 'StorageError', says);
    expect(end.result.error.message).toMatch(/reading s3:\/\/test-.*manifest\.json/);
  });

  it.each<[string, S3Fault, RegExp]>([
    [
      'another region',
      { status: 301, code: 'PermanentRedirect', region: 'eu-west-1' },
      /region eu-west-1.*AWS_REGION/,
    ],
    [
      'another region, as the signature shows',
      { status: 400, code: 'x', region: 'eu-west-1' },
      /region eu-west-1.*AWS_REGION/,
    ],
    ['an overload', { status: 503, code: 'SlowDown' }, /503/],
    ['a proxy', html(407), /407/],
  ])('%s, before a backup begins', async (_, fault, says) => {
    const run = await prepareRun(source);
    const end = await behind(run, always('HeadBucket', fault), DAILY);
    expectError(end, 3, 'BucketError', says);
    expect(end.result.error.message).not.toMatch(/UnknownError|S3ServiceException/);
    expect(await run.bucket.keys()).toEqual([]);
  });
});

describe('a page instead of an answer makes no backup', () => {
  it.each<[string, (asked: S3Asked) => boolean]>([
    ['to everything', () => true],
    [
      'to reading the manifest',
      ({ operation, key }) => operation === 'GetObject' && key.endsWith('manifest.json'),
    ],
    ['to the claim', ({ operation, key }) => operation === 'PutObject' && key.endsWith('claim.json')],
    ['to a small object', ({ operation, key }) => operation === 'PutObject' && key.endsWith('.gpg')],
    ['to the begin of an upload', ({ operation }) => operation === 'CreateMultipartUpload'],
    ['to a part', ({ operation }) => operation === 'UploadPart'],
    ['to the end of an upload', ({ operation }) => operation === 'CompleteMultipartUpload'],
    ['to the manifest', ({ operation, key }) => operation === 'PutObject' && key.endsWith('manifest.json')],
  ])('%s', async (_, isHit) => {
    const run = await prepareRun(source);
    const end = await behind(run, (asked) => (isHit(asked) ? html(200, TIDY_PAGE) : undefined), [
      ...DAILY,
      '--no-verify',
    ]);
    expect(end.result.error?.message, said(end)).toMatch(/no answer of S3.*proxy/);
    await line?.stop();
    await expectFailedCleanly(run, end, 'StorageError');
  });
});

describe('a conflict with another write', () => {
  const CONFLICT: S3Fault = { status: 409, code: 'ConditionalRequestConflict' };
  const hits: [string, (asked: S3Asked) => boolean][] = [
    ['the claim', ({ operation, key }) => operation === 'PutObject' && key.endsWith('claim.json')],
    ['a small object', ({ operation, key }) => operation === 'PutObject' && key.endsWith('.gpg')],
    ['an object in parts', ({ operation }) => operation === 'CompleteMultipartUpload'],
    ['the manifest', ({ operation, key }) => operation === 'PutObject' && key.endsWith('manifest.json')],
  ];

  it.each(hits)('that passes is waited for: %s', async (_, isHit) => {
    const run = await prepareRun(source);
    const end = await behind(
      run,
      (asked) => (isHit(asked) && asked.attempt === 1 ? CONFLICT : undefined),
      DAILY,
    );
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified', existing: false } });
  });

  it.each(hits)('that never passes is no set, and says so: %s', async (_, isHit) => {
    const run = await prepareRun(source, { ...TWO_PARTS, upload: { ...TWO_PARTS.upload, attempts: 2 } });
    const end = await behind(run, (asked) => (isHit(asked) ? CONFLICT : undefined), DAILY);
    expect(end.result.error?.message, said(end)).toMatch(
      /409 ConditionalRequestConflict.*another write.*start again/,
    );
    await line?.stop();
    await expectFailedCleanly(run, end, 'StorageError');
  });
});

describe('a restore behind a login page', () => {
  it('says so, and does nothing', async () => {
    const target = await makeDatabase(15);
    line = await startS3Line(() => html(200, TIDY_PAGE));
    const env = { ...line.env, TARGET_DATABASE_URL: target.url };
    const end = await runIn(whole, ['restore', 'latest', '--mode', 'full'], env);
    expectError(end, 1, 'StorageError', /no answer of S3.*proxy/);
  });
});
