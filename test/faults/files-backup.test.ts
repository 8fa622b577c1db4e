import { createHash, randomBytes } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { S3_PATH } from '../../local/supabase/storage-request.ts';
import { type EngineEnd, engine, makeBucket, startEngine, type TestBucket } from '../support/engine.ts';
import { type S3Asked, type S3Fault, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { said, until } from '../support/runs.ts';
import { filesEnv, makeProject, type TestProject } from '../support/storage.ts';

const MIB = 1024 * 1024;
const FEW = { attempts: 2, workers: 4 };
let project: TestProject;
let bucket: TestBucket;
let line: S3Line | undefined;

beforeAll(async () => {
  project = await makeProject();
  await project.bucket('b');
  for (const name of ['one', 'three', 'two']) await project.put('b', name, `content of ${name}`);
});
afterAll(() => project.stop());
afterEach(() => line?.stop());

/** The engine with a line to the project's storage on which things go wrong. */
async function behind(
  faultOf: (asked: S3Asked) => S3Fault | undefined,
  files: Record<string, unknown> = FEW,
  of = project,
): Promise<Record<string, string>> {
  bucket = await makeBucket();
  line = await startS3Line(faultOf, new URL(of.storage.endpoint).origin);
  const env = await filesEnv(bucket, of, undefined, files);
  return { ...env, STORAGE_S3_ENDPOINT: `${line.env.AWS_ENDPOINT_URL_S3}${S3_PATH}` };
}

const isRead = (name: string) => (asked: S3Asked) =>
  asked.operation === 'GetObject' && asked.key.endsWith(`/b/${name}`);
const manifests = async () =>
  (await bucket.keys('assets/inventories/')).filter((key) => key.endsWith('manifest.json'));

function expectMade(end: EngineEnd, counts: Record<string, unknown>): void {
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'made', failed: 0, ...counts } });
}

describe('a storage that fails now and then', () => {
  it.each<[string, S3Fault]>([
    ['answers with 500', { status: 500, code: 'InternalError' }],
    ['answers with 503', { status: 503, code: 'SlowDown' }],
    ['ends its answer short', { cutAfter: 5 }],
    ['loses its answer', 'lose-answer'],
  ])('does not stop a backup when it %s at first', async (_, fault) => {
    const env = await behind((asked) => (isRead('two')(asked) && asked.attempt === 1 ? fault : undefined));
    expectMade(await engine(['files', 'backup'], env), { files: 3 });
  });

  it.each<[string, S3Fault]>([
    ['answers with 500', { status: 500, code: 'InternalError' }],
    ['ends its answer short', { cutAfter: 5 }],
  ])('is named with the one file over which it %s for good, and the others are copied', async (_, fault) => {
    const env = await behind((asked) => (isRead('two')(asked) ? fault : undefined));
    const end = await engine(['files', 'backup'], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: { outcome: 'incomplete', files: 2, failed: 1 },
    });
    expect(end.result.notVerified.join()).toContain('b/two');
    expect(await manifests()).toHaveLength(1);
    // what could not be read is tried again, and nothing else
    line?.release();
    expectMade(await engine(['files', 'backup', '--slot', '2027-01-01T00:00:00Z'], env), {
      files: 3,
      read: 1,
    });
  });

  it('makes no inventory when no file can be read', async () => {
    const env = await behind(({ operation, key }) =>
      operation === 'GetObject' && key.includes('/b/') ? { status: 500, code: 'InternalError' } : undefined,
    );
    const end = await engine(['files', 'backup'], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: { error: { name: 'ProjectStorageFailedError' } },
    });
    expect(await manifests()).toEqual([]);
  });

  it('is found out before anything is written when it knows no such key', async () => {
    const env = { ...(await behind(() => undefined)), STORAGE_S3_ACCESS_KEY_ID: 'unknown' };
    const end = await engine(['files', 'backup'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'ProjectStorageError' } } });
    expect(await bucket.keys()).toEqual([]);
  });

  it('is refused when it is that of another project', async () => {
    const other = await makeProject();
    await other.bucket('elsewhere');
    const env = { ...(await behind(() => undefined)), ...other.storage.env() };
    const end = await engine(['files', 'backup'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'ProjectStorageError' } } });
    expect(end.result.error.message).toContain('another project');
    await other.stop();
  });
});

