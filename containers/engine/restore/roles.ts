import pg from 'pg';
import { DatabaseFailedError, reason } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { openObject } from '../streams/open.ts';
import type { RestoreRun } from './context.ts';

/** Statements of roles.sql by when they are due. */
export interface RolesFile {
  /** About roles of the server: before the structure, which names them as owners and grantees. */
  readonly roles: readonly string[];
  /** About the database itself: last, for a setting may change how the rest is read. */
  readonly database: readonly string[];
}

const THIS_DATABASE = ':"DBNAME"';
const NAME = '("(?:[^"]|"")+"|[^\\s";]+)';

export async function readRolesFile(run: RestoreRun, object: SetObject): Promise<RolesFile> {
  const chunks: Buffer[] = [];
  for await (const chunk of openObject(run.opener, object)) chunks.push(chunk);
  const lines = Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('--'));
  const aboutDatabase = (line: string) => line.includes(THIS_DATABASE);
  return { roles: lines.filter((line) => !aboutDatabase(line)), database: lines.filter(aboutDatabase) };
}

/**
 * Creates the roles the server lacks, with their attributes and memberships; a role that exists is left as it is.
 * @returns what could not be made as in the source, one sentence each
 */
export async function restoreRoles(client: pg.Client, statements: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_catalog.pg_roles');
  const existing = new Set(rows.map((row) => row.name));
  const created = new Set<string>();
  const problems: string[] = [];
  for (const statement of statements) {
    const [, verb, quoted = ''] = new RegExp(`^(CREATE ROLE|ALTER ROLE|GRANT) ${NAME}`).exec(statement) ?? [];
    const name = unquote(quoted);
    const member = unquote(new RegExp(`^GRANT ${NAME} TO ${NAME}`).exec(statement)?.[2] ?? '');
    const wanted =
      verb === 'CREATE ROLE'
        ? !existing.has(name)
        : created.has(name) || (verb === 'GRANT' && created.has(member));
    if (!wanted) continue;
    const problem = await runWeakening(client, statement);
    if (problem === undefined && verb === 'CREATE ROLE') created.add(name);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

/** Only a superuser may give some attributes, or grant in another's name: without them is better than not at all. */
async function runWeakening(client: pg.Client, statement: string): Promise<string | undefined> {
  const weaker = statement
    .replace(/ (NO)?(SUPERUSER|REPLICATION|BYPASSRLS)\b/g, '')
    .replace(/ GRANTED BY .*;$/, ';');
  let first: string | undefined;
  for (const attempt of new Set([statement, weaker])) {
    try {
      await client.query(attempt);
      return first === undefined
        ? undefined
        : `role: «${withoutValue(statement)}» was refused (${first}), done without`;
    } catch (error) {
      first ??= reason(error);
    }
  }
  return `role: «${withoutValue(statement)}» was refused (${first})`;
}

/**
 * Settings, grants and comment of the database.
 * @throws DatabaseFailedError when one cannot be set for another cause than a missing right
 * @returns what this role may not set, one sentence each
 */
export async function restoreDatabaseSettings(
  client: pg.Client,
  database: string,
  statements: readonly string[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const statement of statements) {
    try {
      await client.query(statement.replace(THIS_DATABASE, () => pg.escapeIdentifier(database)));
    } catch (error) {
      // the server repeats a value it does not like, and a setting may hold a secret
      const code = error instanceof pg.DatabaseError ? error.code : undefined;
      const refused = `«${withoutValue(statement)}» was refused (SQLSTATE ${code ?? 'unknown'})`;
      if (code !== '42501')
        throw new DatabaseFailedError('applying the settings of the database', new Error(refused));
      problems.push(`database: ${refused}`);
    }
  }
  return problems;
}

/** The statement as it may be shown. */
function withoutValue(statement: string): string {
  return statement.replace(/( SET \S+ TO ).*$/, '$1…');
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
