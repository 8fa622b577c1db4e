import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectError, startIn } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';
import { startS3Line } from '../support/fault-s3-proxy.ts';

const DAILY = ['backup', '--kind', 'daily'];
let source: TestDatabase;
let run: FaultRun;
/** A file system of 256 KiB, which a test can fill; and one that nothing can be written to. */
let small: string;
let readOnly: string;
let id: string;
beforeAll(async () => {
  source = await makeDatabase(15);
  await source.query('CREATE TABLE films AS SELECT 1 AS id');
  run = await prepareRun(source, {});
  [small, readOnly] = [await mkdtemp('/tmp/vps-'), await mkdtemp('/tmp/vps-')];
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
  await execa('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', readOnly]);
  id = (await startIn(run, DAILY).end).result.id;
});
afterAll(async () => {
  for (const folder of [small, readOnly]) {
    await execa('umount', [folder]);
    await rm(folder, { recursive: true });
  }
});

afterEach(() => rm(join(small, 'full'), { force: true }));

async function fill(): Promise<void> {
  await execa('dd', ['if=/dev/zero', `of=${join(small, 'full')}`, 'bs=1k'], { reject: false });
}

async function fileAt(): Promise<string> {
  const file = join(run.tmp, 'file');
  await writeFile(file, '');
  return file;
}

async function longPath(): Promise<string> {
  const path = join(run.tmp, 'long'.repeat(30));
  await mkdir(path, { recursive: true });
  return path;
}

describe('a TMPDIR that cannot be used is refused in words', () => {
  it.each<[string, () => Promise<string> | string, RegExp]>([
    ['not there', () => '/nowhere/at/all', /ENOENT/],
    ['a file', fileAt, /ENOTDIR/],
    ['not writable', () => readOnly, /EROFS/],
    ['full', () => fill().then(() => small), /ENOSPC|No space left/],
  ])('%s', async (_, make, why) => {
    const TMPDIR = await make();
    const target = { TARGET_DATABASE_URL: (await makeDatabase(15)).url };
    const before = await run.bucket.keys();
    for (const args of [
      [...DAILY, '--slot', '2026-01-01T00:00:00Z'],
      ['verify', id],
      ['restore', id, '--mode', 'full'],
    ]) {
      const end = await startIn(run, args, { TMPDIR, ...target }).end;
      expectError(end, 3, 'EnvironmentError', /^TMPDIR is .*; point it at a directory/);
      expect(end.result.error.message).toContain(`TMPDIR is ${TMPDIR}, `);
      expect(end.result.error.message).toMatch(why);
      expect(end.stderr).toBe('');
    }
    expect(await run.bucket.keys()).toEqual(before);
  });

  it('too long for the socket of the key agent, when a private key is to be used', async () => {
    const TMPDIR = await longPath();
    const end = await startIn(run, ['verify', id], { TMPDIR }).end;
    expectError(end, 3, 'EnvironmentError', /^TMPDIR is .* too long.*; point it at a directory/);
  });
});

describe('a TMPDIR that becomes full in the middle', () => {
  it('ends a backup, which says so and leaves nothing but its claim', async () => {
    // a set of one sliced table: nothing is under way beside the streams, whose failure then is the only one
    const slicing = { thresholdMiB: 0.001, minSliceMiB: 0.5 };
    const own = await prepareRun(source, { levels: { critical: ['films'] }, backup: { slicing } });
    const line = await startS3Line(({ operation, key, attempt }) =>
      operation === 'PutObject' && key.endsWith('claim.json') && attempt === 1 ? 'hold' : undefined,
    );
    const { end } = startIn(own, ['backup', '--kind', 'critical'], { ...line.env, TMPDIR: small });
    await line.struck;
    await fill();
    line.release();
    expectError(await end, 1, 'DiskFullError', /(ENOSPC|No space left).*TMPDIR/);
    await line.stop();
    expect((await own.bucket.keys()).filter((key) => key.endsWith('manifest.json'))).toEqual([]);
    expect(await own.bucket.openUploads()).toBe(0);
    expect(await readdir(small)).toEqual(['full']);
  });
});