describe('a project that changes under the backup', () => {
  it('gives the file that is there when it is read, with the row that fits it', async () => {
    const own = await makeProject();
    await own.bucket('b');
    await own.put('b', 'moving', 'before!');
    const env = await behind((asked) => (isRead('moving')(asked) ? 'hold' : undefined), FEW, own);
    const run = startEngine(['files', 'backup'], env);
    await line?.struck;
    await own.put('b', 'moving', 'after!!');
    line?.release();
    expectMade(await run.end, { files: 1, bytes: 7 });
    const [key = ''] = await bucket.keys('assets/blobs/');
    expect(key).toContain(createHash('sha256').update('after!!').digest('hex'));
    await own.stop();
  });

  it('reads a large file anew that is another one when it is read the second time', async () => {
    const own = await makeProject();
    await own.bucket('b');
    await own.put('b', 'large', randomBytes(2 * MIB));
    const env = await behind(
      (asked) => (isRead('large')(asked) && asked.attempt === 2 ? 'hold' : undefined),
      { attempts: 3, spoolMiB: 0 },
      own,
    );
    const run = startEngine(['files', 'backup'], env);
    await line?.struck;
    const now = randomBytes(2 * MIB);
    await own.put('b', 'large', now);
    line?.release();
    expectMade(await run.end, { files: 1, bytes: 2 * MIB });
    expect(await bucket.keys('assets/blobs/')).toHaveLength(1);
    expect(await bucket.openUploads()).toBe(0);
    await own.stop();
  });

  it('names rows without files, and files that are not as large as their row says', async () => {
    const own = await makeProject();
    await own.bucket('b');
    for (const name of ['gone', 'good', 'shorter']) await own.put('b', name, name);
    await own.storage.loseFile('b', 'gone');
    await own.database.query(
      `UPDATE storage.objects SET metadata = metadata || '{"size": 99, "eTag": "\\"x\\""}' WHERE name = 'shorter'`,
    );
    const env = await behind(() => undefined, FEW, own);
    const end = await engine(['files', 'backup'], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: { files: 1, missing: 1, failed: 1, rowsWithoutFile: ['b/gone'] },
    });
    expect(end.result.notVerified[0]).toMatch(/b\/shorter is of 7 bytes, expected the 99/);
    const check = await engine(['files', 'check'], env);
    expect(check, said(check)).toMatchObject({
      exitCode: 1,
      result: { outcome: 'violated', rows: 3, rowsWithoutFile: { count: 1, names: ['b/gone'] } },
    });
    // a stand-in with the path of Supabase's: the listing would say what the rows say
    expect(check.result.notVerified.join()).toContain('files without rows');
    await own.stop();
  });

  it('is not confused by older versions and delete markers of a newer Storage', async () => {
    const own = await makeProject();
    await own.bucket('b');
    await own.put('b', 'current', 'current');
    await own.database.query(`
      DROP INDEX storage.bucketid_objname;
      ALTER TABLE storage.objects ADD archived_at timestamptz, ADD is_delete_marker boolean NOT NULL DEFAULT false;
      INSERT INTO storage.objects (bucket_id, name, version, metadata, archived_at)
        VALUES ('b', 'current', 'older', '{"size": 3}', now());
      INSERT INTO storage.objects (bucket_id, name, version, is_delete_marker) VALUES ('b', 'deleted', 'marker', true)`);
    expectMade(await engine(['files', 'backup'], await behind(() => undefined, FEW, own)), {
      files: 1,
      missing: 0,
    });
    await own.stop();
  });
});

