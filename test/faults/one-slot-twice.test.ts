import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { engine, startEngine, type TestDatabase } from '../support/engine.ts';
import { type FaultRun, makeSource, prepareRun, TWO_PARTS } from '../support/fault-run.ts';

let source: TestDatabase;
beforeAll(async () => {
  source = await makeSource();
});

const SLOW = { ...TWO_PARTS, backup: { ...TWO_PARTS.backup, compressionLevel: { daily: 12 } } };
const SLOT = ['--slot', '2026-11-24T02:00:00+09:00'];
const BACKUP = ['backup', '--kind', 'daily', ...SLOT];
const FOLDER = 'daily/20261123T170000Z/';

async function untilKey(run: FaultRun, part: string): Promise<void> {
  while (!(await run.bucket.keys(FOLDER)).some((key) => key.includes(part))) await sleep(20);
}

/** A run counts as dead 90 s after its last sign of life; this makes it so at once. */
async function ageClaim(run: FaultRun, seenAt = '2026-01-01T00:00:00.000Z'): Promise<void> {
  const claim = { runId: 'somebody', state: 'running', seenAt };
  const { client, name } = run.bucket;
  await client.send(
    new PutObjectCommand({ Bucket: name, Key: `${FOLDER}claim.json`, Body: JSON.stringify(claim) }),
  );
}

/** Contents too, with the private key: whatever the manifest names must be what that run wrote. */
async function expectWhole(run: FaultRun): Promise<void> {
  expect((await run.bucket.keys(FOLDER)).filter((key) => key.endsWith('manifest.json'))).toHaveLength(1);
  const read = await engine(['verify', 'daily-20261123T170000Z'], run.env);
  expect(read, read.stdout).toMatchObject({ exitCode: 0, result: { depth: 'content', problems: [] } });
}

describe('several runs of one slot', () => {
  it('at once, and one later, make one backup', async () => {
    const run = await prepareRun(source, SLOW);
    const [first, second] = [startEngine(BACKUP, run.env), startEngine(BACKUP, run.env)];
    const ends = [await first.end, await second.end];
    expect(
      ends.map((end) => end.exitCode),
      ends.map((end) => end.stderr).join(),
    ).toEqual([0, 0]);
    expect(ends.map((end) => end.result.existing).sort()).toEqual([false, true]);
    const third = await engine(BACKUP, run.env);
    expect(third).toMatchObject({ exitCode: 0, result: { existing: true } });
    await expectWhole(run);
  });

  it('the first killed half way: the second makes a whole set', async () => {
    const run = await prepareRun(source, SLOW);
    const first = startEngine(BACKUP, run.env);
    await untilKey(run, 'schema.dump');
    first.child.kill('SIGKILL');
    await first.end;
    await ageClaim(run);
    const second = await engine(BACKUP, run.env);
    expect(second, second.stderr + second.stdout).toMatchObject({ exitCode: 0, result: { existing: false } });
    await expectWhole(run);
  });

  it('the first last seen at a time that is yet to come: the second does not wait for that', async () => {
    const run = await prepareRun(source);
    await ageClaim(run, new Date(Date.now() + 3_600_000).toISOString());
    const end = await engine(BACKUP, run.env);
    expect(end, end.stderr + end.stdout).toMatchObject({ exitCode: 0, result: { existing: false } });
    expect(end.stderr).not.toContain('waiting for it');
    await expectWhole(run);
  }, 60_000);

  it('the first failed and said so: the second does not wait', async () => {
    const run = await prepareRun(source, SLOW);
    const first = startEngine(BACKUP, run.env);
    await untilKey(run, 'schema.dump');
    first.child.kill('SIGTERM');
    await first.end;
    const second = await engine(BACKUP, run.env);
    expect(second, second.stderr + second.stdout).toMatchObject({ exitCode: 0, result: { existing: false } });
    expect(second.stderr).not.toContain('waiting for it');
    await expectWhole(run);
  });

  it('the first asleep while the second finishes: waking up, it does no harm', async () => {
    const run = await prepareRun(source, SLOW);
    const first = startEngine(BACKUP, run.env);
    await untilKey(run, 'schema.dump');
    first.child.kill('SIGSTOP');
    await ageClaim(run);
    const second = await engine(BACKUP, run.env);
    expect(second, second.stderr + second.stdout).toMatchObject({ exitCode: 0, result: { existing: false } });
    first.child.kill('SIGCONT');
    const woken = await first.end;
    expect(woken, woken.stderr + woken.stdout).toMatchObject({ exitCode: 0, result: { existing: true } });
    await expectWhole(run);
  });
});
