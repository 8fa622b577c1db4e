import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalS3, startS3 } from '../../local/s3.ts';

describe('the S3 emulator', () => {
  let s3: LocalS3;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3.stop());

  it('keeps objects', async () => {
    await s3.createBucket('plain');
    await s3.client().send(new PutObjectCommand({ Bucket: 'plain', Key: 'a/b', Body: 'hello' }));
    const { Body } = await s3.client().send(new GetObjectCommand({ Bucket: 'plain', Key: 'a/b' }));
    expect(await Body?.transformToString()).toBe('hello');
  });

  it('refuses to replace an object that must not exist', async () => {
    await s3.createBucket('conditional');
    const put = () =>
      s3
        .client()
        .send(new PutObjectCommand({ Bucket: 'conditional', Key: 'once', Body: 'x', IfNoneMatch: '*' }));
    await put();
    await expect(put()).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  });

  it('keeps older versions in a versioned bucket', async () => {
    await s3.createBucket('versioned', { versioned: true });
    for (const Body of ['one', 'two']) {
      await s3.client().send(new PutObjectCommand({ Bucket: 'versioned', Key: 'k', Body }));
    }
    const { Versions } = await s3.client().send(new ListObjectVersionsCommand({ Bucket: 'versioned' }));
    expect(Versions?.map((version) => version.IsLatest)).toEqual([true, false]);
  });

  it('forgets an aborted multipart upload', async () => {
    await s3.createBucket('parts');
    const target = { Bucket: 'parts', Key: 'big' };
    const { UploadId } = await s3.client().send(new CreateMultipartUploadCommand(target));
    await s3.client().send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'part' }));
    const uploads = async () =>
      (await s3.client().send(new ListMultipartUploadsCommand({ Bucket: 'parts' }))).Uploads?.length ?? 0;
    expect(await uploads()).toBe(1);
    await s3.client().send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    expect(await uploads()).toBe(0);
  });

  it('serves other programs through its environment', () => {
    expect(s3.env).toMatchObject({ AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_REGION: 'ap-northeast-2' });
  });
});

describe('two emulators at once', () => {
  it('know nothing of each other and are gone after stop()', async () => {
    const [one, two] = await Promise.all([startS3(), startS3()]);
    await one.createBucket('same-name');
    await two.createBucket('same-name');
    await Promise.all([one.stop(), two.stop()]);
    await expect(fetch(one.endpoint)).rejects.toThrow();
    await expect(fetch(two.endpoint)).rejects.toThrow();
  });
});
