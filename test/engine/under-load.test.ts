import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  configEnv,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  type TestDatabase,
} from '../support/engine.ts';
import { backUp, readManifest, restore, until } from '../support/runs.ts';
import { ledgerInvariant, startWriter } from '../support/writer.ts';
import { transact } from '../support/writer-transactions.ts';

/** Patience with locks is short, so that a run that waits in vain says so within the test's time. */
const CONFIG = { backup: { ...SLICE_EVERYTHING.backup, lockTimeoutSeconds: 15 } };

const TABLE =
  'CREATE TABLE changed AS SELECT i, repeat(md5(i::text), 20) AS body FROM generate_series(1, 20000) i';

/** A session of its own that runs one statement after another until the test is over. */
async function session(database: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client(database.url);
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** The backup holds its lock on the table; nothing else has been done yet, not even the snapshot may be there. */
async function isLocked(database: TestDatabase, table: string): Promise<boolean> {
  const held = await database.query(
    `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = $1::regclass AND granted
     AND mode = 'AccessShareLock' AND application_name = 'videoplanet-backup' AND pid <> pg_backend_pid()
     AND state <> 'active'`,
    [table],
  );
  return (held.rowCount ?? 0) > 0;
}

/** Runs a statement as soon as something is so. @returns its end, and whether it had to wait for a lock */
async function runWhen(database: TestDatabase, ready: () => Promise<boolean>, sql: string) {
  const [watcher, actor] = [await session(database), await session(database)];
  const { rows } = await actor.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await until(ready);
  let over = false;
  const end = actor.query(sql).finally(() => {
    over = true;
  });
  const waited = await until(async () => {
    const waiting = await watcher.query(
      "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'",
      [rows[0]?.pid],
    );
    return (waiting.rowCount ?? 0) > 0 ? 'waited' : over && 'did not wait';
  });
  return { end, waited };
}

/** Makes and drops tables until told to stop. */
async function comeAndGo(client: pg.Client, state: { stopping: boolean; rounds: number }): Promise<void> {
  for (; !state.stopping; state.rounds += 1) {
    await client.query('CREATE TABLE comes (n int)');
    await client.query('DROP TABLE comes');
  }
}

async function makeCopy(major: 15 | 17, env: Record<string, string>, id: string): Promise<TestDatabase> {
  const copy = await makeDatabase(major);
  await restore({ ...env, TARGET_DATABASE_URL: copy.url }, id);
  return copy;
}

describe.each([15, 17] as const)('a backup under load, PostgreSQL %i', (major) => {
  it('is of one instant: no transfer of money is in it by half', async () => {
    const source = await makeDatabase(major);
    const writer = await startWriter(source.url, { sessions: 3 });
    const bucket = await makeBucket();
    const env = { ...engineEnv(bucket, source), ...(await configEnv(CONFIG)) };
    const before = await ledgerInvariant(source.url);
    const made = await backUp(env);
    const { transactions } = await writer.stop();
    expect(transactions).toBeGreaterThan(0);
    const slices = (await bucket.keys()).filter((key) => key.includes('ledger_entries'));
    expect(slices.length).toBeGreaterThan(2);
    const copy = await makeCopy(major, env, made.id);
    const after = await ledgerInvariant(copy.url);
    expect(after).toEqual({ ...before, entries: after.entries });
    expect(after.mismatches).toBe(0);
    // sequences are never behind the rows of the snapshot: writing goes on where it was
    const client = await session(copy);
    for (let i = 0; i < 20; i += 1) await transact(client);
    expect(await ledgerInvariant(copy.url)).toMatchObject({ sum: before.sum, mismatches: 0 });
  });

  it('holds the rows of a table that is truncated while it is read: TRUNCATE waits', async () => {
    const source = await makeDatabase(major);
    await source.query(TABLE);
    const bucket = await makeBucket();
    // one worker: when the roles are stored, the archives are too, and all the slices are still to come
    const config = { backup: { ...CONFIG.backup, workers: 1 } };
    const env = { ...engineEnv(bucket, source), ...(await configEnv(config)) };
    const reading = async () => (await bucket.keys()).some((key) => key.endsWith('/roles.sql.zst.gpg'));
    const truncating = runWhen(source, reading, 'TRUNCATE changed');
    const made = await backUp(env);
    const { end, waited } = await truncating;
    expect(waited).toBe('waited');
    await end;
    expect((await source.query('SELECT count(*)::int AS n FROM changed')).rows).toEqual([{ n: 0 }]);
    const copy = await makeCopy(major, env, made.id);
    expect((await copy.query('SELECT count(*)::int AS n FROM changed')).rows).toEqual([{ n: 20_000 }]);
  });

  // a set of one level has the whole structure in it, though it locks and reads only its own tables
  it.each(['daily', 'critical'])(
    'is not broken by tables that come and go all the time: %s',
    async (kind) => {
      const source = await makeDatabase(major);
      await source.query('CREATE TABLE users AS SELECT generate_series(1, 1000) AS n');
      const state = { stopping: false, rounds: 0 };
      const churning = comeAndGo(await session(source), state);
      await until(async () => state.rounds > 10);
      const bucket = await makeBucket();
      const env = { ...engineEnv(bucket, source), ...(await configEnv(CONFIG)) };
      const made = await backUp(env, '--kind', kind).finally(() => {
        state.stopping = true;
        return churning;
      });
      const { tables } = await readManifest(bucket, made.id);
      expect(tables.find(({ name }) => name === 'users')).toMatchObject({ rows: '1000' });
      if (kind === 'daily') await makeCopy(major, env, made.id);
    },
  );
});

describe('a statement that asks for a table of its own as soon as the backup has locked it', () => {
  // it queues between the lock and those the workers and pg_dump take for themselves, which queue behind it; the run
  // may let it through and begin again, but it must neither fail nor hold both up until the patience is over
  it.each([
    { workers: 1, sql: "ALTER TABLE changed ADD COLUMN later text DEFAULT '나중'", rows: ['20000'] },
    { workers: 3, sql: "ALTER TABLE changed ADD COLUMN later text DEFAULT '나중'", rows: ['20000'] },
    { workers: 3, sql: 'TRUNCATE changed', rows: ['20000', '0'] },
  ])('does not make a run with $workers workers fail: $sql', async ({ workers, sql, rows }) => {
    const source = await makeDatabase(15);
    await source.query(TABLE);
    const bucket = await makeBucket();
    const config = { backup: { ...CONFIG.backup, workers } };
    const env = { ...engineEnv(bucket, source), ...(await configEnv(config)) };
    const queued = runWhen(source, () => isLocked(source, 'changed'), sql);
    const made = await backUp(env);
    const { end, waited } = await queued;
    expect(waited).toBe('waited');
    await end;
    const { tables } = await readManifest(bucket, made.id);
    expect(rows).toContain(tables.find(({ name }) => name === 'changed')?.rows);
    await makeCopy(15, env, made.id);
  });
});
