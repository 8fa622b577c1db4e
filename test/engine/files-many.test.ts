import { createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFilesManifest, serializeFilesManifest } from '../../core/files/manifest.ts';
import { engine, makeBucket, type TestBucket } from '../support/engine.ts';
import { readObject, said } from '../support/runs.ts';
import { filesEnv, makeProject, type TestProject } from '../support/storage.ts';

const COUNT = 200_000;
/** All lines of so many files take more than twice as much. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=8' };
const FOLDER = 'assets/inventories/20261124T183000Z/';

let project: TestProject;
let bucket: TestBucket;
let env: Record<string, string>;

beforeAll(async () => {
  project = await makeProject();
  bucket = await makeBucket();
  env = await filesEnv(bucket, project);
  await project.bucket('b');
  await project.put('b', 'f', 'content', { ContentType: 'text/plain', Metadata: { about: 'x'.repeat(100) } });
  expect((await engine(['files', 'backup', '--slot', '2026-11-24T18:30:00Z'], env)).exitCode).toBe(0);
  await project.database.query(`
    INSERT INTO storage.objects (bucket_id, name, version, metadata, user_metadata, created_at, updated_at)
    SELECT bucket_id, 'f' || lpad(n::text, 7, '0'), version, metadata, user_metadata, created_at, updated_at
    FROM storage.objects, generate_series(1, ${COUNT} - 1) n`);
  await project.database.query('ANALYZE storage.objects');
  await pretendAllWereCopied();
});
afterAll(() => project.stop());

/** The inventory of one file becomes one of all, as if each had been read: they share their content, and so their blob. */
async function pretendAllWereCopied(): Promise<void> {
  const one = JSON.parse(
    zstdDecompressSync(await readObject(bucket, `${FOLDER}inventory.jsonl.zst`)).toString(),
  );
  const names = ['f', ...Array.from({ length: COUNT - 1 }, (_, n) => `f${String(n + 1).padStart(7, '0')}`)];
  const packed = zstdCompressSync(names.map((name) => `${JSON.stringify({ ...one, name })}\n`).join(''));
  const put = (name: string, Body: Buffer | string) =>
    bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: FOLDER + name, Body }));
  const manifest = parseFilesManifest(
    (await readObject(bucket, `${FOLDER}manifest.json`)).toString(),
    'manifest',
  );
  const sha256 = createHash('sha256').update(packed).digest('hex');
  const inventory = { key: 'inventory.jsonl.zst', bytes: packed.length, sha256, lines: COUNT };
  await put('inventory.jsonl.zst', packed);
  await put('manifest.json', serializeFilesManifest({ ...manifest, inventory }));
}

describe(`${COUNT} files`, () => {
  it('that have not changed are known one by one, none is read, and memory holds a few of them', async () => {
    const end = await engine(['files', 'backup', '--slot', '2026-11-25T18:30:00Z'], { ...env, ...HEAP });
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { files: COUNT, unchanged: COUNT, read: 0, failed: 0 },
    });
  });

  it('are planned for a restore in the same memory', async () => {
    const end = await engine(['files', 'restore', 'latest', '--plan'], { ...env, ...HEAP });
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { plan: { files: COUNT, equal: COUNT } } });
  });
});