describe('a backup bucket that fails', () => {
  it.each<[string, number, Record<string, unknown>]>([
    ['once over every blob', 1, { exitCode: 0 }],
    ['for good', 99, { exitCode: 1, result: { error: { name: 'StorageError' } } }],
  ])('%s', async (_, times, expected) => {
    bucket = await makeBucket();
    line = await startS3Line(({ operation, key, attempt }) =>
      operation === 'PutObject' && key.startsWith('assets/blobs/') && attempt <= times
        ? { status: 500, code: 'InternalError' }
        : undefined,
    );
    const env = { ...(await filesEnv(bucket, project, undefined, FEW)), ...line.env };
    const end = await engine(['files', 'backup'], env);
    expect(end, said(end)).toMatchObject(expected);
    expect(await manifests()).toHaveLength(times === 1 ? 1 : 0);
  });

  it('has a blob that somebody replaced: its file is named, and the others are kept', async () => {
    const env = await behind(() => undefined);
    expectMade(await engine(['files', 'backup', '--slot', '2026-11-20T18:30:00Z'], env), { read: 3 });
    const sha256 = createHash('sha256').update('content of two').digest('hex');
    const Key = `assets/blobs/${sha256.slice(0, 2)}/${sha256}.gpg`;
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body: Buffer.from('other') }));
    const end = await engine(['files', 'backup', '--slot', '2026-11-21T18:30:00Z'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { files: 2, unchanged: 2, failed: 1 } });
    expect(end.result.notVerified[0]).toMatch(/b\/two is stored as .* of 5 bytes/);
  });

  it('with Object Lock takes all that is written', async () => {
    bucket = await makeBucket({ locked: true });
    const env = await filesEnv(bucket, project, undefined, FEW);
    expectMade(await engine(['files', 'backup'], env), { read: 3 });
    // what was read is written down in parts also when the run ends soon, and read by nobody then
    const keys = await bucket.keys('assets/inventories/');
    expect(keys.map((key) => key.split('/').at(-1))).toEqual(
      expect.arrayContaining(['inventory.jsonl.zst', 'manifest.json']),
    );
  });

  it('has an inventory that was damaged: the one before it is gone by', async () => {
    const env = await behind(() => undefined);
    expectMade(await engine(['files', 'backup', '--slot', '2026-11-20T18:30:00Z'], env), { read: 3 });
    expectMade(await engine(['files', 'backup', '--slot', '2026-11-21T18:30:00Z'], env), { read: 0 });
    const Key = 'assets/inventories/20261121T183000Z/inventory.jsonl.zst';
    await bucket.client.send(
      new PutObjectCommand({ Bucket: bucket.name, Key, Body: Buffer.from('damaged') }),
    );
    const end = await engine(['files', 'backup', '--slot', '2026-11-22T18:30:00Z'], env);
    expectMade(end, { read: 0, unchanged: 3 });
    expect(end.stderr).toContain('an inventory cannot be used');
    const restore = await engine(['files', 'restore', 'files-20261121T183000Z', '--plan'], env);
    expect(restore, said(restore)).toMatchObject({
      exitCode: 1,
      result: { error: { name: 'InventoryDamagedError' } },
    });
  });
});

describe('a run that dies', () => {
  const COUNT = 620;
  let many: TestProject;
  beforeAll(async () => {
    many = await makeProject();
    await many.bucket('b');
    const names = Array.from({ length: COUNT }, (_, i) => `n${String(i).padStart(4, '0')}`);
    for (let i = 0; i < COUNT; i += 20)
      await Promise.all(names.slice(i, i + 20).map((name) => many.put('b', name, name)));
  });
  afterAll(() => many.stop());

  it.each<[NodeJS.Signals, string, string]>([
    ['SIGKILL', 'a later slot', '2026-11-26T18:30:00Z'],
    ['SIGTERM', 'the same slot', '2026-11-25T18:30:00Z'],
  ])('by %s leaves what it has read to the next run, of %s', async (signal, _, slot) => {
    const env = await behind((asked) => (isRead('n0600')(asked) ? 'hold' : undefined), FEW, many);
    const run = startEngine(['files', 'backup', '--slot', '2026-11-25T18:30:00Z'], env);
    await line?.struck;
    await until(async () =>
      (await bucket.keys('assets/inventories/')).some((key) => key.includes('/parts/')),
    );
    run.child.kill(signal);
    await run.end;
    expect(await manifests()).toEqual([]);
    line?.release();
    const end = await engine(['files', 'backup', '--slot', slot], env);
    expectMade(end, { files: COUNT });
    // how much was written down by then is a matter of time, and of the machine
    expect(end.result.read).toBeLessThan(COUNT);
    expect(end.result.unchanged).toBe(COUNT - end.result.read);
  });
});
