import { mkdtemp, rmdir } from 'node:fs/promises';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../../local/postgres.ts';
import type { TestDatabase } from '../support/engine.ts';
import { withClient } from '../support/engine.ts';
import { expectError, expectNothingLeft, killAll, runIn, startIn } from '../support/fault-guard.ts';
import { type Line, startLine } from '../support/fault-proxy.ts';
import { expectEmpty } from '../support/fault-restore.ts';
import { type FaultRun, makeSource, prepareRun } from '../support/fault-run.ts';
import { type S3Asked, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { TARGETS } from '../support/fault-target.ts';
import { until } from '../support/runs.ts';

const DAILY = ['backup', '--kind', 'daily'];
let source: TestDatabase;
let run: FaultRun;
let id: string;
beforeAll(async () => {
  source = await makeSource();
  await source.query(`CREATE SCHEMA app; CREATE EXTENSION pgcrypto SCHEMA app; SELECT lo_from_bytea(4711, 'large');
    CREATE FUNCTION app.one() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
  run = await prepareRun(source);
  id = (await runIn(run, DAILY)).result.id;
});

let s3: S3Line | undefined;
let line: Line | undefined;
afterEach(async () => {
  await Promise.all([s3?.stop(), line?.stop()]);
});

/** A slice stops in the middle, so the restore is in the middle of its rows. */
const inTheMiddle = ({ operation, key }: S3Asked) =>
  operation === 'GetObject' && key.includes('/data/') ? { silentAfter: 1_000_000 } : undefined;
/** So does the archive that pg_restore reads. */
const inTheRest = ({ operation, key }: S3Asked) =>
  operation === 'GetObject' && key.includes('rest.dump') ? { silentAfter: 500 } : undefined;

describe.each(TARGETS)('a restore into %s leaves it as it was', (_, make) => {
  it.each([
    ['pg_restore', inTheRest],
    ['gpg', inTheMiddle],
    ['zstd', inTheMiddle],
  ] as const)('when %s is killed', async (program, faultOf) => {
    const target = await make();
    s3 = await startS3Line(faultOf);
    const env = { ...s3.env, TARGET_DATABASE_URL: target.database.url };
    const { end } = startIn(run, ['restore', id, '--mode', 'full', ...target.args], env);
    await s3.struck;
    await killAll(run, program);
    s3.release();
    const ended = await end;
    // says which program, and not that the set is to blame
    expectError(ended, 1, 'ProgramFailedError', new RegExp(`${program} was killed by SIGKILL`));
    await expectNothingLeft(run, ended, env);
    await target.expectUntouched();
  });

  it('when every connection with the server is lost', async () => {
    const target = await make();
    line = await startLine(target.database.url);
    s3 = await startS3Line(inTheMiddle);
    const env = { ...s3.env, TARGET_DATABASE_URL: line.url };
    const { end } = startIn(run, ['restore', id, '--mode', 'full', ...target.args], env);
    await s3.struck;
    await until(async () => {
      const { rows } = await target.database.query(`SELECT FROM pg_stat_activity WHERE query ~ '^COPY .*large'
        AND starts_with(datname, current_database()) AND pid <> pg_backend_pid()`);
      return rows.length > 0;
    });
    line.cutAll();
    s3.release();
    const ended = await end;
    // whoever notices first says it: a session of ours or pg_restore
    expect(['DatabaseFailedError', 'ProgramFailedError']).toContain(ended.result.error?.name);
    expectError(ended, 1, ended.result.error.name, /connection|ECONNRESET/i);
    await expectNothingLeft(run, ended, env);
    await target.expectUntouched();
  });

  it('when the scratch directory is full', async () => {
    // a structure of a few megabytes, and a disk that keys fit on and it does not
    const wordy = await prepareRun(source);
    const tmp = await mkdtemp('/tmp/vpf-');
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', tmp]);
    try {
      await source.query(
        `DO $$ BEGIN EXECUTE format('COMMENT ON TABLE small IS %L', repeat('wordy ', 400000)); END $$`,
      );
      const made = await runIn(wordy, DAILY);
      const target = await make();
      const args = ['restore', made.result.id, '--mode', 'full', ...target.args];
      const full = { ...wordy, tmp, env: { ...wordy.env, TMPDIR: tmp } };
      const ended = await runIn(full, args, { TARGET_DATABASE_URL: target.database.url });
      expectError(ended, 1, 'DiskFullError', /ENOSPC.*TMPDIR/);
      await target.expectUntouched();
    } finally {
      await source.query('COMMENT ON TABLE small IS NULL');
      await execa('umount', ['--lazy', tmp]);
      await rmdir(tmp);
    }
  });
});

describe('a verification of which a program is killed', () => {
  it.each(['gpg', 'zstd'])('has failed itself, and does not call the set damaged: %s', async (program) => {
    s3 = await startS3Line(inTheMiddle);
    const { end } = startIn(run, ['verify', id], s3.env);
    await s3.struck;
    await killAll(run, program);
    s3.release();
    expectError(await end, 1, 'ProgramFailedError', new RegExp(`${program} was killed by SIGKILL`));
    expect((await runIn(run, ['list'])).result.sets).toMatchObject([{ id, state: 'verified' }]);
  });
});

describe('a server that crashes in the middle of a restore', () => {
  it('is waited for, and the target is empty again', async () => {
    const server = await startPostgres({ major: 15 });
    try {
      await server.createDatabase('target');
      const url = server.url('target');
      s3 = await startS3Line(inTheMiddle);
      const env = { ...s3.env, TARGET_DATABASE_URL: url };
      const { end } = startIn(run, ['restore', id, '--mode', 'full'], env);
      await s3.struck;
      const backend = await until(() =>
        withClient(url, async (client) => {
          const { rows } = await client.query(
            `SELECT pid FROM pg_stat_activity WHERE query ~ '^COPY .*large' AND pid <> pg_backend_pid()`,
          );
          return rows[0]?.pid as number | undefined;
        }),
      );
      // one backend killed, and the server ends all others and recovers, as when memory runs out
      process.kill(backend, 'SIGKILL');
      s3.release();
      const ended = await end;
      // whoever notices first says it: a session of ours or pg_restore
      expect(['DatabaseFailedError', 'ProgramFailedError']).toContain(ended.result.error?.name);
      expectError(ended, 1, ended.result.error.name, /the database failed while|pg_restore/);
      await expectNothingLeft(run, ended, env);
      const query = (sql: string, values?: unknown[]) =>
        withClient(url, (client) => client.query(sql, values));
      await expectEmpty({ name: 'target', url, query });
    } finally {
      await server.stop();
    }
  });
});

describe('a restore that was stopped', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s can be done again at once', async (signal) => {
    const target = await TARGETS[0][1]();
    const env = { TARGET_DATABASE_URL: target.database.url };
    s3 = await startS3Line(inTheMiddle);
    const { child, end } = startIn(run, ['restore', id, '--mode', 'full'], { ...env, ...s3.env });
    await s3.struck;
    child.kill(signal);
    expectError(await end, 1, 'InterruptedError', new RegExp(signal));
    await target.expectUntouched();
    const again = await runIn(run, ['restore', id, '--mode', 'full'], env);
    expect(again, again.stderr + again.stdout).toMatchObject({ exitCode: 0, result: { notVerified: [] } });
  });
});
