import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linkKey } from '../../core/audit-chain.ts';
import { engine, makeBucket, type TestBucket } from '../support/engine.ts';
import { type S3Asked, type S3Fault, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { type Bundles, bundleFunctions } from '../support/functions.ts';
import { said } from '../support/runs.ts';

// The audit function and what S3 can do to it. Whatever that is: no record twice, none lost that was said to be written,
// and a chain that is whole as soon as somebody has written again.

let bundles: Bundles;
let bucket: TestBucket;
let line: S3Line | undefined;
beforeAll(async () => {
  bundles = await bundleFunctions(['audit']);
});
afterAll(() => bundles.remove());
beforeEach(async () => {
  bucket = await makeBucket();
});
afterEach(async () => {
  await line?.stop();
  line = undefined;
});

const keyOf = (n: number) => `audit/2026/11/24/02000${n}Z-backup-run-${n}-succeeded.json`;

function write(n: number, env: Readonly<Record<string, string>> = {}) {
  const execution = { id: `arn:${n}`, name: `run-${n}`, startedAt: `2026-11-24T02:00:0${n}Z` };
  const event = { event: 'backup', status: 'succeeded', execution, input: {} };
  return bundles.call('audit', event, { ...bucket.env, ...env });
}

async function expectWhole(links: number): Promise<void> {
  const end = await engine(['audit', '--verify'], bucket.env);
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'whole', links, pending: null } });
}

/** A fault at writing an object, so many times. */
const at =
  (wanted: string, fault: S3Fault, times = 1) =>
  ({ operation, key, attempt }: S3Asked) =>
    operation === 'PutObject' && key.endsWith(wanted) && attempt <= times ? fault : undefined;

describe('a record is written once and chained', () => {
  it.each<[string, string, S3Fault]>([
    ['the answer to its link is lost', linkKey(2), 'lose-answer'],
    ['the answer to the record is lost', keyOf(2), 'lose-answer'],
    [
      'another write of its link is under way',
      linkKey(2),
      { status: 409, code: 'ConditionalRequestConflict' },
    ],
    [
      'another write of the record is under way',
      keyOf(2),
      { status: 409, code: 'ConditionalRequestConflict' },
    ],
    ['its number is said to be taken', linkKey(2), { status: 412, code: 'PreconditionFailed' }],
    ['S3 is overloaded', linkKey(2), { status: 503, code: 'SlowDown' }],
  ])('when %s', async (_, key, fault) => {
    await write(1);
    line = await startS3Line(at(key, fault));
    const { result, error } = await write(2, line.env);
    expect({ result, error }).toEqual({ result: { key: keyOf(2), existing: false }, error: undefined });
    await expectWhole(2);
  });
});

it('a record that S3 does not take under its key is in the chain, and put there by whoever writes next', async () => {
  line = await startS3Line(at(keyOf(1), { status: 403, code: 'AccessDenied' }, 100));
  const { result, log } = await write(1, line.env);
  expect(result).toEqual({ key: keyOf(1), existing: false });
  expect(log).toContainEqual(expect.objectContaining({ level: 'WARN' }));
  expect(await bucket.keys('audit/2026')).toEqual([]);
  const waiting = await engine(['audit', '--verify'], bucket.env);
  expect(waiting, said(waiting)).toMatchObject({ exitCode: 0, result: { pending: keyOf(1) } });
  expect((await write(2)).error).toBeUndefined();
  expect(await bucket.keys('audit/2026')).toEqual([keyOf(1), keyOf(2)]);
  await expectWhole(2);
  expect((await write(1)).result).toEqual({ key: keyOf(1), existing: true });
  await expectWhole(2);
});

it('a record that S3 refuses altogether fails the function, and leaves nothing', async () => {
  line = await startS3Line(({ operation }) =>
    operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined,
  );
  const { error } = await write(1, line.env);
  expect(error).toMatchObject({ name: 'StorageError', message: expect.stringContaining(linkKey(1)) });
  expect(await bucket.keys('audit/')).toEqual([]);
});

it('records that many write at once each find their place', async () => {
  const ends = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => write(n)));
  expect(ends.map(({ error }) => error)).toEqual(ends.map(() => undefined));
  await expectWhole(6);
});

it('a log that S3 does not let anybody read is neither whole nor broken', async () => {
  await write(1);
  line = await startS3Line(({ operation, key }) =>
    operation === 'GetObject' && key.includes('audit/') ? { status: 403, code: 'AccessDenied' } : undefined,
  );
  const end = await engine(['audit', '--verify'], { ...bucket.env, ...line.env });
  expect(end, said(end)).toMatchObject({ exitCode: 2, result: { outcome: 'could-not-verify' } });
});
