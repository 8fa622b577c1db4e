import { randomBytes } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineEnd, engine, makeBucket, type TestBucket } from '../support/engine.ts';
import { asUser, makeRole, said } from '../support/runs.ts';
import { filesEnv, makeProject, type TestProject } from '../support/storage.ts';

const LARGE = randomBytes(18 * 1024 * 1024);
const KOREAN = '한글 이름/파일 "1".txt';
const OWNER = '11111111-2222-3333-4444-555555555555';

let source: TestProject;
let bucket: TestBucket;
const projects: TestProject[] = [];

async function project(): Promise<TestProject> {
  const made = await makeProject();
  projects.push(made);
  return made;
}

beforeAll(async () => {
  source = await project();
  bucket = await makeBucket();
  await source.bucket('avatars', { public: true, limit: 50_000_000, types: ['image/*'] });
  await source.bucket('videos');
  await source.put('avatars', 'u/1.png', 'first', { ContentType: 'image/png', CacheControl: 'max-age=60' });
  await source.put('avatars', 'u/2.png', 'second', { ContentType: 'image/png' });
  await source.put('videos', KOREAN, 'korean', { Metadata: { who: 'me' } });
  await source.put('videos', 'v/large.mp4', LARGE, { ContentType: 'video/mp4' });
  await source.put('videos', 'v/empty', '');
  await source.put('videos', 'vv/other', 'other');
  await source.database.query(
    `BEGIN; SET LOCAL session_replication_role = replica;
     UPDATE storage.objects SET owner = '${OWNER}', owner_id = '${OWNER}',
       created_at = '2025-01-02 03:04:05.678901+00', updated_at = '2025-02-03 04:05:06.789012+00';
     UPDATE storage.objects SET user_metadata = '{"who": "나", "n": 12345678901234567890}' WHERE bucket_id = 'videos' AND name LIKE '한%';
     COMMIT`,
  );
  const end = await engine(
    ['files', 'backup', '--slot', '2026-11-24T18:30:00Z'],
    await filesEnv(bucket, source),
  );
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { files: 6 } });
});
afterAll(async () => {
  for (const each of projects) await each.stop();
});

async function filesRestore(target: TestProject | undefined, ...args: string[]): Promise<EngineEnd> {
  return engine(['files', 'restore', 'latest', ...args], await filesEnv(bucket, source, target));
}

const COLUMNS = 'bucket_id, name, owner, owner_id, created_at::text, updated_at::text, user_metadata::text';
const rowsOf = async ({ database }: TestProject) =>
  (await database.query(`SELECT ${COLUMNS} FROM storage.objects ORDER BY bucket_id, name COLLATE "C"`)).rows;

