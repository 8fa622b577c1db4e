import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { engine, makeDatabase, startEngine, type TestDatabase } from '../support/engine.ts';
import { expectFailedCleanly, makeSource, prepareRun, TWO_PARTS } from '../support/fault-run.ts';

let source: TestDatabase;
beforeAll(async () => {
  source = await makeSource();
});

const SLOW = { ...TWO_PARTS, backup: { ...TWO_PARTS.backup, compressionLevel: { daily: 12 } } };
/** Fargate kills 120 s after SIGTERM; the promise is 20 s. */
const PROMISED_MS = 20_000;

async function untilCopying(database: TestDatabase): Promise<void> {
  for (;;) {
    const { rows } = await database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query ~ '^COPY' AND pid <> pg_backend_pid()`,
    );
    if (rows.length > 0) return;
    await sleep(20);
  }
}

describe('a backup that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('takes back what it began: %s', async (signal) => {
    const run = await prepareRun(source, SLOW);
    const { child, end } = startEngine(['backup', '--kind', 'daily'], run.env);
    await untilCopying(source);
    const told = performance.now();
    child.kill(signal);
    const ended = await end;
    expect(performance.now() - told).toBeLessThan(PROMISED_MS);
    await expectFailedCleanly(run, ended, 'InterruptedError');
    expect(ended.result.error.message).toContain(signal);
  });

  it('by an error nobody expected takes back what it began, and says so', async () => {
    const run = await prepareRun(source, SLOW);
    const thrower = `process.on('SIGUSR2', () => { throw new Error('out of the blue') })`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(thrower)}`;
    const { child, end } = startEngine(['backup', '--kind', 'daily'], { ...run.env, NODE_OPTIONS });
    await untilCopying(source);
    child.kill('SIGUSR2');
    const ended = await end;
    await expectFailedCleanly(run, ended, 'UnforeseenError');
    expect(ended.result.error.message).toContain('out of the blue');
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
  });

  it('by its own time limit ends the same way', async () => {
    const run = await prepareRun(source, { ...SLOW, limits: { runMinutes: 0.02 } });
    const end = await engine(['backup', '--kind', 'daily'], run.env);
    await expectFailedCleanly(run, end, 'TimeLimitError');
  });
});

describe('a restore that is told to stop', () => {
  it('leaves an empty target empty', async () => {
    const run = await prepareRun(source);
    const made = await engine(['backup', '--kind', 'daily'], run.env);
    const target = await makeDatabase(15);
    const { child, end } = startEngine(['restore', made.result.id, '--mode', 'full'], {
      ...run.env,
      TARGET_DATABASE_URL: target.url,
    });
    await untilCopying(target);
    child.kill('SIGTERM');
    const ended = await end;
    expect(ended, ended.stderr).toMatchObject({
      exitCode: 1,
      result: { error: { name: 'InterruptedError' } },
    });
    const { rows } = await target.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
    );
    expect(rows).toEqual([]);
    expect(await readdir(run.tmp)).toEqual([]);
  });

  it('over a full database leaves that one as it was, and nothing beside it', async () => {
    const run = await prepareRun(source);
    const made = await engine(['backup', '--kind', 'daily'], run.env);
    const target = await makeDatabase(15);
    await target.query('CREATE TABLE precious AS SELECT 42 AS answer');
    const { child, end } = startEngine(
      ['restore', made.result.id, '--mode', 'full', '--confirm', target.name],
      {
        ...run.env,
        TARGET_DATABASE_URL: target.url,
      },
    );
    const beside = `SELECT datname FROM pg_database WHERE datname LIKE '${target.name}\\_new\\_%'`;
    while ((await target.query(beside)).rows.length === 0) await sleep(20);
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ exitCode: 1, result: { error: { name: 'InterruptedError' } } });
    expect((await target.query('SELECT answer FROM precious')).rows).toEqual([{ answer: 42 }]);
    expect((await target.query(beside)).rows).toEqual([]);
  });
});
