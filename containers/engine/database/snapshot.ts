import type pg from 'pg';
import { DatabaseFailedError, LockTimeoutError } from '../../../core/errors/index.ts';
import { connect } from './connect.ts';
import type { SourceTable } from './inventory.ts';
import { qualify } from './session.ts';
import type { DatabaseAddress } from './url.ts';

/** One view of the database that every worker and pg_dump share (spec B2). */
export interface Snapshot {
  /** Pass to `SET TRANSACTION SNAPSHOT` and `pg_dump --snapshot` while the coordinator lives. */
  readonly id: string;
  readonly time: Date;
  readonly lsn: string | null;
  /** The tables of the set, as they are at the snapshot. */
  readonly tables: readonly SourceTable[];
  /** The session that holds the locks and the snapshot; it may be used for reading. */
  readonly coordinator: pg.Client;
}

/** Tables one LOCK statement names. */
const LOCK_BATCH = 500;
/** Tries to find the list of tables unchanged between locking and snapshot. */
const STABLE_ATTEMPTS = 40;

/**
 * Locks every table in ACCESS SHARE mode, also those whose rows are not wanted: their structure is dumped, and pg_dump
 * would stumble over one that is dropped after the snapshot. Then takes the snapshot. In that order: TRUNCATE empties a table for older
 * snapshots too, so a table must be locked before the instant the backup stands for. Tables that came in between
 * begin it again.
 * @throws LockTimeoutError when a stronger lock is in the way for too long
 */
export async function takeSnapshot(
  coordinator: pg.Client,
  options: {
    readTables: () => Promise<SourceTable[]>;
    lockTimeoutSeconds: number;
    select: (tables: SourceTable[]) => SourceTable[];
  },
): Promise<Snapshot> {
  for (let attempt = 1; ; attempt += 1) {
    const expected = await options.readTables();
    await coordinator.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const locked = await lockTables(coordinator, expected, options.lockTimeoutSeconds);
    if (locked) {
      const { rows } = await coordinator.query<{ id: string; time: Date; lsn: string | null }>(`
        SELECT pg_catalog.pg_export_snapshot() AS id, pg_catalog.statement_timestamp() AS time,
          CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
            ELSE pg_catalog.pg_current_wal_lsn() END::pg_catalog.text AS lsn`);
      const tables = await options.readTables();
      const known = new Set(expected.map((table) => table.oid));
      const row = rows[0];
      if (row !== undefined && tables.every((table) => known.has(table.oid)))
        return { ...row, tables: options.select(tables), coordinator };
    }
    await coordinator.query('ROLLBACK');
    if (attempt === STABLE_ATTEMPTS) {
      const todo = 'something creates or drops tables all the time: exclude its schema in the configuration';
      throw new DatabaseFailedError(
        'locking the tables',
        new Error(`the list of tables changed ${attempt} times`),
        todo,
      );
    }
  }
}

/**
 * No statement of the session waits longer for a lock. Looking at a table's size needs one, too.
 */
export async function limitLockWaits(client: pg.Client, timeoutSeconds: number): Promise<void> {
  await client.query(`SET lock_timeout = ${Math.round(timeoutSeconds * 1000)}`);
}

/** A lock that was not granted in time, as our own error; any other error as it is. */
export function lockFailure(error: unknown, timeoutSeconds: number): unknown {
  const code = sqlState(error);
  return code === '55P03' || code === '40P01' ? new LockTimeoutError(timeoutSeconds, error) : error;
}

/** @returns false when a table is gone meanwhile, so that the list must be read again */
async function lockTables(
  client: pg.Client,
  tables: readonly SourceTable[],
  timeoutSeconds: number,
): Promise<boolean> {
  await limitLockWaits(client, timeoutSeconds);
  try {
    for (let start = 0; start < tables.length; start += LOCK_BATCH) {
      const names = tables
        .slice(start, start + LOCK_BATCH)
        .map(({ schema, name }) => `ONLY ${qualify(schema, name)}`);
      await client.query(`LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`);
    }
    return true;
  } catch (error) {
    const code = sqlState(error);
    if (code === '42P01' || code === '3F000') return false;
    const failure = lockFailure(error, timeoutSeconds);
    if (failure !== error) throw failure;
    const todo = code === '53200' ? 'raise max_locks_per_transaction on the server' : undefined;
    throw new DatabaseFailedError('locking the tables', error, todo);
  }
}

/** Opens a session that sees the snapshot and holds its own locks on the tables it will read. */
export async function joinSnapshot(
  address: DatabaseAddress,
  snapshot: Snapshot,
  tables: readonly SourceTable[],
  lockTimeoutSeconds: number,
  signal: AbortSignal,
): Promise<pg.Client> {
  const client = await connect(address, signal);
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    await client.query(`SET TRANSACTION SNAPSHOT '${snapshot.id}'`);
    // now, not at the first read: an ALTER TABLE that queues later would stand between us and the table, and wait for us
    if (!(await lockTables(client, tables, lockTimeoutSeconds))) {
      throw new DatabaseFailedError('joining the snapshot', new Error('a locked table is gone'));
    }
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Does something in a session that has joined a snapshot, and lets go of the locks that were taken for it alone. */
export async function lettingLocksGo<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('SAVEPOINT reading');
  const result = await work();
  await client.query('ROLLBACK TO SAVEPOINT reading; RELEASE SAVEPOINT reading');
  return result;
}

/** SQLSTATE of a server error. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
