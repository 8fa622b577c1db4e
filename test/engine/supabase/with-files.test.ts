import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, makeBucket } from '../../support/engine.ts';
import { backUp, said } from '../../support/runs.ts';
import { filesEnv, makeProject, type TestProject } from '../../support/storage.ts';

const USER = '00000000-0000-0000-0000-000000000001';
const FILES = { 'videos/1/intro.mp4': 'moving', 'videos/1/copy.mp4': 'moving', 'videos/text.txt': 'text' };

describe('a whole project, accounts, tables and files', () => {
  let source: TestProject;
  let target: TestProject;
  beforeAll(async () => {
    [source, target] = [await makeProject(), await makeProject()];
    await source.database.query(`
      SET ROLE postgres;
      CREATE TABLE public.films (id int PRIMARY KEY, owner uuid REFERENCES auth.users, file uuid);
      ALTER TABLE public.films ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own ON public.films TO authenticated USING (owner = auth.uid());
      CREATE POLICY own_files ON storage.objects FOR SELECT TO authenticated USING (owner_id = auth.uid()::text);
      RESET ROLE; INSERT INTO auth.users (id, email) VALUES ('${USER}', 'a@example.com')`);
    await source.bucket('films', { public: true, limit: 1_000_000 });
    for (const [name, body] of Object.entries(FILES))
      await source.put('films', name, body, {
        ContentType: 'video/mp4',
        Metadata: { take: '2' },
      });
    await source.database.query(`
      UPDATE storage.objects SET owner = '${USER}', owner_id = '${USER}', created_at = '2025-01-02 03:04:05Z' WHERE name LIKE 'videos/1/%';
      INSERT INTO public.films SELECT row_number() OVER (ORDER BY name), owner, id FROM storage.objects`);
  });
  afterAll(async () => {
    await source.stop();
    await target.stop();
  });

  const state = async (project: TestProject) => {
    const { rows } = await project.database.query(`
      SELECT (SELECT json_agg(f ORDER BY id) FROM public.films f) AS films,
        (SELECT json_agg(json_build_array(id, name, owner_id, created_at, user_metadata, metadata ->> 'mimetype') ORDER BY name) FROM storage.objects) AS objects,
        (SELECT json_agg(json_build_array(id, public, file_size_limit)) FROM storage.buckets) AS buckets`);
    const bodies = await Promise.all(
      (await project.names()).map(async (name) => {
        const [Bucket = '', ...rest] = name.split('/');
        const { Body } = await project.client.send(new GetObjectCommand({ Bucket, Key: rest.join('/') }));
        return [name, await Body?.transformToString()];
      }),
    );
    return { ...rows[0], bodies };
  };

  it('goes into a new one: rows first, then files, and who saw which file sees it again', async () => {
    const bucket = await makeBucket();
    const env = await filesEnv(bucket, source, target);
    await backUp(env);
    const copied = await engine(['files', 'backup'], env);
    expect(copied, said(copied)).toMatchObject({ exitCode: 0, result: { files: 3 } });
    const blobs = await bucket.keys('assets/blobs/');
    expect(blobs).toHaveLength(2);
    const restored = await engine(['restore', 'latest', '--mode', 'full'], env);
    expect(restored, said(restored)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    const before = await engine(['files', 'check'], {
      ...env,
      DATABASE_URL: target.database.url,
      ...target.storage.env(),
    });
    expect(before.exitCode, 'rows are there and files are not').toBe(1);
    const files = await engine(['files', 'restore', 'latest', '--confirm', target.database.name], env);
    expect(files, said(files)).toMatchObject({ exitCode: 0, result: { verified: 3 } });
    expect(await state(target)).toEqual(await state(source));
    const seen = `BEGIN; SET LOCAL ROLE authenticated; SELECT set_config('request.jwt.claims', '{"sub": "${USER}"}', true), set_config('request.jwt.claim.sub', '${USER}', true);
      SELECT count(*)::int AS files FROM storage.objects; COMMIT`;
    // biome-ignore lint/suspicious/noExplicitAny: results of several statements
    const visible = ((await target.database.query(seen)) as any).at(-2).rows;
    expect(visible).toEqual([{ files: 2 }]);
  });
});
