import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../containers/engine/storage/bucket.ts';
import { copyObject } from '../../containers/engine/storage/copy.ts';

const s3 = mockClient(S3Client);
beforeEach(() => s3.reset());

const KEY = 'critical/20261123T000000Z/data/public.이야기/0001.copy.zst.gpg';
const TO = KEY.replace('T000000Z', 'T001500Z');
const SHA256 = 'ab'.repeat(32);
const GIB = 1024 ** 3;
const bucket = {
  name: 'backups',
  client: new S3Client({ region: 'x' }),
  takesChecksums: async () => true,
} as Bucket;

const copy = (bytes: number, patienceMs = 60_000, signal = new AbortController().signal) =>
  copyObject(bucket, KEY, TO, { bytes, sha256: SHA256 }, { signal, patienceMs });

const failure = (name: string, httpStatusCode: number) =>
  new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode, attempts: 1 } });

/** As long as the test runs; ends when it is aborted. */
const never = (signal: AbortSignal | undefined) =>
  new Promise<never>((_, reject) =>
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );

describe('an object of up to 5 GiB', () => {
  it('is copied in one request, without its tags, where nothing is, and S3 says its hash', async () => {
    const ChecksumSHA256 = Buffer.from(SHA256, 'hex').toString('base64');
    s3.on(CopyObjectCommand).resolves({ CopyObjectResult: { ETag: 'e', ChecksumSHA256 } });
    await copy(5 * GIB);
    expect(s3.calls().map(({ args }) => args[0].input)).toEqual([
      {
        Bucket: 'backups',
        Key: TO,
        CopySource: `backups/${KEY.split('/').map(encodeURIComponent).join('/')}`,
        IfNoneMatch: '*',
        TaggingDirective: 'REPLACE',
        ChecksumAlgorithm: 'SHA256',
      },
    ]);
  });

  it('of another hash is no copy', async () => {
    const ChecksumSHA256 = Buffer.from('cd'.repeat(32), 'hex').toString('base64');
    s3.on(CopyObjectCommand).resolves({ CopyObjectResult: { ETag: 'e', ChecksumSHA256 } });
    await expect(copy(1)).rejects.toMatchObject({ name: 'ObjectDamagedError' });
  });

  it.each([
    ['says none', { ETag: 'e' }],
    ['says one of parts', { ETag: 'e', ChecksumSHA256: 'AAAA-3', ChecksumType: 'COMPOSITE' as const }],
  ])('of which S3 %s is held against its size', async (_, CopyObjectResult) => {
    s3.on(CopyObjectCommand).resolves({ CopyObjectResult });
    s3.on(HeadObjectCommand, { Key: TO }).resolves({ ContentLength: 7 });
    await copy(7);
    await expect(copy(8)).rejects.toMatchObject({ name: 'ObjectDamagedError' });
  });

  it('that takes too long is given up', async () => {
    s3.on(CopyObjectCommand).callsFake(() => never(AbortSignal.timeout(50)));
    await expect(copy(1, 50)).rejects.toMatchObject({ name: 'StorageError' });
  });

  it('is not copied on once the run is stopped', async () => {
    const stopped = new AbortController();
    s3.on(CopyObjectCommand).callsFake(() => {
      stopped.abort(new Error('stopped'));
      throw new Error('aborted');
    });
    await expect(copy(1, 60_000, stopped.signal)).rejects.toThrow('stopped');
  });
});

describe('an object of more than 5 GiB', () => {
  const bytes = 5 * GIB + 1;

  it('is copied in ranges of one version, and appears only where nothing is', async () => {
    s3.on(HeadObjectCommand, { Key: KEY }).resolves({ ContentLength: bytes, ETag: '"e"' });
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
    s3.on(UploadPartCopyCommand).callsFake(({ PartNumber }) => ({
      CopyPartResult: { ETag: `p${PartNumber}` },
    }));
    s3.on(CompleteMultipartUploadCommand).resolves({ ETag: 'whole' });
    await copy(bytes);
    const parts = s3.commandCalls(UploadPartCopyCommand).map(({ args }) => args[0].input);
    expect(parts.map(({ CopySourceRange }) => CopySourceRange)).toEqual([
      ...[0, 1, 2, 3, 4].map((i) => `bytes=${i * GIB}-${(i + 1) * GIB - 1}`),
      `bytes=${5 * GIB}-${5 * GIB}`,
    ]);
    expect(new Set(parts.map(({ CopySourceIfMatch }) => CopySourceIfMatch))).toEqual(new Set(['"e"']));
    expect(s3.commandCalls(CompleteMultipartUploadCommand)[0]?.args[0].input).toMatchObject({
      IfNoneMatch: '*',
      MultipartUpload: { Parts: [1, 2, 3, 4, 5, 6].map((n) => ({ PartNumber: n, ETag: `p${n}` })) },
    });
    // a new upload has no tags, and none are sent along
    expect(s3.commandCalls(CreateMultipartUploadCommand)[0]?.args[0].input).toEqual({
      Bucket: 'backups',
      Key: TO,
    });
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toEqual([]);
  });

  it('of another size is not begun', async () => {
    s3.on(HeadObjectCommand).resolves({ ContentLength: bytes - 1, ETag: '"e"' });
    await expect(copy(bytes)).rejects.toMatchObject({ name: 'ObjectDamagedError' });
    expect(s3.commandCalls(CreateMultipartUploadCommand)).toEqual([]);
  });

  it.each([
    ['a part fails', failure('InternalError', 500)],
    ['the source was replaced meanwhile', failure('PreconditionFailed', 412)],
    ['the source is gone meanwhile', failure('NoSuchKey', 404)],
  ])('leaves nothing behind when %s', async (_, error) => {
    s3.on(HeadObjectCommand).resolves({ ContentLength: bytes, ETag: '"e"' });
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
    s3.on(UploadPartCopyCommand)
      .resolvesOnce({ CopyPartResult: { ETag: 'p1' } })
      .rejects(error);
    s3.on(AbortMultipartUploadCommand).resolves({});
    await expect(copy(bytes)).rejects.toMatchObject({ name: /StorageError|ObjectDamagedError/ });
    expect(s3.commandCalls(AbortMultipartUploadCommand).map(({ args }) => args[0].input.UploadId)).toEqual([
      'u',
    ]);
    expect(s3.commandCalls(CompleteMultipartUploadCommand)).toEqual([]);
  });

  it('leaves nothing behind when the run is stopped while it is begun', async () => {
    const stopped = new AbortController();
    s3.on(HeadObjectCommand).resolves({ ContentLength: bytes, ETag: '"e"' });
    s3.on(CreateMultipartUploadCommand).callsFake(() => {
      stopped.abort(new Error('stopped'));
      return { UploadId: 'u' };
    });
    s3.on(AbortMultipartUploadCommand).resolves({});
    await expect(copy(bytes, 60_000, stopped.signal)).rejects.toThrow('stopped');
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
    expect(s3.commandCalls(UploadPartCopyCommand)).toEqual([]);
  });
});
