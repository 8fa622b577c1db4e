import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import {
  configEnv,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
} from '../support/engine.ts';
import { makeSource } from '../support/fault-run.ts';
import { backUp, restore, said } from '../support/runs.ts';

it('a bucket with Object Lock takes a whole set, small objects and multipart ones, and keeps each', async () => {
  const [source, target] = [await makeSource(), await makeDatabase(15)];
  const bucket = await makeBucket({ locked: true });
  const env = { ...engineEnv(bucket, source, target), ...(await configEnv(SLICE_EVERYTHING)) };
  const slot = ['--kind', 'daily', '--slot', '2026-11-24T17:00:00Z'];
  const { id } = await backUp(env, ...slot);
  expect(await backUp(env, ...slot)).toMatchObject({ id, existing: true });
  for (const Key of await bucket.keys()) {
    const { ObjectLockMode } = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key }));
    expect(ObjectLockMode, Key).toBe('GOVERNANCE');
  }
  const verified = await engine(['verify', id], env);
  expect(verified, said(verified)).toMatchObject({ exitCode: 0, result: { depth: 'content' } });
  await restore(env, id);
});
