import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../support/engine.ts';
import { cleanUpAfter, expectError, expectNothingLeft, runIn, startIn } from '../support/fault-guard.ts';
import { expectFailedCleanly, type FaultRun, makeSource, prepareRun } from '../support/fault-run.ts';
import { type S3Asked, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { emptyTarget } from '../support/fault-target.ts';
import { readObject } from '../support/runs.ts';

const FOLDER = 'daily/20261123T170000Z/';
const ID = 'daily-20261123T170000Z';
const DAILY = ['backup', '--kind', 'daily', '--slot', '2026-11-24T02:00:00+09:00'];
let source: TestDatabase;
beforeAll(async () => {
  source = await makeSource();
});

let s3: S3Line | undefined;
afterEach(() => s3?.stop());

const part = ({ operation }: S3Asked) => (operation === 'UploadPart' ? 'hold' : undefined);
const manifest = ({ operation, key }: S3Asked) =>
  operation === 'PutObject' && key.endsWith('manifest.json') ? 'hold' : undefined;

/** A run counts as dead 90 s after its last sign of life; this makes it so at once. */
async function ageClaim({ bucket }: FaultRun): Promise<void> {
  const claim = { runId: 'somebody', state: 'running', seenAt: '2026-01-01T00:00:00.000Z' };
  const Body = JSON.stringify(claim);
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: `${FOLDER}claim.json`, Body }));
}

async function manifestOf({ bucket }: FaultRun): Promise<string> {
  return (await readObject(bucket, `${FOLDER}manifest.json`)).toString('utf8');
}

/** The set is whole: decrypted, and restored with proof. */
async function expectWhole(run: FaultRun): Promise<void> {
  const read = await runIn(run, ['verify', ID]);
  expect(read, read.stdout).toMatchObject({ exitCode: 0, result: { depth: 'content', problems: [] } });
  const env = { TARGET_DATABASE_URL: (await emptyTarget()).database.url };
  const restored = await runIn(run, ['restore', ID, '--mode', 'full'], env);
  expect(restored, restored.stderr + restored.stdout).toMatchObject({
    exitCode: 0,
    result: { notVerified: [] },
  });
}

describe('a run that is late', () => {
  it.each([
    ['with its parts', part],
    ['with its manifest alone', manifest],
  ])('%s does not touch the set that another has made meanwhile', async (_, late) => {
    const run = await prepareRun(source);
    s3 = await startS3Line(late);
    const first = startIn(run, DAILY, s3.env);
    await s3.struck;
    first.child.kill('SIGSTOP');
    await ageClaim(run);
    const second = await startIn(run, DAILY).end;
    expect(second, second.stderr + second.stdout).toMatchObject({ exitCode: 0, result: { existing: false } });
    const committed = await manifestOf(run);
    s3.release();
    first.child.kill('SIGCONT');
    const woken = await first.end;
    expect(woken, woken.stderr + woken.stdout).toMatchObject({ exitCode: 0, result: { existing: true } });
    await expectNothingLeft(run, woken);
    expect(await manifestOf(run)).toBe(committed);
    expect(await run.bucket.openUploads()).toBe(0);
    await expectWhole(run);
  });
});

describe('a run killed in the middle of a part', () => {
  it('is followed by one that makes a whole set', async () => {
    const run = await prepareRun(source);
    s3 = await startS3Line(part);
    const first = startIn(run, DAILY, s3.env);
    await s3.struck;
    first.child.kill('SIGKILL');
    expect((await first.end).signal).toBe('SIGKILL');
    await ageClaim(run);
    // its temporary directory is as the dead run left it
    const next = await prepareRun(source);
    const again: FaultRun = { ...next, bucket: run.bucket, env: { ...next.env, ...run.bucket.env } };
    const second = await runIn(again, DAILY);
    expect(second, second.stderr + second.stdout).toMatchObject({ exitCode: 0, result: { existing: false } });
    await expectWhole(again);
    await cleanUpAfter(run);
  });
});

describe('a run that is stopped when only its manifest is missing', () => {
  it('by an end of the session that holds the snapshot makes no backup', async () => {
    const run = await prepareRun(source);
    s3 = await startS3Line(part);
    const { end } = startIn(run, DAILY, s3.env);
    await s3.struck;
    await source.query(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l
      JOIN pg_stat_activity a ON a.pid = l.pid AND a.application_name = 'videoplanet-backup'
      WHERE l.relation = 'small'::regclass AND a.state = 'idle in transaction'`);
    s3.release();
    const ended = await end;
    expectError(ended, 1, 'DatabaseFailedError', /^the database failed while/);
    await expectFailedCleanly(run, ended, 'DatabaseFailedError');
  });

  it('by SIGTERM has either made the backup or not, and says which', async () => {
    const run = await prepareRun(source);
    s3 = await startS3Line(manifest);
    const { child, end } = startIn(run, DAILY, s3.env);
    await s3.struck;
    child.kill('SIGTERM');
    s3.release();
    const ended = await end;
    await expectNothingLeft(run, ended);
    const { sets } = (await runIn(run, ['list'])).result;
    expect(ended.result.outcome, ended.stderr + ended.stdout).toBe(
      sets.length === 0 ? 'failed' : 'could-not-verify',
    );
    const said = sets.length === 0 ? ended.result.error.message : ended.result.notVerified[0];
    expect(said).toMatch(sets.length === 0 ? /taken back/ : /stopped by SIGTERM; the set is committed/);
  });
});
