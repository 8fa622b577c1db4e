import pg from 'pg';
import { DatabaseFailedError, reason } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import {
  type DatabaseStatement,
  parseRolesFile,
  type RoleStatement,
  type RolesFile,
} from '../database/roles-file.ts';
import { readRoleNames } from '../database/shared-text.ts';
import { readText } from '../streams/open.ts';
import type { RestoreRun } from './context.ts';

export async function readRolesFile(run: RestoreRun, object: SetObject): Promise<RolesFile> {
  return parseRolesFile(await readText(run.opener, object));
}

/**
 * Creates the roles the server lacks, with their attributes, settings and memberships. A role that exists is left as it
 * is: the server may serve others, and roles of one name need not be the same people everywhere. So it is not made a
 * member of another that exists either, but that is told, for rows may be read or not for it.
 * @param created gets the names of those that were made
 * @returns what could not be made as in the source, one sentence each
 */
/** Settings of roles that were there already. @returns what was refused, one sentence each */
export async function restoreRoleSettings(
  client: pg.Client,
  statements: readonly Statement<'set'>[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const statement of statements) problems.push(...(await setForRole(client, statement)));
  return problems;
}

export async function restoreRoles(
  client: pg.Client,
  statements: readonly RoleStatement[],
  created: Set<string>,
): Promise<string[]> {
  const { existing, memberships } = await readRoles(client);
  const problems: string[] = [];
  for (const statement of statements) {
    if (statement.verb === 'create') {
      if (existing.has(statement.role)) continue;
      const { made, refused } = await createRole(client, statement);
      if (made) created.add(statement.role);
      problems.push(...refused);
    } else if (statement.verb === 'set') {
      if (created.has(statement.role)) problems.push(...(await setForRole(client, statement)));
    } else {
      const { role, member, shown } = statement;
      if (created.has(role) || created.has(member)) problems.push(...(await grant(client, statement)));
      else if (existing.has(role) && existing.has(member) && !memberships.has(pair(role, member)))
        problems.push(`role: «${shown}» was not done, since both exist here; do it where it is wanted`);
    }
  }
  return problems;
}

/** By oid: a name in another encoding than the database's cannot be asked for as text. */
async function readRoles(
  client: pg.Client,
): Promise<{ existing: ReadonlySet<string>; memberships: ReadonlySet<string> }> {
  const { byOid } = await readRoleNames(client, 'with-own');
  const { rows } = await client.query<{ role: string; member: string }>(
    'SELECT roleid::pg_catalog.text AS role, member::pg_catalog.text AS member FROM pg_catalog.pg_auth_members',
  );
  const name = (oid: string) => byOid.get(oid) ?? '';
  return {
    existing: new Set(byOid.values()),
    memberships: new Set(rows.map(({ role, member }) => pair(name(role), name(member)))),
  };
}

function pair(role: string, member: string): string {
  return JSON.stringify([role, member]);
}

type Statement<V> = Extract<RoleStatement, { verb: V }>;

/** Attributes that only a superuser, or who has them too, may give. */
const PRIVILEGED = new Set(['SUPERUSER', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'BYPASSRLS']);

/** A role without one of its attributes is better than none at all. */
async function createRole(
  client: pg.Client,
  { text, shown, identifier, attributes }: Statement<'create'>,
): Promise<{ made: boolean; refused: string[] }> {
  const error = await attempt(client, text);
  if (error === undefined) return { made: true, refused: [] };
  const plain = attributes.filter((attribute) => !PRIVILEGED.has(attribute));
  const weaker = `CREATE ROLE ${identifier}${plain.length === 0 ? '' : ` WITH ${plain.join(' ')}`};`;
  if ((await attempt(client, weaker)) !== undefined) {
    return { made: false, refused: [`role: «${shown}» was refused (${reason(error)})`] };
  }
  const refused: string[] = [];
  for (const attribute of attributes.filter((each) => PRIVILEGED.has(each))) {
    const given = `ALTER ROLE ${identifier} WITH ${attribute};`;
    const problem = await attempt(client, given);
    if (problem !== undefined)
      refused.push(`role: «${given}» was refused (${reason(problem)}), done without`);
  }
  return { made: true, refused };
}

async function setForRole(client: pg.Client, { text, shown }: Statement<'set'>): Promise<string[]> {
  const error = await attempt(client, text);
  return error === undefined ? [] : [`role: «${shown}» was refused (${sqlState(error)})`];
}

/** Granting in another's name takes that other's rights: a grant in one's own name is better than none. */
async function grant(
  client: pg.Client,
  { text, shown, role, member, withoutGrantor }: Statement<'grant'>,
): Promise<string[]> {
  const error = await attempt(client, text);
  if (error === undefined || (await isMember(client, role, member))) return [];
  const done = withoutGrantor !== text && (await attempt(client, withoutGrantor)) === undefined;
  return [`role: «${shown}» was refused (${reason(error)})${done ? ', done without GRANTED BY' : ''}`];
}

/** Since version 16 who makes a role is a member of it from the start, and cannot make itself one again. */
async function isMember(client: pg.Client, role: string, member: string): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_auth_members
       WHERE pg_catalog.pg_get_userbyid(roleid) = $1 AND pg_catalog.pg_get_userbyid(member) = $2) AS is`,
    [role, member],
  );
  return rows[0]?.is === true;
}

/** @returns why the server refused it, undefined when it did not */
async function attempt(client: pg.Client, statement: string): Promise<Error | undefined> {
  try {
    await client.query(statement);
    return undefined;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error;
    throw error;
  }
}

/**
 * Settings, grants and comment of the database: all of them, or, when it throws, none.
 * @throws DatabaseFailedError when one cannot be set for another cause than a missing right
 * @returns what this role may not set, one sentence each
 */
export async function restoreDatabaseSettings(
  client: pg.Client,
  database: string,
  statements: readonly DatabaseStatement[],
): Promise<string[]> {
  const problems: string[] = [];
  await client.query('BEGIN');
  for (const { before, after, shown } of statements) {
    await client.query('SAVEPOINT statement');
    try {
      await client.query(`${before}${pg.escapeIdentifier(database)}${after}`);
    } catch (error) {
      const refused = `«${shown}» was refused (${sqlState(error)})`;
      if (!(error instanceof pg.DatabaseError && error.code === '42501')) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw new DatabaseFailedError('applying the settings of the database', new Error(refused));
      }
      await client.query('ROLLBACK TO SAVEPOINT statement');
      problems.push(`database: ${refused}`);
    }
  }
  await client.query('COMMIT');
  return problems;
}

/** All that may be told about a setting: the server repeats a value it does not like, and that may hold a secret. */
function sqlState(error: unknown): string {
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  return `SQLSTATE ${code ?? 'unknown'}`;
}
