import { isPlatformRole, isRoleOfEveryProject } from '../../../core/supabase/managed.ts';
import {
  type DatabaseStatement,
  type RoleStatement,
  type RolesFile,
  THIS_DATABASE,
} from '../database/roles-file.ts';

/** Statements of roles.sql as a project takes them. */
export interface ProjectRoles extends RolesFile {
  /** Settings of roles that are in every project, made by users. */
  readonly settings: readonly Extract<RoleStatement, { verb: 'set' }>[];
}

/**
 * The roles, settings and grants that are the user's. A project has the platform's roles with their attributes,
 * memberships and rights on the database; those are not the user's to give.
 * @param present statements that say what the project's roles are like already
 */
export function rolesOfUser(
  { roles, database, problems }: RolesFile,
  present: ReadonlySet<string>,
): ProjectRoles {
  return {
    problems,
    roles: roles.filter((statement) => {
      if (statement.verb === 'grant')
        return !(isRoleOfEveryProject(statement.role) && isRoleOfEveryProject(statement.member));
      return !isRoleOfEveryProject(statement.role);
    }),
    settings: roles.flatMap((statement) =>
      statement.verb === 'set' &&
      isRoleOfEveryProject(statement.role) &&
      !isPlatformRole(statement.role) &&
      !present.has(statement.text)
        ? [statement]
        : [],
    ),
    database: database.filter((statement) => isUsers(statement) && !present.has(lineOf(statement))),
  };
}

function lineOf({ before, after }: DatabaseStatement): string {
  return before + THIS_DATABASE + after;
}

function isUsers({ before, after }: DatabaseStatement): boolean {
  if (before.startsWith('REVOKE')) return false;
  const role =
    /^ALTER ROLE "(.*)" IN DATABASE/.exec(before)?.[1] ??
    / TO "(.*)"( WITH GRANT OPTION)?;$/.exec(after)?.[1];
  if (before.startsWith('GRANT')) return role !== undefined && !isRoleOfEveryProject(role);
  return role === undefined || !isPlatformRole(role);
}
