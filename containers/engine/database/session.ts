import pg from 'pg';

/**
 * Settings of a session that reads or writes rows as text: pg_dump's own (pg_dump.c, setup_connection), and what a
 * value's text otherwise depends on (time zone, money), so that the text, and the hash of it, is the same on any server.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  search_path: '',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  lc_monetary: 'C',
  xmloption: 'content',
  synchronize_seqscans: 'off',
  row_security: 'off',
  quote_all_identifiers: 'off',
  array_nulls: 'on',
  constraint_exclusion: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  default_transaction_read_only: 'off',
  jit: 'off',
};

/** Since version 17 a transaction has a timeout of its own. */
const SINCE_17: Readonly<Record<string, string>> = { transaction_timeout: '0' };

const TIMEOUTS = Object.keys({ ...SETTINGS, ...SINCE_17 }).filter((name) => name.endsWith('_timeout'));

/**
 * Options of a connection string without the timeouts in them: one of a second ends a long dump, and one of a
 * millisecond the session before it can be set otherwise. The last of several settings counts; those that the options
 * do not name stay unnamed, since not every server knows all of them.
 */
export function withoutTimeouts(options: string): string {
  const named = TIMEOUTS.filter((name) => new RegExp(name.replaceAll('_', '[_-]'), 'i').test(options));
  return [options, ...named.map((name) => `-c ${name}=0`)].join(' ');
}

/**
 * Applies the settings above. COPY speaks UTF-8, except with a SQL_ASCII database, whose bytes have no known meaning:
 * there nothing may be converted or refused.
 */
export async function prepareSession(client: pg.Client): Promise<void> {
  const version = await serverVersionNum(client);
  const settings = { ...SETTINGS, ...(version >= 170000 ? SINCE_17 : {}) };
  const calls = Object.entries(settings).map(
    ([name, value]) => `pg_catalog.set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, false)`,
  );
  calls.push(`pg_catalog.set_config('client_encoding', CASE pg_catalog.current_setting('server_encoding')
    WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, false)`);
  await client.query(`SELECT ${calls.join(', ')}`);
}

/** 150018, 170004 … */
export async function serverVersionNum(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ v: number }>(
    `SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS v`,
  );
  return rows[0]?.v ?? 0;
}

/** `"schema"."name"`, safe to put into SQL and into a pg_dump pattern. */
export function qualify(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
