import type pg from 'pg';
import { reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { hasSource, loadConfig, sourceDatabase } from '../settings.ts';
import type { AuditRow } from './row.ts';
import { tableSql } from './table-sql.ts';

/** The longest that all of it may take: the run itself is over, and somebody waits for the process to end. */
const PATIENCE_MS = 10_000;
/** Somebody may hold the table; the row is not worth waiting for. */
const LOCK_MS = 2000;

/** Answers that mean the team has not made the table here: no table, no schema. */
const NO_TABLE = new Set(['42P01', '3F000']);
/** The same run has added its row already. */
const THERE_ALREADY = '23505';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Adds a row about a run to the table backup_audit_log of the database that is backed up, where that has the table, or the
 * configuration lets the engine make it. The run is over and reported: whatever happens here changes neither its result nor its exit code, and ends in seconds.
 * @returns false when something is still under way that was given up, and may keep the process
 */
export async function mirrorRow(row: AuditRow): Promise<boolean> {
  if (!hasSource()) return true;
  const ending = new AbortController();
  const end = () => ending.abort(new Error('the run was told to end'));
  const overdue = setTimeout(
    () => ending.abort(new Error(`the database did not answer within ${PATIENCE_MS / 1000} s`)),
    PATIENCE_MS,
  );
  const given = new Promise<never>((_, reject) => {
    ending.signal.addEventListener('abort', () => reject(ending.signal.reason), { once: true });
  });
  // a signal must not become the exit code of a run that is done
  for (const name of SIGNALS) process.on(name, end);
  try {
    await Promise.race([insert(row, ending.signal), given]);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!NO_TABLE.has(code) && code !== THERE_ALREADY) warn(reason(ending.signal.reason ?? error));
  } finally {
    clearTimeout(overdue);
    for (const name of SIGNALS) process.off(name, end);
  }
  return !ending.signal.aborted;
}

async function insert(row: AuditRow, signal: AbortSignal): Promise<void> {
  const { table } = loadConfig().audit;
  if (table === 'off') return;
  const client = await connect(await sourceDatabase(), signal);
  try {
    // one batch: the settings go with the session. With row_security off a policy is an error instead of a rule
    await client.query(
      `SET lock_timeout = ${LOCK_MS}; SET statement_timeout = ${PATIENCE_MS}; SET row_security = on`,
    );
    if (table === 'create') await makeTable(client);
    await client.query(
      `INSERT INTO public.backup_audit_log
         (id, started_at, finished_at, verb, outcome, exit_code, set_id, details, error)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        row.id,
        row.startedAt.toISOString(),
        row.finishedAt.toISOString(),
        row.verb,
        row.outcome,
        row.exitCode,
        row.setId,
        JSON.stringify(row.details),
        row.error,
      ],
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Looks first: the statements take locks that would make every run wait for whoever reads the table. */
async function makeTable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT pg_catalog.to_regclass('public.backup_audit_log') IS NOT NULL AS there`,
  );
  if (rows[0]?.there === false) await client.query(tableSql());
}

/** A line like those of the log. Of a run that is over, it is the last there is. */
function warn(because: string): void {
  const line = { level: 'warn', msg: 'the run was not added to backup_audit_log', because };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
