import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { reservoir, sampledFiles } from '../../../containers/engine/drill/files.ts';
import { openPrivateKeyring } from '../../../containers/engine/programs/gpg.ts';
import { openBucket } from '../../../containers/engine/storage/bucket.ts';
import type { Check } from '../../../core/drill/report.ts';
import { blobKey } from '../../../core/files/manifest.ts';
import { archive } from '../../support/archived.ts';
import { projectRun } from '../../support/drill-run.ts';
import { engine, makeBucket, type TestBucket } from '../../support/engine.ts';
import { makeKeyPair } from '../../support/keys.ts';
import { readObject, said } from '../../support/runs.ts';
import { filesEnv, makeProject, type TestProject } from '../../support/storage.ts';

const FOLDER = 'assets/inventories/20261124T183000Z/';
const CONTENTS: Readonly<Record<string, string | Buffer>> = {
  'a.txt': 'first',
  '한글/b.txt': 'second',
  'c.bin': Buffer.alloc(2 * 1024 * 1024, 'large'),
  'd.txt': 'fourth',
  empty: '',
};
const BYTES = Object.values(CONTENTS).reduce((sum, content) => sum + content.length, 0);

let source: TestProject;

beforeAll(async () => {
  source = await makeProject();
  await source.bucket('docs');
  for (const [name, content] of Object.entries(CONTENTS)) await source.put('docs', name, content);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => source.stop());

async function backedUp(): Promise<TestBucket> {
  const bucket = await makeBucket();
  const env = await filesEnv(bucket, source);
  const end = await engine(['files', 'backup', '--slot', '2026-11-24T18:30:00Z'], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { files: 5 } });
  return bucket;
}

async function look(
  bucket: TestBucket,
  files: object = { mode: 'all' },
  signal = new AbortController().signal,
  key = inject('keys').privateKey,
): Promise<Check> {
  const env = { ...bucket.env, GPG_PRIVATE_KEY: key, GPG_PASSPHRASE: '', LOG_LEVEL: 'silent' };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  await using keyring = await openPrivateKeyring(key, undefined);
  return await sampledFiles({
    ...projectRun({ target: source.database as never, drill: { files }, signal }),
    bucket: openBucket(2),
    keyring,
    scratch: await mkdtemp(join(tmpdir(), 'vpb-files-')),
  });
}

const keyOf = (name: string) =>
  blobKey(
    createHash('sha256')
      .update(CONTENTS[name] ?? '')
      .digest('hex'),
  );
const put = ({ client, name }: TestBucket, Key: string, Body: Buffer | string) =>
  client.send(new PutObjectCommand({ Bucket: name, Key, Body }));
const remove = ({ client, name }: TestBucket, Key: string) =>
  client.send(new DeleteObjectCommand({ Bucket: name, Key }));

