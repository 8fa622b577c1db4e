import { GetObjectTaggingCommand, PutObjectTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StorageError } from '../../core/errors/index.ts';
import { ENV } from '../../core/names.ts';
import { isMarked, mark } from '../../lambdas/retention/mark.ts';

const s3 = mockClient(S3Client);
const marked = () => s3.commandCalls(PutObjectTaggingCommand).map(({ args }) => args[0].input.Key);
const FOLDER = 'daily/20261101T170000Z/';
const SET = ['manifest.json', 'a', 'z', 'verification.json'].map((name) => FOLDER + name);

beforeEach(() => {
  s3.reset();
  vi.stubEnv(ENV.bucket, 'backups');
});
afterEach(() => vi.unstubAllEnvs());

describe('the mark', () => {
  it('comes to the manifest last, and to nothing but what was named', async () => {
    await mark(SET);
    expect(marked().at(-1)).toBe(`${FOLDER}manifest.json`);
    expect(marked().sort()).toEqual([...SET].sort());
    expect(s3.commandCalls(PutObjectTaggingCommand)[0]?.args[0].input).toMatchObject({
      Bucket: 'backups',
      Tagging: { TagSet: [{ Key: 'retention', Value: 'expired' }] },
    });
  });

  it('does not come to the manifest when another object could not be marked', async () => {
    s3.on(PutObjectTaggingCommand, { Key: `${FOLDER}z` }).rejects(new Error('SlowDown'));
    await expect(mark(SET)).rejects.toThrow(`S3 failed while marking ${FOLDER}z: SlowDown`);
    expect(marked()).not.toContain(`${FOLDER}manifest.json`);
  });

  it('of what a run left without a manifest is told by its last object', async () => {
    const remnant = [`${FOLDER}claim.json`, `${FOLDER}rest.dump.zst.gpg`, `${FOLDER}data/x`];
    await mark(remnant);
    expect(marked().at(-1)).toBe(`${FOLDER}rest.dump.zst.gpg`);
  });

  it('has nothing to come to where lifecycle was faster', async () => {
    await mark([]);
    expect(await isMarked([])).toBe(true);
    expect(s3.calls()).toHaveLength(0);
  });
});

describe('a set', () => {
  it.each([
    [[{ Key: 'retention', Value: 'expired' }], true],
    [[{ Key: 'retention', Value: 'kept' }], false],
    [[{ Key: 'other', Value: 'expired' }], false],
    [[], false],
  ])('whose manifest carries %j is marked: %s', async (TagSet, expected) => {
    s3.on(GetObjectTaggingCommand, { Key: `${FOLDER}manifest.json` }).resolves({ TagSet });
    expect(await isMarked(SET)).toBe(expected);
  });

  it('is not taken for marked when that cannot be read', async () => {
    s3.on(GetObjectTaggingCommand).rejects(new Error('AccessDenied'));
    await expect(isMarked(SET)).rejects.toThrow(StorageError);
  });
});
