import * as s3 from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openS3Gate, type S3Gate } from '../../../local/cloud/s3-gate.ts';
import type { S3Ask } from '../../../local/cloud/s3-request.ts';
import { type LocalS3, startS3 } from '../../../local/s3.ts';

const Bucket = 'behind-the-gate';
const Key = 'daily/20261123T170000Z/data/public.이야기/0001 a+b.gpg';
const OBJECT = `arn:aws:s3:::${Bucket}/${Key}`;

let emulator: LocalS3;
let gate: S3Gate;
let client: s3.S3Client;
let asked: S3Ask[] = [];
let allowed = true;

/** A client with the credentials of a role, or of nobody. */
function clientWith(credentials: { AWS_ACCESS_KEY_ID?: string }): s3.S3Client {
  return new s3.S3Client({
    endpoint: gate.endpoint,
    forcePathStyle: true,
    region: 'ap-northeast-2',
    maxAttempts: 1,
    credentials: { accessKeyId: credentials.AWS_ACCESS_KEY_ID ?? 'stranger', secretAccessKey: 'local' },
  });
}

beforeAll(async () => {
  emulator = await startS3();
  await emulator.createBucket(Bucket, { versioned: true });
  gate = await openS3Gate(emulator.endpoint);
  const roleArn = 'arn:aws:iam::123456789012:role/somebody';
  const may = async (ask: S3Ask) => {
    asked.push(ask);
    return allowed;
  };
  client = clientWith(gate.credentialsOf({ roleArn, may }));
});
afterAll(() => Promise.all([gate.stop(), emulator.stop()]));
beforeEach(() => {
  asked = [];
  allowed = true;
});

const askedFor = () => asked.map(({ action, resource, context }) => [action, resource, context]);

