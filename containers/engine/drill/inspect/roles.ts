import type pg from 'pg';
import { isRoleOfEveryProject } from '../../../../core/supabase/managed.ts';
import { rolesSql } from '../../backup/roles.ts';
import {
  type DatabaseStatement,
  parseRolesFile,
  quoting,
  type RoleStatement,
  type RolesFile,
  THIS_DATABASE,
} from '../../database/roles-file.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { rolesOfUser } from '../../supabase/roles.ts';
import { type Findings, noFindings } from './structure.ts';

type Statement<V> = Extract<RoleStatement, { verb: V }>;

/** Findings about what roles.sql says, by the check they belong to. */
export interface ComparedRoles {
  readonly roles: Findings;
  /** Rights on the database itself. */
  readonly privileges: Findings;
  /** Its settings and its comment. */
  readonly structure: Findings;
  readonly count: number;
}

/** Compares roles.sql of the set with what the target's server says of itself. Roles beyond those of the set are others'. */
export async function compareRoles(
  run: RestoreRun,
  client: pg.Client,
  file: RolesFile,
): Promise<ComparedRoles> {
  const { rows } = await client.query<{ me: string; owner: string }>(`
    SELECT current_user AS me, pg_catalog.pg_get_userbyid(datdba) AS owner
    FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`);
  const { me = '', owner = '' } = rows[0] ?? {};
  const { text } = await rolesSql(client, run.manifest.source.encoding);
  const found = parseRolesFile(text);
  const { roles, database } = run.project === undefined ? file : rolesOfUser(file, new Set());
  const compared = { roles: noFindings(), privileges: noFindings(), structure: noFindings() };
  const put = (role: string, sentence: string) => {
    // who restores is there already, as are the platform's roles where there is a platform, or was one
    const theirs = role === me || (run.manifest.platform !== undefined && isRoleOfEveryProject(role));
    if (theirs)
      compared.roles.unknown.push(`${sentence}: it was there before the restore, which leaves it as it is`);
    else compared.roles.wrong.push(sentence);
  };
  compareAttributes(of(roles, 'create'), of(found.roles, 'create'), put);
  const names = new Set(of(roles, 'create').map(({ role }) => role));
  // the manifest names them as well, and roles.sql may be another's
  const here = new Set(of(found.roles, 'create').map(({ role }) => role));
  for (const role of run.project === undefined ? run.manifest.roles : [])
    if (!here.has(role) && !names.has(role))
      put(role, `role ${role} is missing, from the set's roles as well`);
  compareSettings(of(roles, 'set'), of(found.roles, 'set'), names, put);
  compareMemberships(of(roles, 'grant'), of(found.roles, 'grant'), names, me, put);
  compareDatabase(run, { expected: database, found: found.database, owner }, compared);
  return { ...compared, count: names.size };
}

function of<V extends RoleStatement['verb']>(all: readonly RoleStatement[], verb: V): Statement<V>[] {
  return all.filter((statement): statement is Statement<V> => statement.verb === verb);
}

type Put = (role: string, sentence: string) => void;

function compareAttributes(
  expected: readonly Statement<'create'>[],
  found: readonly Statement<'create'>[],
  put: Put,
): void {
  const there = new Map(found.map((statement) => [statement.role, statement]));
  for (const { role, attributes } of expected) {
    const got = there.get(role);
    const words = (list: readonly string[]) => list.toSorted().join(', ') || 'nothing';
    if (got === undefined) put(role, `role ${role} is missing`);
    else if (words(got.attributes) !== words(attributes))
      put(role, `role ${role} has ${words(got.attributes)}, expected ${words(attributes)}`);
  }
}

/** Values are never told: one may hold a secret. */
function compareSettings(
  expected: readonly Statement<'set'>[],
  found: readonly Statement<'set'>[],
  names: ReadonlySet<string>,
  put: Put,
): void {
  const there = new Set(found.map(({ text }) => text));
  for (const { role, text, shown } of expected)
    if (!there.has(text))
      put(role, `the setting «${shown}» of role ${role} is missing, or has another value`);
  const wanted = new Set(expected.map(({ shown }) => shown));
  for (const { role, shown } of found)
    if (names.has(role) && !wanted.has(shown))
      put(role, `the setting «${shown}» of role ${role} is not in the set`);
}

function compareMemberships(
  expected: readonly Statement<'grant'>[],
  found: readonly Statement<'grant'>[],
  names: ReadonlySet<string>,
  me: string,
  put: Put,
): void {
  const pair = ({ role, member }: Statement<'grant'>) => JSON.stringify([role, member]);
  const there = Map.groupBy(found, pair);
  for (const statement of expected) {
    const got = there.get(pair(statement));
    if (got === undefined) put(statement.member, `«${statement.shown}» was not granted`);
    else if (!got.some((each) => grantsAs(statement, each)))
      put(statement.member, `«${got[0]?.shown}», expected «${statement.shown}»`);
  }
  const wanted = new Set(expected.map(pair));
  // who makes a role is a member of it, since version 16
  for (const statement of found)
    if (
      !wanted.has(pair(statement)) &&
      statement.member !== me &&
      names.has(statement.member) &&
      names.has(statement.role)
    )
      put(statement.member, `«${statement.shown}» is granted, and not in the set`);
}

/** Who granted it makes no difference to what it allows; before version 16 it had no other option than this one. */
function grantsAs(expected: Statement<'grant'>, got: Statement<'grant'>): boolean {
  if (expected.withoutGrantor === got.withoutGrantor) return true;
  const admin = ({ text }: Statement<'grant'>) => text.includes('ADMIN OPTION');
  return !/ (INHERIT|SET) (TRUE|FALSE)/.test(expected.withoutGrantor) && admin(expected) === admin(got);
}

function compareDatabase(
  { project }: RestoreRun,
  {
    expected,
    found,
    owner,
  }: { expected: readonly DatabaseStatement[]; found: readonly DatabaseStatement[]; owner: string },
  compared: Omit<ComparedRoles, 'count'>,
): void {
  const line = ({ before, after }: DatabaseStatement) => before + THIS_DATABASE + after;
  const there = new Set(found.map(line));
  for (const statement of expected) {
    if (there.has(line(statement))) continue;
    checkOf(statement, compared).wrong.push(`«${statement.shown}» does not hold, or in another way`);
  }
  const wanted = new Set(expected.map(line));
  const closed = expected.some(({ before }) => before.startsWith('REVOKE'));
  const ofTarget = (after: string) =>
    after.includes(` TO ${quoting('UTF8').identifier(owner)}`) || (!closed && after.startsWith(' TO PUBLIC'));
  for (const statement of found) {
    if (project !== undefined || !statement.before.startsWith('GRANT') || wanted.has(line(statement)))
      continue;
    // what its owner may do is the target's own affair
    if (!ofTarget(statement.after))
      compared.privileges.wrong.push(`«${statement.shown}» holds, and is not in the set`);
  }
}

function checkOf({ before }: DatabaseStatement, compared: Omit<ComparedRoles, 'count'>): Findings {
  if (/^(GRANT|REVOKE)/.test(before)) return compared.privileges;
  return before.startsWith('ALTER ROLE') ? compared.roles : compared.structure;
}
