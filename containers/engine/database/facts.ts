import type pg from 'pg';
import { USER_OID } from './inventory.ts';

/** Facts about the database that the manifest repeats. */
export interface DatabaseFacts {
  readonly database: string;
  readonly user: string;
  readonly serverVersion: string;
  readonly serverVersionNum: number;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  readonly sizeBytes: number;
  /** Settings pg_dump does not make itself, and without which what it writes would depend on the database's own. */
  readonly dumpSettings: Readonly<Record<string, string>>;
}

/** Types whose text holds an amount of money at any depth: arrays, domains, ranges and rows of it. */
const MONEY = `WITH RECURSIVE money (oid) AS (
    SELECT 'pg_catalog.money'::pg_catalog.regtype::pg_catalog.oid
    UNION SELECT t.oid FROM money m JOIN pg_catalog.pg_type t
      ON m.oid IN (t.typelem, t.typbasetype, (SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid))
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.atttypid = m.oid))`;

/** A setting as the database or the role has it, whatever our session has made of it. */
function ownSetting(name: string): string {
  return `(SELECT reset_val FROM pg_catalog.pg_settings WHERE name = '${name}')`;
}

/** Money is written in the server's own currency unless told otherwise, also in defaults and conditions. */
const USES_MONEY = `${ownSetting('lc_monetary')} NOT IN ('C', 'POSIX') AND (
    EXISTS (SELECT FROM money WHERE oid >= ${USER_OID})
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN money m ON m.oid = a.atttypid)
    OR EXISTS (SELECT FROM pg_catalog.pg_attrdef WHERE pg_catalog.pg_get_expr(adbin, adrelid) ~ 'money')
    OR EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contype = 'c' AND pg_catalog.pg_get_constraintdef(oid) ~ 'money'))`;

type FactsRow = Omit<Record<keyof DatabaseFacts, string>, 'dumpSettings'> & {
  money: boolean;
  quotes: boolean;
};

export async function readFacts(client: pg.Client): Promise<DatabaseFacts> {
  const { rows } = await client.query<FactsRow>(`
    ${MONEY}
    SELECT datname AS database, session_user AS user, pg_catalog.current_setting('server_version') AS "serverVersion",
      pg_catalog.current_setting('server_version_num') AS "serverVersionNum",
      pg_catalog.pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype,
      CASE WHEN pg_catalog.has_database_privilege(oid, 'CONNECT') THEN pg_catalog.pg_database_size(oid) ELSE 0 END AS "sizeBytes",
      ${USES_MONEY} AS money,
      ${ownSetting('quote_all_identifiers')} = 'on' AS quotes
    FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`);
  const { money, quotes, ...row } = rows[0] as FactsRow;
  return {
    ...row,
    serverVersionNum: Number(row.serverVersionNum),
    sizeBytes: Number(row.sizeBytes),
    // each only where it is needed: not every pooler takes options
    dumpSettings: {
      ...(money ? { lc_monetary: 'C' } : {}),
      ...(quotes ? { quote_all_identifiers: 'off' } : {}),
    },
  };
}