describe('the gate', () => {
  it('lets through what the role may, body and answer as they are', async () => {
    const Body = 'x'.repeat(300_000);
    await client.send(new s3.PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }));
    const { Body: stored } = await client.send(new s3.GetObjectCommand({ Bucket, Key }));
    expect(await stored?.transformToString()).toBe(Body);
    expect(askedFor()).toEqual([
      ['s3:PutObject', OBJECT, { 's3:ObjectCreationOperation': 'true', 's3:if-none-match': '*' }],
      ['s3:GetObject', OBJECT, {}],
    ]);
  });

  it('refuses what the role may not, as S3 does, and says so', async () => {
    allowed = false;
    const before = gate.refusals.length;
    const refused = client.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'y' }));
    await expect(refused).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    await expect(client.send(new s3.HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    expect(gate.refusals.slice(before)).toEqual([
      `User: arn:aws:iam::123456789012:role/somebody is not authorized to perform: s3:PutObject on resource: ${OBJECT}`,
      `User: arn:aws:iam::123456789012:role/somebody is not authorized to perform: s3:GetObject on resource: ${OBJECT}`,
    ]);
  });

  it('refuses whoever has no role, and what nobody here needs', async () => {
    const stranger = clientWith({});
    await expect(stranger.send(new s3.GetObjectCommand({ Bucket, Key }))).rejects.toThrow(
      /which no role has/,
    );
    await expect(client.send(new s3.DeleteBucketCommand({ Bucket }))).rejects.toThrow(/not known here/);
    expect(asked).toEqual([]);
  });

  it('tells an upload that is begun or sent in parts from one that makes an object', async () => {
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const part = { Bucket, Key: 'parts', UploadId, PartNumber: 1 };
    const { ETag } = await client.send(new s3.UploadPartCommand({ ...part, Body: 'z' }));
    await client.send(new s3.ListPartsCommand({ Bucket, Key: 'parts', UploadId }));
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
    await client.send(
      new s3.CompleteMultipartUploadCommand({
        Bucket,
        Key: 'parts',
        UploadId,
        MultipartUpload,
        IfNoneMatch: '*',
      }),
    );
    const begun = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    await client.send(new s3.AbortMultipartUploadCommand({ Bucket, Key: 'parts', UploadId: begun.UploadId }));
    expect(asked.map(({ action, context }) => [action, context['s3:ObjectCreationOperation']])).toEqual([
      ['s3:PutObject', 'false'],
      ['s3:PutObject', 'false'],
      ['s3:ListMultipartUploadParts', undefined],
      ['s3:PutObject', 'true'],
      ['s3:PutObject', 'false'],
      ['s3:AbortMultipartUpload', undefined],
    ]);
    expect(asked[3]?.context['s3:if-none-match']).toBe('*');
  });

  it('reads the tags of a request that sets them', async () => {
    const TagSet = [{ Key: 'retention', Value: 'expired' }];
    await client.send(new s3.PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
    expect(askedFor()).toEqual([
      ['s3:PutObjectTagging', OBJECT, { 's3:RequestObjectTag/retention': 'expired' }],
    ]);
    const stored = await client.send(new s3.GetObjectTaggingCommand({ Bucket, Key }));
    expect(stored.TagSet).toEqual(TagSet);
  });

  it('asks of a copy whether its source may be read, and its tags where they would be copied', async () => {
    await client.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'a' }));
    const source = { Bucket, CopySource: [Bucket, ...Key.split('/')].map(encodeURIComponent).join('/') };
    const target = { Key: 'critical/copy', IfNoneMatch: '*' };
    asked = [];
    await client.send(new s3.CopyObjectCommand({ ...source, ...target, TaggingDirective: 'REPLACE' }));
    const put = { 's3:ObjectCreationOperation': 'true', 's3:if-none-match': '*' };
    const copy = `arn:aws:s3:::${Bucket}/critical/copy`;
    expect(askedFor()).toEqual([
      ['s3:GetObject', OBJECT, {}],
      ['s3:PutObject', copy, put],
    ]);
    const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key: 'critical/copy' }));
    expect(await Body?.transformToString()).toBe('a');
    asked = [];
    await client.send(new s3.CopyObjectCommand({ ...source, Key: 'critical/other' }));
    expect(asked.map(({ action }) => action)).toEqual([
      's3:GetObject',
      's3:GetObjectTagging',
      's3:PutObject',
    ]);
  });

  it('copies nothing whose source may not be read', async () => {
    await client.send(new s3.PutObjectCommand({ Bucket, Key: 'secret', Body: 'a' }));
    allowed = false;
    const copying = client.send(
      new s3.CopyObjectCommand({ Bucket, Key: 'open', CopySource: `${Bucket}/secret` }),
    );
    await expect(copying).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(gate.refusals.at(-1)).toContain('s3:GetObject on resource: arn:aws:s3:::behind-the-gate/secret');
  });

  it('says what a listing is limited to', async () => {
    await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix: 'critical/' }));
    expect(askedFor()).toEqual([['s3:ListBucket', `arn:aws:s3:::${Bucket}`, { 's3:prefix': 'critical/' }]]);
  });

  it.each([
    ['s3:ListBucket', () => client.send(new s3.ListObjectsV2Command({ Bucket, Prefix: 'daily/' }))],
    ['s3:ListBucket', () => client.send(new s3.HeadBucketCommand({ Bucket }))],
    ['s3:ListBucketVersions', () => client.send(new s3.ListObjectVersionsCommand({ Bucket }))],
    ['s3:ListBucketMultipartUploads', () => client.send(new s3.ListMultipartUploadsCommand({ Bucket }))],
    ['s3:DeleteObject', () => client.send(new s3.DeleteObjectCommand({ Bucket, Key: 'none' }))],
    [
      's3:DeleteObjectVersion',
      () => client.send(new s3.DeleteObjectCommand({ Bucket, Key: 'none', VersionId: 'null' })),
    ],
  ] as [string, () => Promise<unknown>][])('knows %s when it sees it', async (action, call) => {
    await call().catch(() => undefined);
    expect(asked.map((ask) => ask.action)).toEqual([action]);
  });

  it('answers with the status of a disturbance, to the role and the request it is about, until it ends', async () => {
    const put = () => client.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'x' }));
    const told: unknown[] = [];
    gate.disturb(async ({ action, resource }, roleArn) => {
      told.push([action, resource, roleArn]);
      return action === 's3:PutObject' ? 503 : undefined;
    });
    await expect(put()).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } });
    await client.send(new s3.HeadObjectCommand({ Bucket, Key }));
    gate.disturb(undefined);
    await put();
    const roleArn = 'arn:aws:iam::123456789012:role/somebody';
    expect(told).toEqual([
      ['s3:PutObject', OBJECT, roleArn],
      ['s3:GetObject', OBJECT, roleArn],
    ]);
  });

  it('refuses by policy before any disturbance: a role that may not is told so', async () => {
    allowed = false;
    gate.disturb(async () => 503);
    const get = client.send(new s3.GetObjectCommand({ Bucket, Key }));
    await expect(get).rejects.toMatchObject({ name: 'AccessDenied' });
    gate.disturb(undefined);
  });
});
