import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { engine, makeBucket, type TestBucket } from '../support/engine.ts';

const KEY = 'restores/an-execution/restore.json';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await makeBucket({ locked: true });
});

async function stored(key: string): Promise<unknown> {
  const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }));
  return JSON.parse((await Body?.transformToString()) ?? '');
}

describe('the result of a run, for a workflow', () => {
  it('is the JSON line of standard output, at the key that is named', async () => {
    const end = await engine(['list'], { ...bucket.env, BACKUP_RESULT_KEY: KEY });
    expect(end.result).toEqual({ verb: 'list', outcome: 'done', exitCode: 0, sets: [] });
    expect(await stored(KEY)).toEqual(end.result);
  });

  it.each([
    ['a verb that is refused', ['verify', 'daily-20261123T170000Z'], {}],
    ['a verb there is not', ['restoer'], {}],
    ['settings that are none', ['list'], { BACKUP_CONFIG_JSON: '{' }],
  ])('is written for %s too', async (what, args, env) => {
    const key = `restores/${what}/restore.json`;
    const end = await engine(args, { ...bucket.env, ...env, BACKUP_RESULT_KEY: key });
    expect(end.exitCode).toBe(3);
    expect(end.result).toMatchObject({ exitCode: 3, error: { message: expect.any(String) } });
    expect(await stored(key)).toEqual(end.result);
  });

  it('is not written over another one, and that is said', async () => {
    const key = 'restores/taken/restore.json';
    await bucket.client.send(
      new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: '{"mine":1}', ChecksumAlgorithm: 'CRC32' }),
    );
    const end = await engine(['list'], { ...bucket.env, BACKUP_RESULT_KEY: key });
    expect([end.exitCode, await stored(key)]).toEqual([0, { mine: 1 }]);
    expect(end.stderr).toContain('there is one already, and it stays');
  });

  it('changes no exit code where it cannot be written', async () => {
    const end = await engine(['restore', 'latest', '--mode', 'full'], {
      ...bucket.env,
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
      BACKUP_RESULT_KEY: KEY,
    });
    expect(end.exitCode).toBe(3);
    expect(end.stderr).toMatch(/the result was not written for the workflow.*restores\/an-execution/);
  });

  it('is written nowhere unless somebody asks', async () => {
    const before = await bucket.keys();
    expect((await engine(['list'], bucket.env)).exitCode).toBe(0);
    expect(await bucket.keys()).toEqual(before);
  });
});
