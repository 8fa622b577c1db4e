import { createHash, randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type EngineEnd, engine, makeBucket, type TestBucket } from '../support/engine.ts';
import { gnupgHomeWith } from '../support/gnupg-home.ts';
import { readObject, said } from '../support/runs.ts';
import { filesEnv, makeProject, type TestProject } from '../support/storage.ts';

let project: TestProject;
let bucket: TestBucket;
let env: Record<string, string>;
const LARGE = randomBytes(9 * 1024 * 1024);
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  project = await makeProject();
  bucket = await makeBucket();
  env = await filesEnv(bucket, project);
  await project.bucket('avatars', { public: true, limit: 50_000_000, types: ['image/*', 'text/plain'] });
  await project.bucket('videos');
  await project.bucket('My Bucket (1)');
});
afterAll(() => project.stop());

async function filesBackup(...args: string[]): Promise<EngineEnd['result']> {
  const end = await engine(['files', 'backup', ...args], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'made' } });
  return end.result;
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever a line says
async function lines(id: string): Promise<any[]> {
  const packed = await readObject(bucket, `assets/inventories/${id.slice(6)}/inventory.jsonl.zst`);
  return zstdDecompressSync(packed)
    .toString('utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

describe('the backup of files', () => {
  it('copies each content once, leaves out what is excluded, and writes everything down', async () => {
    await project.put('avatars', 'a.png', 'same', { ContentType: 'image/png', CacheControl: 'max-age=60' });
    await project.put('avatars', "it's (a) name+&=@.txt", 'odd', {
      ContentType: 'text/plain',
      Metadata: { who: 'me' },
    });
    await project.put('avatars', 'empty.txt', '', { ContentType: 'text/plain' });
    await project.put('videos', 'a.png', 'same');
    await project.put('videos', 'x/clip.mp4', LARGE, { ContentType: 'video/mp4' });
    await project.put('videos', '한글/파일.txt', 'korean');
    await project.put('videos', 'foo/', '');
    for (const name of ['a//b', './c/../d', 'e%2Ff+g']) await project.put('My Bucket (1)', name, name);
    for (const name of ['x/y.tmp', 'cache/a', 'cache/b/c']) await project.put('videos', name, 'left out');
    await project.put('videos', 'x/cache/kept', 'kept');
    const result = await filesBackup('--slot', '2026-11-24T18:30:00Z');
    expect(result).toMatchObject({
      id: 'files-20261124T183000Z',
      files: 11,
      read: 11,
      unchanged: 0,
      duplicates: 2,
      excluded: 3,
      missing: 0,
      failed: 0,
    });
    const found = await lines(result.id);
    expect(found.map(({ bucket, name }) => `${bucket}/${name}`)).toEqual([
      'My Bucket (1)/./c/../d',
      'My Bucket (1)/a//b',
      'My Bucket (1)/e%2Ff+g',
      'avatars/a.png',
      'avatars/empty.txt',
      "avatars/it's (a) name+&=@.txt",
      'videos/a.png',
      'videos/foo/.emptyFolderPlaceholder',
      'videos/x/cache/kept',
      'videos/x/clip.mp4',
      'videos/한글/파일.txt',
    ]);
    expect(found[3]).toMatchObject({
      size: 4,
      sha256: sha256('same'),
      contentType: 'image/png',
      cacheControl: 'max-age=60',
    });
    expect(found[5]).toMatchObject({ userMetadata: '{"who": "me"}' });
    expect(await bucket.keys('assets/blobs/')).toHaveLength(9);
    const { Contents = [] } = await bucket.client.send(
      new ListObjectsV2Command({ Bucket: bucket.name, Prefix: 'assets/blobs/' }),
    );
    const clip = found[9];
    expect(Contents.find(({ Key }) => Key?.includes(clip.sha256))?.Size).toBe(clip.stored.bytes);
    const manifest = JSON.parse(
      (await readObject(bucket, 'assets/inventories/20261124T183000Z/manifest.json')).toString(),
    );
    expect(manifest.buckets[1]).toMatchObject({
      id: 'avatars',
      public: true,
      file_size_limit: 50_000_000,
      allowed_mime_types: ['image/*', 'text/plain'],
    });
    expect(manifest.inventory.sha256).toBe(
      sha256(await readObject(bucket, 'assets/inventories/20261124T183000Z/inventory.jsonl.zst')),
    );
  });

  it('stores what gpg decrypts by hand, small and large', async () => {
    await using home = await gnupgHomeWith(inject('keys').privateKey);
    for (const content of [Buffer.from('same'), LARGE]) {
      const key = `assets/blobs/${sha256(content).slice(0, 2)}/${sha256(content)}.gpg`;
      const { stdout } = await execa('gpg', ['--batch', '--quiet', '--homedir', home.path, '--decrypt'], {
        input: await readObject(bucket, key),
        encoding: 'buffer',
        stripFinalNewline: false,
      });
      expect(sha256(Buffer.from(stdout))).toBe(sha256(content));
    }
  });

  it('reads nothing that has not changed, and keeps what was changed or deleted', async () => {
    const before = await bucket.keys('assets/blobs/');
    await project.put('avatars', 'a.png', 'changed', { ContentType: 'image/png' });
    await project.database.query(
      "BEGIN; SET LOCAL storage.allow_delete_query = 'true'; DELETE FROM storage.objects WHERE name = 'x/clip.mp4'; COMMIT",
    );
    const result = await filesBackup('--slot', '2026-11-25T18:30:00Z');
    expect(result).toMatchObject({ files: 10, read: 1, unchanged: 9 });
    expect((await bucket.keys('assets/blobs/')).length).toBe(before.length + 1);
    expect((await lines('files-20261124T183000Z')).length).toBe(11);
  });

  it('copies a blob again that was lost', async () => {
    const key = `assets/blobs/${sha256('odd').slice(0, 2)}/${sha256('odd')}.gpg`;
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }));
    expect(await filesBackup('--slot', '2026-11-26T18:30:00Z')).toMatchObject({ read: 1, unchanged: 9 });
    await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
  });

  it('makes the inventory of a slot once', async () => {
    const end = await engine(['files', 'backup', '--slot', '2026-11-26T18:30:00Z'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'existing', existing: true } });
    const list = await engine(['files', 'list'], env);
    expect(
      list.result.inventories.map(({ id, state }: { id: string; state: string }) => [id, state]),
    ).toEqual([
      ['files-20261126T183000Z', 'complete'],
      ['files-20261125T183000Z', 'complete'],
      ['files-20261124T183000Z', 'complete'],
    ]);
  });
});
