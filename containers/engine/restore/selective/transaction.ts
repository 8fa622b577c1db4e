import pg from 'pg';
import {
  DatabaseFailedError,
  LockTimeoutError,
  ProductError,
  RoleTooWeakError,
  RowsRefusedError,
} from '../../../../core/errors/index.ts';
import { connectPatiently } from '../../database/connect.ts';
import type { SelectiveRun } from './context.ts';
import type { Unit } from './unit.ts';

/** Errors of the server that say that a value does not fit a rule (SQLSTATE class 23). */
const REFUSED = /^23/;

/**
 * Locks the tables against other writers, not against readers: who reads sees them as they were until the commit, and
 * then as they are.
 */
export async function lockTables(run: SelectiveRun, units: readonly Unit[], seconds: number): Promise<void> {
  if (units.length === 0) return;
  await run.client.query(`SET LOCAL lock_timeout = ${Math.round(seconds * 1000)}`);
  const names = units.map(({ target }) => target.from).join(', ');
  try {
    await run.client.query(`LOCK TABLE ${names} IN SHARE ROW EXCLUSIVE MODE`);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '55P03')
      throw new LockTimeoutError(seconds, error, 'SHARE ROW EXCLUSIVE on the tables to restore');
    throw error;
  }
}

/**
 * Puts triggers, rules and the server's own checks of foreign keys to sleep, until the transaction ends. The foreign keys
 * are checked by us instead (orphans.ts): theirs would carry deletions on into other tables.
 * @throws RoleTooWeakError
 */
export async function letSleep(run: SelectiveRun, units: readonly Unit[]): Promise<void> {
  const { client } = run;
  try {
    await client.query("SELECT pg_catalog.set_config('session_replication_role', 'replica', true)");
  } catch (error) {
    throw new RoleTooWeakError(client.user ?? 'of the restore', error);
  }
  for (const { kind, relation, name } of wakeful(units))
    await client.query(`ALTER TABLE ${only(kind, relation)} DISABLE ${kind} ${pg.escapeIdentifier(name)}`);
}

/** Those that would not have slept, as they were. */
export async function wakeUp({ client }: SelectiveRun, units: readonly Unit[]): Promise<void> {
  for (const { kind, relation, name, when } of wakeful(units))
    await client.query(
      `ALTER TABLE ${only(kind, relation)} ENABLE ${when} ${kind} ${pg.escapeIdentifier(name)}`,
    );
}

function wakeful(units: readonly Unit[]) {
  return units.flatMap(({ target }) => target.wakeful);
}

/** Each relation of a tree has a state of its own. */
function only(kind: 'TRIGGER' | 'RULE', relation: string): string {
  return kind === 'TRIGGER' ? `ONLY ${relation}` : relation;
}

/** Gives a refusal of the server the name of the table it is about. */
export function refusal(table: string, error: unknown): unknown {
  if (error instanceof ProductError || !(error instanceof pg.DatabaseError)) return error;
  if (!REFUSED.test(error.code ?? ''))
    return new DatabaseFailedError(`writing ${table}`, error, 'nothing was changed');
  return new RowsRefusedError(table, error.constraint ?? error.column, error);
}

/**
 * Commits. When the answer does not come, asks in a session of its own what became of it: what has been committed is
 * done, whatever cut the connection.
 * @throws DatabaseFailedError when it was not committed
 */
export async function commit(run: SelectiveRun): Promise<void> {
  const { rows } = await run.client.query<{ xid: string }>('SELECT pg_catalog.pg_current_xact_id() AS xid');
  try {
    await run.client.query('COMMIT');
  } catch (error) {
    if ((await fate(run, rows[0]?.xid ?? '0')) === 'committed') return;
    throw new DatabaseFailedError('committing the restored rows', error, 'nothing was changed: start again');
  }
}

async function fate({ target }: SelectiveRun, xid: string): Promise<string | null> {
  const client = await connectPatiently(target);
  try {
    for (;;) {
      const { rows } = await client.query<{ status: string | null }>(
        'SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8) AS status',
        [xid],
      );
      const status = rows[0]?.status ?? null;
      if (status !== 'in progress') return status;
      await client.query('SELECT pg_catalog.pg_sleep(0.2)');
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}
