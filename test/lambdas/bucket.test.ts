import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EnvironmentError, StorageError } from '../../core/errors/index.ts';
import { ENV } from '../../core/names.ts';
import { openBucket } from '../../lambdas/common/bucket.ts';

const s3 = mockClient(S3Client);
const modified = new Date('2026-11-24T00:00:00Z');

describe('the bucket as the functions read it', () => {
  beforeEach(() => {
    s3.reset();
    vi.stubEnv(ENV.bucket, 'backups');
  });
  afterEach(() => vi.unstubAllEnvs());

  it('lists folders and objects of all pages', async () => {
    const asked: unknown[] = [];
    s3.on(ListObjectsV2Command).callsFake(({ Bucket, Prefix, Delimiter, ContinuationToken }) => {
      asked.push([Bucket, Prefix, Delimiter, ContinuationToken]);
      const name = ContinuationToken === undefined ? 'a' : 'b';
      return {
        CommonPrefixes: [{ Prefix: `daily/${name}/` }],
        Contents: [{ Key: `daily/${name}/x`, LastModified: modified }],
        ...(ContinuationToken === undefined ? { NextContinuationToken: 'more' } : {}),
      };
    });
    expect(await openBucket().listFolders('daily/')).toEqual(['daily/a/', 'daily/b/']);
    expect(await openBucket().listObjects('daily/')).toEqual([
      { key: 'daily/a/x', modified },
      { key: 'daily/b/x', modified },
    ]);
    expect(asked).toEqual([
      ['backups', 'daily/', '/', undefined],
      ['backups', 'daily/', '/', 'more'],
      ['backups', 'daily/', undefined, undefined],
      ['backups', 'daily/', undefined, 'more'],
    ]);
  });

  it('has nothing under a key that is not there, and fails on everything else', async () => {
    s3.on(GetObjectCommand, { Key: 'gone' }).rejects(new NoSuchKey({ message: 'gone', $metadata: {} }));
    s3.on(GetObjectCommand, { Key: 'cold' }).rejects(new Error('InvalidObjectState'));
    s3.on(ListObjectsV2Command).rejects(new Error('SlowDown'));
    expect(await openBucket().getText('gone')).toBeUndefined();
    await expect(openBucket().getText('cold')).rejects.toThrow(StorageError);
    await expect(openBucket().listObjects('daily/')).rejects.toThrow(
      'S3 failed while listing daily/: SlowDown',
    );
    await expect(openBucket().listFolders('daily/')).rejects.toThrow(StorageError);
  });

  it('is refused without a name', () => {
    vi.stubEnv(ENV.bucket, '');
    expect(() => openBucket()).toThrow(EnvironmentError);
  });
});
