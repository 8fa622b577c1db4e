import pg from 'pg';
import type { RowsNow } from '../../../core/restore-plan.ts';
import { EXPRESSIONS, extensionMember, userSchema } from '../database/inventory.ts';
import { qualify } from '../database/session.ts';

/** A table of the target and its rows as they are. */
export interface CountedTable {
  readonly schema: string;
  readonly name: string;
  readonly now: RowsNow;
}

/** How long one table may take to be counted, and all of them together; beyond that the server's estimate has to do. */
const TABLE_MS = 3000;
const ALL_MS = 60_000;
/** A plan waits for nobody: a table that a migration holds is estimated. */
const LOCK_MS = 500;

/** The server gave up: a timeout of ours, or no right to read the table, or part of it. */
const ESTIMATED_INSTEAD = new Set(['57014', '55P03', '42501', '42P01']);

/**
 * Counts the rows of every table of the target, each in a read-only transaction of its own, so that nothing stays locked.
 * @param client a session that only reads
 */
export async function countTables(client: pg.Client, signal: AbortSignal): Promise<CountedTable[]> {
  const deadline = Date.now() + ALL_MS;
  const counted: CountedTable[] = [];
  const { rows: tables } = await client.query<Table>(TABLES);
  for (const table of tables) {
    signal.throwIfAborted();
    const exact = Date.now() < deadline && table.countable ? await exactCount(client, table) : undefined;
    counted.push({ schema: table.schema, name: table.name, now: exact ?? estimated(table) });
  }
  return counted;
}

interface Table {
  readonly schema: string;
  readonly name: string;
  /** As the server remembers it; below zero where it was never looked at. */
  readonly estimate: string;
  readonly condition: string;
  readonly countable: boolean;
}

/**
 * The tables whose rows a set holds, asked for without a lock on any: sizes would wait for a migration. Not countable is
 * what the role may not read, or reads in part, and what has an index over somebody's function, which planning could run.
 */
const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name, c.reltuples::pg_catalog.int8::pg_catalog.text AS estimate,
    coalesce(x.condition, '') AS condition,
    coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'), false)
      AND NOT pg_catalog.row_security_active(c.oid) AND NOT ${EXPRESSIONS}
      AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery()) AS countable
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN LATERAL (
    SELECT e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)] AS condition
    FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig)) x ON true
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${userSchema('n')}
    AND (x.condition IS NOT NULL OR NOT ${extensionMember('pg_class', 'c.oid')})
  ORDER BY n.nspname, c.relname`;

async function exactCount(
  client: pg.Client,
  { schema, name, condition }: Table,
): Promise<RowsNow | undefined> {
  await client.query('BEGIN READ ONLY');
  try {
    await client.query(`SET LOCAL statement_timeout = ${TABLE_MS}`);
    await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
    const { rows } = await client.query<{ rows: string }>(
      `SELECT pg_catalog.count(*)::pg_catalog.text AS rows FROM ONLY ${qualify(schema, name)} ${condition}`,
    );
    return { rows: rows[0]?.rows ?? '0', how: 'exact' };
  } catch (error) {
    if (error instanceof pg.DatabaseError && ESTIMATED_INSTEAD.has(error.code ?? '')) return undefined;
    throw error;
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

function estimated({ estimate }: Table): RowsNow {
  return estimate.startsWith('-') ? { rows: null, how: 'unknown' } : { rows: estimate, how: 'estimate' };
}
