import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../../local/postgres.ts';
import { engine, makeDatabase, startEngine, type TestDatabase, withClient } from '../support/engine.ts';
import { startLine } from '../support/fault-proxy.ts';
import { expectFailedCleanly, makeSource, prepareRun, TWO_PARTS } from '../support/fault-run.ts';

let source: TestDatabase;
beforeAll(async () => {
  source = await makeSource();
});

/** Weak compression is fast; the strongest keeps a read going long enough to be hit in the middle. */
const SLOW = { ...TWO_PARTS, backup: { ...TWO_PARTS.backup, compressionLevel: { daily: 12 } } };

/** Waits until a session of the engine does what the pattern says. */
async function untilSession(database: TestDatabase, pattern: string): Promise<number> {
  for (;;) {
    const { rows } = await database.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND application_name = 'videoplanet-backup' AND query ~ $1`,
      [pattern],
    );
    if (rows[0] !== undefined) return rows[0].pid;
    await sleep(20);
  }
}

describe('a connection that is cut in the middle', () => {
  it.each([2_000_000, 9_000_000, 20_000_000])('stops the backup cleanly: after %i bytes', async (bytes) => {
    const line = await startLine(source.url);
    const run = await prepareRun(line);
    line.cutAfter(bytes);
    const end = await engine(['backup', '--kind', 'daily'], run.env);
    await line.stop();
    expect(['DatabaseFailedError', 'ProgramFailedError']).toContain(end.result.error.name);
    await expectFailedCleanly(run, end, end.result.error.name);
  });

  it.each([
    ['the session that reads a slice', '^COPY'],
    ['the session that holds the locks', 'pg_export_snapshot|count|hash|oid'],
  ])('stops the backup cleanly: an administrator ends %s', async (_, pattern) => {
    const run = await prepareRun(source, SLOW);
    const { end } = startEngine(['backup', '--kind', 'daily'], run.env);
    await untilSession(source, '^COPY');
    const pid = await untilSession(source, pattern);
    await source.query('SELECT pg_terminate_backend($1)', [pid]);
    await expectFailedCleanly(run, await end, 'DatabaseFailedError');
  });

  it('stops the backup cleanly: the server is restarted', async () => {
    const server = await startPostgres({ major: 15 });
    try {
      const url = server.url('postgres');
      await withClient(url, (client) =>
        client.query(`CREATE TABLE large AS SELECT g, decode(md5(g::text) || md5((g * 7)::text), 'hex') AS noise
          FROM generate_series(1, 400000) g`),
      );
      const run = await prepareRun({ url }, SLOW);
      const { end } = startEngine(['backup', '--kind', 'daily'], run.env);
      const database = {
        name: 'postgres',
        url,
        query: (sql: string, values?: unknown[]) => withClient(url, (client) => client.query(sql, values)),
      };
      await untilSession(database, '^COPY');
      await server.restart();
      const ended = await end;
      expect(['DatabaseFailedError', 'ProgramFailedError']).toContain(ended.result.error.name);
      await expectFailedCleanly(run, ended, ended.result.error.name);
    } finally {
      await server.stop();
    }
  });

  it('stops the restore, and the target is empty again', async () => {
    const run = await prepareRun(source);
    const made = await engine(['backup', '--kind', 'daily'], run.env);
    const target = await makeDatabase(15);
    const { end } = startEngine(['restore', made.result.id, '--mode', 'full'], {
      ...run.env,
      TARGET_DATABASE_URL: target.url,
    });
    const pid = await untilSession(target, '^COPY');
    await target.query('SELECT pg_terminate_backend($1)', [pid]);
    const ended = await end;
    expect(ended, ended.stderr).toMatchObject({
      exitCode: 1,
      result: { error: { name: 'DatabaseFailedError' } },
    });
    const { rows } = await target.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
    );
    expect(rows).toEqual([]);
  });
});

describe('a lock that a migration holds', () => {
  it('makes the backup give up in time and say what is in the way', async () => {
    const run = await prepareRun(source, { backup: { lockTimeoutSeconds: 0.5 } });
    const migration = new pg.Client(source.url);
    await migration.connect();
    await migration.query('BEGIN; LOCK TABLE small IN ACCESS EXCLUSIVE MODE');
    const end = await engine(['backup', '--kind', 'daily'], run.env);
    await migration.end();
    await expectFailedCleanly(run, end, 'LockTimeoutError');
    expect(end.result.error.message).toContain('migration');
  });
});
