import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir } from 'node:fs/promises';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3_PATH } from '../../local/supabase/storage-request.ts';
import { type EngineEnd, engine, makeBucket, startEngine, type TestBucket } from '../support/engine.ts';
import { type S3Asked, type S3Fault, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { makeKeyPair } from '../support/keys.ts';
import { readObject, said } from '../support/runs.ts';
import { filesEnv, makeProject, type TestProject } from '../support/storage.ts';

const LARGE = randomBytes(3 * 1024 * 1024);
const FEW = { attempts: 2, workers: 3 };
let source: TestProject;
let target: TestProject;
let bucket: TestBucket;
let line: S3Line | undefined;

beforeAll(async () => {
  source = await makeProject();
  await source.bucket('b');
  await source.put('b', 'a.txt', 'small', { ContentType: 'text/plain' });
  await source.put('b', 'large', LARGE);
  await source.put('b', 'other', 'other');
});
afterAll(() => source.stop());

beforeEach(async () => {
  [target, bucket] = [await makeProject(), await makeBucket()];
  const end = await engine(['files', 'backup'], await filesEnv(bucket, source));
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { files: 3 } });
});
afterEach(async () => {
  await line?.stop();
  await target.stop();
});

const blobOf = (content: Buffer | string) => {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return `assets/blobs/${sha256.slice(0, 2)}/${sha256}.gpg`;
};

async function restore(env: Record<string, string> = {}, ...args: string[]): Promise<EngineEnd> {
  return engine(['files', 'restore', 'latest', ...args], {
    ...(await filesEnv(bucket, source, target, FEW)),
    ...env,
  });
}

/** One file failed and is named, the others are back. */
function expectOneFailed(end: EngineEnd, name: string, because: RegExp): void {
  expect(end, said(end)).toMatchObject({
    exitCode: 1,
    result: { outcome: 'failed', verified: 2, failed: 1 },
  });
  expect(end.result.failures).toHaveLength(1);
  expect(end.result.failures[0]).toContain(`b/${name}`);
  expect(end.result.failures[0]).toMatch(because);
}

const overwrite = (Key: string, Body: Buffer) =>
  bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));

describe('a blob', () => {
  it('that is gone', async () => {
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: blobOf('small') }));
    expectOneFailed(await restore(), 'a.txt', /gone from the bucket/);
    const check = await engine(['files', 'check'], await filesEnv(bucket, source));
    expect(check, said(check)).toMatchObject({
      exitCode: 1,
      result: { blobsMissing: { names: ['b/a.txt'] } },
    });
  });

  it.each<[string, string, string | Buffer]>([
    ['small', 'a.txt', 'small'],
    ['large', 'large', LARGE],
  ])('that is %s and cut short', async (_, name, content) => {
    const key = blobOf(content);
    await overwrite(key, (await readObject(bucket, key)).subarray(0, -7));
    expectOneFailed(await restore(), name, /stored size is/);
  });

  it.each<[string, string, string | Buffer]>([
    ['small', 'a.txt', 'small'],
    ['large', 'large', LARGE],
  ])('that is %s and has a bit turned', async (_, name, content) => {
    const key = blobOf(content);
    const bytes = await readObject(bucket, key);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
    await overwrite(key, bytes);
    expectOneFailed(await restore(), name, /SHA-256/);
    expect(await target.names()).not.toContain(`b/${name}`);
  });

  it('that was encrypted in place of another', async () => {
    const swapped = await readObject(bucket, blobOf('other'));
    // of the same length, so that only the content tells
    await overwrite(blobOf('small'), swapped);
    const end = await restore();
    expectOneFailed(end, 'a.txt', /SHA-256/);
  });
});

describe('a key', () => {
  it('that opens none of it is found out before anything is written', async () => {
    const { privateKey } = await makeKeyPair('another');
    const end = await restore({ GPG_PRIVATE_KEY: privateKey });
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'WrongKeyError' } } });
    expect((await target.database.query('SELECT * FROM storage.buckets')).rows).toEqual([]);
  });

  it('with a passphrase opens small and large files', async () => {
    const pair = await makeKeyPair('locked', { passphrase: 'päss' });
    const own = await makeBucket();
    const keys = { GPG_PUBLIC_KEY: pair.publicKey, GPG_PRIVATE_KEY: pair.privateKey, GPG_PASSPHRASE: 'päss' };
    const env = { ...(await filesEnv(own, source, target, FEW)), ...keys };
    expect((await engine(['files', 'backup'], env)).exitCode).toBe(0);
    const end = await engine(['files', 'restore', 'latest'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { verified: 3 } });
    const wrong = await engine(['files', 'restore', 'latest'], { ...env, GPG_PASSPHRASE: 'wrong' });
    expect(wrong, said(wrong)).toMatchObject({ exitCode: 3, result: { error: { name: 'KeyError' } } });
  });
});

