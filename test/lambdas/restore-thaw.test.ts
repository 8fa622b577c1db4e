import { CopyObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalS3, startS3 } from '../../local/s3.ts';
import { type Bundles, bundleFunctions, type CallEnd } from '../support/functions.ts';

const ID = 'weekly-20261123T160000Z';
const FOLDER = 'archive/20261123T160000Z/';

describe('the thaw function', () => {
  let s3: LocalS3;
  let client: S3Client;
  let bundles: Bundles;
  let bucket = '';
  let buckets = 0;

  beforeAll(async () => {
    [s3, bundles] = await Promise.all([startS3(), bundleFunctions(['restore-thaw'])]);
    client = s3.client();
  });
  afterAll(() => Promise.all([s3.stop(), bundles.remove()]));
  beforeEach(async () => {
    buckets += 1;
    bucket = `backups-${buckets}`;
    await s3.createBucket(bucket, { versioned: true });
    await put('manifest.json', 'STANDARD');
  });

  const put = async (name: string, StorageClass: 'STANDARD' | 'GLACIER' | 'DEEP_ARCHIVE') => {
    const Key = FOLDER + name;
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'sealed' }));
    await client.send(
      new CopyObjectCommand({ Bucket: bucket, Key, CopySource: `${bucket}/${Key}`, StorageClass }),
    );
  };
  const headerOf = async (name: string) =>
    (await client.send(new HeadObjectCommand({ Bucket: bucket, Key: FOLDER + name }))).Restore;
  const call = (event: unknown): Promise<CallEnd> =>
    bundles.call('restore-thaw', event, { ...s3.env, BACKUP_BUCKET: bucket });

  it('is ready at once where nothing is archived', async () => {
    const { result } = await call({ setIds: [ID, ID] });
    expect(result).toEqual({
      ready: true,
      waitSeconds: 900,
      objects: 1,
      bytes: 6,
      waitingFor: 0,
      waitingForBytes: 0,
      readyAt: expect.stringMatching(/^20/),
      readableUntil: null,
      costUsd: 0,
      askedAt: expect.stringMatching(/^20/),
    });
    expect(result.readyAt).toBe(result.askedAt);
  });

  it('asks for all of a set, or for the objects that are named', async () => {
    await put('rest.dump.zst.gpg', 'GLACIER');
    await put('roles.sql.zst.gpg', 'DEEP_ARCHIVE');
    const some = await call({ setIds: [ID], objects: { [ID]: ['rest.dump.zst.gpg'] } });
    expect(some.result).toMatchObject({
      ready: true,
      objects: 1,
      readableUntil: expect.stringMatching(/^20/),
    });
    expect(await headerOf('rest.dump.zst.gpg')).toMatch(/^ongoing-request="false"/);
    expect(await headerOf('roles.sql.zst.gpg')).toBeUndefined();
    expect((await call({ setIds: [ID], days: 9 })).result).toMatchObject({ ready: true, objects: 3 });
    expect(await headerOf('roles.sql.zst.gpg')).toMatch(/^ongoing-request="false"/);
  });

  it('refuses a tier that is not for an object, and a set that is not there', async () => {
    await put('roles.sql.zst.gpg', 'DEEP_ARCHIVE');
    expect((await call({ setIds: [ID], tier: 'expedited' })).error).toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('expedited is not for DEEP_ARCHIVE'),
    });
    expect((await call({ setIds: ['weekly-20200101T000000Z'] })).error?.name).toBe('NoSuchSetError');
    expect((await call({ setIds: [ID], objects: { [ID]: ['gone'] } })).error).toMatchObject({
      name: 'ThawRefusedError',
      message: expect.stringContaining(`${FOLDER}gone: it is not in the bucket`),
    });
  });

  it.each([
    [{ setIds: [] }, 'setIds'],
    [{ setIds: ['yesterday'] }, 'yesterday is no set id'],
    [{ setIds: [ID], tier: 'fast' }, 'tier'],
    [{ setIds: [ID], days: 1, restoreMinutes: 2000 }, 'days: are fewer than the restore may take'],
  ])('refuses %j', async (event, problem) => {
    expect((await call(event)).error).toMatchObject({
      name: 'EventInvalidError',
      message: expect.stringContaining(problem),
    });
  });
});
