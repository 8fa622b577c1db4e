import pg from 'pg';
import { DatabaseFailedError, reason } from '../../../core/errors/index.ts';
import { extensionMember } from '../database/inventory.ts';
import type { RestoreRun } from './context.ts';
import { isAboutTheObject, isViolation } from './refusals.ts';
import { searchPathsOf } from './search-paths.ts';

/** A CHECK of a table or a domain that calls somebody's function. */
interface Check {
  /** `TABLE public.users`, `DOMAIN public.word`. */
  readonly on: string;
  /** Who owns it. */
  readonly owner: string;
  readonly name: string;
  readonly definition: string;
  readonly comment: string | null;
}

/** Functions and operators that are not the server's own are recorded as dependencies; built-in ones are not. */
const CALLING = `
  SELECT CASE WHEN c.contypid = 0 THEN 'TABLE ' || c.conrelid::pg_catalog.regclass::pg_catalog.text
      ELSE 'DOMAIN ' || c.contypid::pg_catalog.regtype::pg_catalog.text END AS on, c.conname AS name,
    pg_catalog.pg_get_userbyid(coalesce((SELECT t.relowner FROM pg_catalog.pg_class t WHERE t.oid = c.conrelid),
      (SELECT y.typowner FROM pg_catalog.pg_type y WHERE y.oid = c.contypid))) AS owner,
    pg_catalog.pg_get_constraintdef(c.oid) AS definition, pg_catalog.obj_description(c.oid, 'pg_constraint') AS comment
  FROM pg_catalog.pg_constraint c WHERE c.contype = 'c' AND c.coninhcount = 0 AND c.convalidated
    AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = c.oid
      AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass))
    AND NOT ${extensionMember('pg_class', 'c.conrelid')} AND NOT ${extensionMember('pg_type', 'c.contypid')}
  ORDER BY 1, 2`;

/**
 * Takes CHECKs away that call functions, until the rows are in: such a function may read another table, which is not
 * filled yet, or find it by a search path, and would refuse rows that were right in the source.
 * @returns parents before children that have the same one for their own, which shows when the parent's is gone
 */
export async function setChecksAside(client: pg.Client): Promise<Check[]> {
  const all: Check[] = [];
  for (;;) {
    const { rows } = await client.query<Check>(CALLING);
    if (rows.length === 0) return all;
    for (const { on, name } of rows)
      await client.query(`ALTER ${on} DROP CONSTRAINT ${pg.escapeIdentifier(name)}`);
    all.push(...rows);
  }
}

/**
 * Puts them back, not validated yet. Children first, and before the archive's own constraints: a parent's CHECK, which
 * is among those while the source has not validated it, joins the child's, but not the other way round.
 */
export async function putChecksBack(client: pg.Client, checks: readonly Check[]): Promise<void> {
  for (const { on, name, definition, comment } of [...checks].reverse()) {
    const constraint = pg.escapeIdentifier(name);
    await client.query(`ALTER ${on} ADD CONSTRAINT ${constraint} ${definition} NOT VALID`);
    if (comment !== null)
      await client.query(
        `COMMENT ON CONSTRAINT ${constraint} ON ${on.replace(/^TABLE /, '')} IS ${pg.escapeLiteral(comment)}`,
      );
  }
}

/**
 * Has the server check the rows, as it had in the source: functions may need all indexes and views for it.
 * @returns those that could not be checked, for their functions fail here: these are left NOT VALID
 * @throws DatabaseFailedError when rows do not meet one
 */
export async function validateChecks(
  run: RestoreRun,
  client: pg.Client,
  checks: readonly Check[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const { on, owner, name } of checks) {
    const statement = `ALTER ${on} VALIDATE CONSTRAINT ${pg.escapeIdentifier(name)}`;
    const paths = await searchPathsOf(run, client, owner);
    const refusal = await validate(client, paths, statement);
    if (refusal !== undefined)
      problems.push(
        `constraint ${name} of ${on.replace(/^\w+ /, '')}: left NOT VALID, for it could not be checked (${refusal})`,
      );
  }
  return problems;
}

/** @returns why the server could not check it in any search path; nothing when the rows are right */
async function validate(
  client: pg.Client,
  paths: readonly string[],
  statement: string,
): Promise<string | undefined> {
  let first: unknown;
  try {
    for (const path of paths) {
      await client.query(`SELECT pg_catalog.set_config('search_path', $1, false)`, [path]);
      const error = await client.query(statement).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      if (error === undefined) return undefined;
      if (!isAboutTheObject(error)) throw new DatabaseFailedError(`checking rows (${statement})`, error);
      // a function that finds nothing in one path may find rows right in the next
      first = isViolation(first) ? first : error;
    }
  } finally {
    await client.query("SELECT pg_catalog.set_config('search_path', '', false)").catch(() => undefined);
  }
  if (isViolation(first)) throw new DatabaseFailedError(`checking rows (${statement})`, first);
  return reason(first);
}
