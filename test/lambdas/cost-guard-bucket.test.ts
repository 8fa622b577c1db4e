import {
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StorageError } from '../../core/errors/index.ts';
import { ENV } from '../../core/names.ts';
import { grownPrefixes, leftUploads } from '../../lambdas/cost-guard/bucket.ts';

const s3 = mockClient(S3Client);
const NOW = new Date('2026-11-11T12:00:00Z');
const GB = 1024 ** 3;
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);
const version = (Key: string, gb: number, days: number) => ({
  Key,
  Size: gb * GB,
  LastModified: daysAgo(days),
});

beforeEach(() => {
  s3.reset();
  vi.stubEnv(ENV.bucket, 'backups');
});
afterEach(() => vi.unstubAllEnvs());

describe('where a bucket grew', () => {
  it('is by prefix, of a week, on all pages, versions that are not current included', async () => {
    s3.on(ListObjectVersionsCommand)
      .resolvesOnce({
        Versions: [version('daily/a/x', 1, 1), version('daily/a/x', 2, 2), version('archive/b/x', 50, 8)],
        IsTruncated: true,
        NextKeyMarker: 'daily/a/x',
        NextVersionIdMarker: 'v',
      })
      .resolves({ Versions: [version('assets/blobs/y', 10, 6.9), version('audit/z', 0.01, 1)] });
    expect(await grownPrefixes(NOW)).toEqual(['assets/ 10.0 GB', 'daily/ 3.0 GB']);
    expect(s3.commandCalls(ListObjectVersionsCommand)[1]?.args[0].input).toMatchObject({
      KeyMarker: 'daily/a/x',
      VersionIdMarker: 'v',
    });
  });

  it('is looked for on so many pages and no more, and that is said', async () => {
    s3.on(ListObjectVersionsCommand).resolves({
      Versions: [version('daily/a', 1, 1)],
      IsTruncated: true,
      NextKeyMarker: 'k',
    });
    expect(await grownPrefixes(NOW)).toEqual(['daily/ ≥ 200.0 GB']);
    expect(s3.calls()).toHaveLength(200);
  });

  it('is not known where S3 refuses', async () => {
    s3.on(ListObjectVersionsCommand).rejects(new Error('AccessDenied'));
    await expect(grownPrefixes(NOW)).rejects.toThrow(StorageError);
  });
});

describe('uploads that were left', () => {
  const uploads = (count: number) =>
    s3.on(ListMultipartUploadsCommand).resolves({
      Uploads: Array.from({ length: count }, (_, i) => ({
        ...{ Key: `daily/${i}`, UploadId: `u${i}`, Initiated: daysAgo(2 + i) },
      })),
    });

  it('are all counted, and the oldest five are looked into', async () => {
    uploads(8);
    s3.on(ListPartsCommand).resolves({ Parts: [{ Size: 100 }, { Size: 10 }] });
    const { uploads: left, bytes } = await leftUploads(365, NOW);
    expect([left.length, left[0]?.key, bytes]).toEqual([8, 'daily/7', 550]);
    const looked = s3.commandCalls(ListPartsCommand).map(({ args }) => args[0].input.UploadId);
    expect(looked).toEqual(['u7', 'u6', 'u5', 'u4', 'u3']);
  });

  it('may be ended while they are looked into', async () => {
    uploads(1);
    s3.on(ListPartsCommand).rejects(Object.assign(new Error('gone'), { name: 'NoSuchUpload' }));
    expect(await leftUploads(365, NOW)).toMatchObject({ uploads: [{ key: 'daily/0' }], bytes: null });
  });

  it('are none where nothing is left, and then nothing is looked into', async () => {
    uploads(0);
    expect(await leftUploads(365, NOW)).toEqual({ uploads: [], bytes: null });
    expect(s3.commandCalls(ListPartsCommand)).toHaveLength(0);
  });
});