describe('files of the newest inventory', () => {
  it('are decrypted and compared: all of them, or so many at random', async () => {
    const bucket = await backedUp();
    expect(await look(bucket)).toMatchObject({
      state: 'verified',
      findings: [],
      figures: [
        { name: 'files', value: 5, unit: 'files' },
        { name: 'bytes', value: BYTES, unit: 'bytes' },
        { name: 'duration', unit: 'seconds' },
      ],
    });
    const sampled = await look(bucket, { mode: 'sample', sample: 2 });
    expect(sampled).toMatchObject({ state: 'verified', figures: [{ name: 'files', value: 2 }, {}, {}] });
    const more = await look(bucket, { sample: 50 });
    expect(more).toMatchObject({ state: 'verified', figures: [{ name: 'files', value: 5 }, {}, {}] });
  });

  it('that are gone, cut short or of other content are failures by name', async () => {
    const bucket = await backedUp();
    await remove(bucket, keyOf('a.txt'));
    await put(bucket, keyOf('한글/b.txt'), (await readObject(bucket, keyOf('한글/b.txt'))).subarray(0, 100));
    await put(bucket, keyOf('d.txt'), await readObject(bucket, keyOf('empty')));
    const large = await readObject(bucket, keyOf('c.bin'));
    large[large.length >> 1] = (large[large.length >> 1] ?? 0) ^ 1;
    await put(bucket, keyOf('c.bin'), large);
    const check = await look(bucket);
    expect(check).toMatchObject({
      state: 'failed',
      figures: [{ name: 'files', value: 5 }, { value: 0 }, {}],
    });
    expect(check.findings).toEqual([
      expect.stringMatching(/^docs\/a\.txt: .*gone/),
      expect.stringMatching(/^docs\/c\.bin: /),
      expect.stringMatching(/^docs\/d\.txt: /),
      expect.stringMatching(/^docs\/한글\/b\.txt: .*100 bytes/),
    ]);
  });

  it('in an archive class could not be verified, by name', async () => {
    const bucket = await backedUp();
    await archive(bucket, /blobs\//);
    const check = await look(bucket);
    expect(check).toMatchObject({ state: 'could-not-verify', figures: [{ value: 5 }, { value: 0 }, {}] });
    expect(check.findings).toHaveLength(5);
    expect(check.findings[0]).toMatch(/^docs\/a\.txt: .*archive class.*thawed/);
  });

  it('that an inventory has no content of could not be verified either, by name', async () => {
    const bucket = await backedUp();
    const lines = zstdDecompressSync(await readObject(bucket, `${FOLDER}inventory.jsonl.zst`))
      .toString()
      .trimEnd()
      .split('\n');
    const { stored: _, sha256: __, ...entry } = JSON.parse(lines[0] ?? '');
    lines[0] = JSON.stringify({ ...entry, failed: 'no answer' });
    const packed = zstdCompressSync(Buffer.from(`${lines.join('\n')}\n`));
    await put(bucket, `${FOLDER}inventory.jsonl.zst`, packed);
    const manifest = JSON.parse((await readObject(bucket, `${FOLDER}manifest.json`)).toString());
    Object.assign(manifest.inventory, {
      bytes: packed.length,
      sha256: createHash('sha256').update(packed).digest('hex'),
    });
    await put(bucket, `${FOLDER}manifest.json`, JSON.stringify(manifest));
    expect(await look(bucket)).toMatchObject({
      state: 'could-not-verify',
      findings: [expect.stringMatching(/^1 files could not be read .*docs\/a\.txt/)],
      figures: [{ value: 4 }, {}, {}],
    });
  });

  it('cannot be opened with another key', async () => {
    const bucket = await backedUp();
    const check = await look(bucket, { sample: 1 }, undefined, (await makeKeyPair('other')).privateKey);
    expect(check).toMatchObject({ state: 'failed', findings: [expect.stringMatching(/key/)] });
  });
});

describe('an inventory', () => {
  it('that is not there means that files are not backed up', async () => {
    expect(await look(await makeBucket())).toMatchObject({
      state: 'not-run',
      findings: ['no inventory of files is in the bucket: files are not backed up'],
    });
  });

  it('that never came to its end proves nothing', async () => {
    const bucket = await backedUp();
    await remove(bucket, `${FOLDER}manifest.json`);
    expect(await look(bucket)).toMatchObject({ state: 'could-not-verify' });
  });

  it('that is damaged is a failure', async () => {
    const bucket = await backedUp();
    await put(bucket, `${FOLDER}inventory.jsonl.zst`, 'not that');
    expect(await look(bucket)).toMatchObject({
      state: 'failed',
      findings: [expect.stringContaining('inventory')],
    });
    await put(bucket, `${FOLDER}manifest.json`, '{');
    expect(await look(bucket)).toMatchObject({
      state: 'failed',
      findings: [expect.stringContaining('manifest')],
    });
  });

  it('is left alone where that is configured', async () => {
    expect(await look(await makeBucket(), { mode: 'none' })).toMatchObject({
      state: 'not-run',
      findings: [expect.stringContaining('drill.files.mode')],
    });
  });
});

it('a bucket that cannot be asked keeps files from being verified, and a drill that is stopped ends', async () => {
  const bucket = await backedUp();
  const unreachable = { ...bucket, env: { ...bucket.env, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' } };
  expect(await look(unreachable)).toMatchObject({ state: 'could-not-verify' });
  await expect(look(bucket, undefined, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
});

it('a sample takes every item with the same chance', async () => {
  const items = async function* () {
    yield* Array.from({ length: 10 }, (_, number) => number);
  };
  expect(await reservoir(items(), 20)).toHaveLength(10);
  expect(await reservoir(items(), 3, (below) => below - 1)).toEqual([0, 1, 2]);
  expect(await reservoir(items(), 3, () => 0)).toEqual([9, 1, 2]);
  const counts = new Array<number>(10).fill(0);
  for (let round = 0; round < 2000; round += 1)
    for (const item of await reservoir(items(), 3)) counts[item] = (counts[item] ?? 0) + 1;
  // 600 each; further off than this once in a million runs
  expect(Math.min(...counts)).toBeGreaterThan(480);
  expect(Math.max(...counts)).toBeLessThan(720);
});