describe('a restore of files', () => {
  it('brings all into an empty project: buckets with their settings, files, owners, times and metadata', async () => {
    const target = await project();
    const plan = await filesRestore(target, '--plan');
    expect(plan, said(plan)).toMatchObject({
      exitCode: 0,
      result: {
        outcome: 'planned',
        plan: { files: 6, create: 6, overwrite: 0, equal: 0, bucketsToMake: ['avatars', 'videos'] },
      },
    });
    expect(await target.names()).toEqual([]);
    const end = await filesRestore(target);
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { outcome: 'verified', verified: 6, failed: 0, notVerified: [] },
    });
    expect(await rowsOf(target)).toEqual(await rowsOf(source));
    expect(await target.storage.bytesOf('videos', 'v/large.mp4')).toEqual(LARGE);
    expect(await target.storage.bytesOf('videos', 'v/empty')).toEqual(Buffer.alloc(0));
    const { ContentType, CacheControl } = await target.client.send(
      new HeadObjectCommand({ Bucket: 'avatars', Key: 'u/1.png' }),
    );
    expect([ContentType, CacheControl]).toEqual(['image/png', 'max-age=60']);
    const buckets = async (of: TestProject) =>
      (await of.database.query('SELECT * FROM storage.buckets')).rows;
    expect(await buckets(target)).toEqual(await buckets(source));
  });

  it('brings back one file, one folder or one bucket', async () => {
    const target = await project();
    const one = await filesRestore(target, '--file', `videos/${KOREAN}`);
    expect(one, said(one)).toMatchObject({ exitCode: 0, result: { verified: 1 } });
    expect(await target.names()).toEqual([`videos/${KOREAN}`]);
    const folder = await filesRestore(target, '--bucket', 'videos', '--prefix', 'v');
    expect(folder, said(folder)).toMatchObject({ exitCode: 0, result: { verified: 2 } });
    expect(await target.names()).toEqual(['videos/v/empty', 'videos/v/large.mp4', `videos/${KOREAN}`]);
    const whole = await filesRestore(target, '--bucket', 'avatars');
    expect(whole, said(whole)).toMatchObject({ exitCode: 0, result: { verified: 2 } });
  });

  it('uploads what the listing says is there: a database came back and its files did not', async () => {
    const target = await project();
    expect((await filesRestore(target)).exitCode).toBe(0);
    for (const name of ['u/1.png', 'u/2.png']) await target.storage.loseFile('avatars', name);
    const end = await filesRestore(target, '--bucket', 'avatars');
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { equal: 2, overwrite: 0, verified: 2 } });
    expect(await target.storage.bytesOf('avatars', 'u/1.png')).toEqual(Buffer.from('first'));
  });

  it('overwrites what differs only when the project is confirmed', async () => {
    const target = await project();
    expect((await filesRestore(target, '--bucket', 'avatars')).exitCode).toBe(0);
    await target.put('avatars', 'u/1.png', 'newer', { ContentType: 'image/png' });
    for (const confirm of [[], ['--confirm', 'another']]) {
      const refused = await filesRestore(target, ...confirm);
      expect(refused, said(refused)).toMatchObject({
        exitCode: 3,
        result: { error: { name: 'FilesUnconfirmedError' } },
      });
      expect(refused.result.error.message).toContain('avatars/u/1.png');
    }
    expect(await target.storage.bytesOf('avatars', 'u/1.png')).toEqual(Buffer.from('newer'));
    const end = await filesRestore(target, '--confirm', target.database.name);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { overwrite: 1, equal: 1, create: 4 } });
    expect(await target.storage.bytesOf('avatars', 'u/1.png')).toEqual(Buffer.from('first'));
  });

  it('goes by the ref of the project where one is known', async () => {
    const target = await project();
    const env = {
      ...(await filesEnv(bucket, source, target)),
      TARGET_SUPABASE_PROJECT_REF: 'abcdefghijklmnopqrst',
    };
    const plan = await engine(['files', 'restore', 'latest', '--plan'], env);
    expect(plan.result.plan.project).toBe('abcdefghijklmnopqrst');
  });

  it('says so where a role may not silence triggers, and brings the rest', async () => {
    const target = await project();
    const role = await makeRole(target.database.url, `LOGIN BYPASSRLS PASSWORD 'pw'`);
    await target.database.query(`GRANT USAGE ON SCHEMA storage TO ${role};
      GRANT ALL ON storage.objects, storage.buckets TO ${role}`);
    const env = await filesEnv(bucket, source, target);
    const restricted = { ...env, TARGET_DATABASE_URL: asUser(target.database.url, role, 'pw') };
    const end = await engine(['files', 'restore', 'latest', '--bucket', 'avatars'], restricted);
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { verified: 2 } });
    expect(end.result.notVerified.join()).toContain('updated_at');
    const [row] = await rowsOf(target);
    expect(row).toMatchObject({ owner_id: OWNER, created_at: '2025-01-02 03:04:05.678901+00' });
    await target.database.query(`GRANT SET ON PARAMETER session_replication_role TO ${role}`);
    const again = await engine(['files', 'restore', 'latest', '--bucket', 'avatars'], restricted);
    expect(again, said(again)).toMatchObject({ exitCode: 0, result: { notVerified: [] } });
  });
});

describe('little room', () => {
  it('is enough for large files: they are read twice, in both directions', async () => {
    const [target, own] = [await project(), await makeBucket()];
    const env = await filesEnv(own, source, target, { spoolMiB: 0, bandwidthMiBps: 200 });
    const made = await engine(['files', 'backup'], env);
    expect(made, said(made)).toMatchObject({ exitCode: 0, result: { read: 6 } });
    const end = await engine(['files', 'restore', 'latest'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { verified: 6 } });
    expect(await target.storage.bytesOf('videos', 'v/large.mp4')).toEqual(LARGE);
  });

  it('a project without files has an inventory, and nothing to bring back', async () => {
    const [empty, own] = [await project(), await makeBucket()];
    const env = await filesEnv(own, empty);
    for (const slot of ['2026-11-24T18:30:00Z', '2026-11-25T18:30:00Z']) {
      const made = await engine(['files', 'backup', '--slot', slot], env);
      expect(made, said(made)).toMatchObject({ exitCode: 0, result: { files: 0 } });
    }
    const end = await engine(['files', 'restore', 'latest'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'NoSuchFileError' } } });
    expect(end.result.error.message).toContain('it has no buckets');
  });
});

describe('an older state', () => {
  it('comes back with --at, a deleted file with it', async () => {
    const own = await makeBucket();
    const mine = await project();
    await mine.bucket('b');
    await mine.put('b', 'kept', 'before');
    await mine.put('b', 'deleted', 'deleted');
    const env = await filesEnv(own, mine);
    expect((await engine(['files', 'backup', '--slot', '2026-11-20T18:30:00Z'], env)).exitCode).toBe(0);
    const between = new Date().toISOString();
    await mine.put('b', 'kept', 'after');
    await mine.database.query(
      "BEGIN; SET LOCAL storage.allow_delete_query = 'true'; DELETE FROM storage.objects WHERE name = 'deleted'; COMMIT",
    );
    expect((await engine(['files', 'backup', '--slot', '2026-11-21T18:30:00Z'], env)).exitCode).toBe(0);
    const args = ['files', 'restore', 'latest', '--at', between, '--confirm', mine.database.name];
    const end = await engine(args, env);
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { id: 'files-20261120T183000Z', verified: 2 },
    });
    expect(await mine.storage.bytesOf('b', 'kept')).toEqual(Buffer.from('before'));
    expect(await mine.storage.bytesOf('b', 'deleted')).toEqual(Buffer.from('deleted'));
  });
});