describe('a target', () => {
  async function behind(faultOf: (asked: S3Asked) => S3Fault | undefined): Promise<Record<string, string>> {
    line = await startS3Line(faultOf, new URL(target.storage.endpoint).origin);
    return { TARGET_STORAGE_S3_ENDPOINT: `${line.env.AWS_ENDPOINT_URL_S3}${S3_PATH}` };
  }
  const is = (operation: string, name: string) => (asked: S3Asked) =>
    asked.operation === operation && asked.key.endsWith(`/b/${name}`);

  it('whose bucket refuses size or type is named with the file', async () => {
    await target.bucket('b', { limit: 1_000_000 });
    expectOneFailed(await restore(), 'large', /EntityTooLarge.*file_size_limit/);
  });

  it('whose bucket refuses the type, likewise', async () => {
    await target.bucket('b', { types: ['application/octet-stream'] });
    expectOneFailed(await restore(), 'a.txt', /InvalidMimeType.*allowed_mime_types/);
  });

  it.each<[string, string, S3Fault]>([
    ['answers an upload with 500', 'PutObject', { status: 500, code: 'InternalError' }],
    ['loses the answer to an upload', 'PutObject', 'lose-answer'],
    ['cuts the reading back', 'GetObject', { cutAfter: 2 }],
  ])('that %s at first is asked again', async (_, operation, fault) => {
    const env = await behind((asked) =>
      is(operation, 'other')(asked) && asked.attempt === 1 ? fault : undefined,
    );
    const end = await restore(env);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { verified: 3 } });
  });

  it('that fails over one file for good is named with it', async () => {
    const env = await behind((asked) =>
      is('PutObject', 'other')(asked) ? { status: 500, code: 'InternalError' } : undefined,
    );
    expectOneFailed(await restore(env), 'other', /InternalError/);
  });

  it('that gives back other bytes than it took is not believed', async () => {
    const lie = { answer: { status: 200, type: 'text/plain', body: 'lying' } };
    const env = await behind((asked) => (is('GetObject', 'other')(asked) ? lie : undefined));
    expectOneFailed(await restore(env), 'other', /reads back as 5 bytes/);
  });

  it('can be finished when the run was killed, and nothing is left behind', async () => {
    const env = await behind((asked) => (is('PutObject', 'other')(asked) ? 'hold' : undefined));
    const tmp = await mkdtemp('/tmp/vpf-');
    const all = { ...(await filesEnv(bucket, source, target, FEW)), ...env, TMPDIR: tmp };
    const run = startEngine(['files', 'restore', 'latest'], all);
    await line?.struck;
    run.child.kill('SIGTERM');
    const stopped = await run.end;
    expect(stopped, said(stopped)).toMatchObject({
      exitCode: 1,
      result: { error: { name: 'InterruptedError' } },
    });
    line?.release();
    const end = await restore();
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { verified: 3 } });
    expect(await readdir(tmp)).toEqual([]);
  });

  it('of which only half is named is refused', async () => {
    const env = await filesEnv(bucket, source, target, FEW);
    for (const name of ['TARGET_STORAGE_S3_ENDPOINT', 'TARGET_DATABASE_URL']) {
      const end = await engine(['files', 'restore', 'latest'], { ...env, [name]: '' });
      expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'EnvironmentError' } } });
      expect(end.result.error.message).toContain(name);
    }
  });
});

describe('what was asked for', () => {
  it.each([
    [['latest', '--file', 'b/none'], 'NoSuchFileError'],
    [['latest', '--file', 'b/other', '--file', 'b/none'], 'NoSuchFileError'],
    [['latest', '--bucket', 'c'], 'NoSuchFileError'],
    [['latest', '--prefix', 'x/'], 'UsageError'],
    [['latest', '--file', 'b'], 'UsageError'],
    [['latest', '--at', '2001-01-01T00:00:00Z'], 'NoSuchInventoryError'],
    [['files-20010101T000000Z'], 'NoSuchInventoryError'],
    [['daily-20010101T000000Z'], 'UsageError'],
    [['files-20010101T000000Z', '--at', '2001-01-01T00:00:00Z'], 'UsageError'],
  ])('%j is refused', async (args, name) => {
    const end = await engine(['files', 'restore', ...args], await filesEnv(bucket, source, target, FEW));
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { verb: 'files restore', error: { name } } });
  });

  it('of a database without Storage is refused', async () => {
    await target.database.query('DROP SCHEMA storage CASCADE');
    const end = await restore();
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'NoStorageSchemaError' } },
    });
  });
});
