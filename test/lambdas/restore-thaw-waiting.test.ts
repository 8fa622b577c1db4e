import { HeadObjectCommand, InvalidObjectState, RestoreObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ObjectArchivedError } from '../../core/errors/index.ts';
import { openBucket } from '../../lambdas/common/bucket.ts';
import { handler } from '../../lambdas/restore-thaw/handler.ts';

const ID = 'weekly-20261123T160000Z';
const FOLDER = 'archive/20261123T160000Z/';

describe('the thaw function while S3 is at it', () => {
  const s3 = mockClient(S3Client);
  beforeEach(() => {
    s3.reset();
    vi.stubEnv('BACKUP_BUCKET', 'backups');
  });
  afterEach(() => vi.unstubAllEnvs());
  const event = { setIds: [ID], objects: { [ID]: ['rest.dump.zst.gpg'] }, tier: 'bulk' };
  const archived = { StorageClass: 'DEEP_ARCHIVE', ContentLength: 100 * 1024 ** 3 } as const;
  const ongoing = { ...archived, Restore: 'ongoing-request="true"' };

  it('says when it is done at the latest, counted from when it was asked first', async () => {
    s3.on(HeadObjectCommand).resolvesOnce(archived).resolves(ongoing);
    s3.on(RestoreObjectCommand).resolves({});
    const first = await handler({ ...event, askedAt: '2026-11-24T00:00:00Z' });
    expect(first).toMatchObject({
      ready: false,
      waitSeconds: 900,
      waitingFor: 1,
      waitingForBytes: archived.ContentLength,
      readyAt: '2026-11-26T00:00:00.000Z',
      costUsd: 0.49,
      askedAt: '2026-11-24T00:00:00Z',
    });
    expect(await handler({ ...event, askedAt: first.askedAt })).toEqual(first);
    expect(s3.commandCalls(RestoreObjectCommand).map(({ args }) => args[0].input)).toEqual([
      {
        Bucket: 'backups',
        Key: `${FOLDER}rest.dump.zst.gpg`,
        RestoreRequest: { Days: 3, GlacierJobParameters: { Tier: 'Bulk' } },
      },
    ]);
  });

  it('takes a request that is under way for made, and no other refusal', async () => {
    s3.on(HeadObjectCommand).resolves(archived);
    s3.on(RestoreObjectCommand).rejectsOnce(
      Object.assign(new Error('x'), { name: 'RestoreAlreadyInProgress' }),
    );
    expect(await handler(event)).toMatchObject({ ready: false });
    s3.on(RestoreObjectCommand).rejects(new Error('SlowDown'));
    await expect(handler(event)).rejects.toThrow(
      /1 object cannot be thawed: archive.*rest\.dump\.zst\.gpg: SlowDown/,
    );
    s3.on(HeadObjectCommand).rejects(new Error('SlowDown'));
    await expect(handler(event)).rejects.toThrow(/S3 failed while looking at archive/);
  });

  it('is what a manifest in an archive class needs: reading it says so', async () => {
    s3.onAnyCommand().rejects(new InvalidObjectState({ message: 'cold', $metadata: {} }));
    await expect(openBucket().getText('archive/x/manifest.json')).rejects.toThrow(ObjectArchivedError);
  });
});
