import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { engine, makeBucket, type TestBucket } from '../support/engine.ts';
import { said } from '../support/runs.ts';
import { filesEnv, makeProject, type TestProject } from '../support/storage.ts';

let project: TestProject;
let bucket: TestBucket;
beforeAll(async () => {
  project = await makeProject(15);
  bucket = await makeBucket();
});
afterAll(() => project.stop());

describe('files check', () => {
  it('finds nothing wrong, and says what Supabase Storage cannot tell', async () => {
    await project.bucket('b');
    for (const [name, body] of [
      ['full', 'x'],
      ['empty', ''],
    ] as const)
      await project.put('b', name, body);
    const env = await filesEnv(bucket, project);
    const before = await engine(['files', 'check'], env);
    expect(before, said(before)).toMatchObject({ exitCode: 2, result: { rows: 2, inventory: null } });
    expect((await engine(['files', 'backup', '--slot', '2026-11-24T18:30:00Z'], env)).exitCode).toBe(0);
    const end = await engine(['files', 'check'], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: {
        verb: 'files check',
        rows: 2,
        rowsWithoutFile: { count: 0, names: [] },
        blobsMissing: { count: 0 },
        inventory: 'files-20261124T183000Z',
        notVerified: [expect.stringContaining('files without rows')],
      },
    });
  });

  it('finds files without rows where the listing is one of files', async () => {
    const files = await makeBucket();
    await project.bucket(files.name);
    for (const Key of ['a', 'known', 'z'])
      await files.client.send(new PutObjectCommand({ Bucket: files.name, Key, Body: Key }));
    await project.database.query(
      `INSERT INTO storage.objects (bucket_id, name, version, metadata) VALUES ($1, 'known', 'v', '{"size": 5}'), ($1, 'lost', 'v', '{}')`,
      [files.name],
    );
    const { endpoint } = inject('s3');
    const other = await makeBucket();
    await project.database.query(
      `BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM storage.objects WHERE bucket_id = 'b';
       DELETE FROM storage.buckets WHERE id = 'b'; COMMIT`,
    );
    const env = { ...(await filesEnv(other, project)), STORAGE_S3_ENDPOINT: endpoint };
    const end = await engine(['files', 'check'], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: {
        outcome: 'violated',
        filesWithoutRow: { count: 2, names: [`${files.name}/a`, `${files.name}/z`] },
        rowsWithoutFile: { count: 1, names: [`${files.name}/lost`] },
      },
    });
  });
});
