import { isPlatformRole, isRoleOfEveryProject } from '../../../core/supabase/managed.ts';
import type { DatabaseStatement, RoleStatement, RolesFile } from '../database/roles-file.ts';

/** Settings of the platform's roles that users may make (Supabase CLI, allowed role configurations). */
const SETTABLE = / SET "(pgrst"\.|pgaudit"\.|session_replication_role"|statement_timeout"|track_io_timing")/;

/** Statements of roles.sql as a project takes them. */
export interface ProjectRoles extends RolesFile {
  /** Settings of roles that are in every project, made by users. */
  readonly settings: readonly Extract<RoleStatement, { verb: 'set' }>[];
}

/**
 * The roles, settings and grants that are the user's. A project has the platform's roles with their attributes,
 * memberships and rights on the database; those are not the user's to give.
 */
export function rolesOfUser({ roles, database, problems }: RolesFile): ProjectRoles {
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
      SETTABLE.test(statement.shown)
        ? [statement]
        : [],
    ),
    database: database.filter(isUsers),
  };
}

function isUsers({ before, after, shown }: DatabaseStatement): boolean {
  if (before.startsWith('REVOKE')) return false;
  const role =
    /^ALTER ROLE "(.*)" IN DATABASE/.exec(before)?.[1] ??
    / TO "(.*)"( WITH GRANT OPTION)?;$/.exec(after)?.[1];
  if (before.startsWith('GRANT')) return role !== undefined && !isRoleOfEveryProject(role);
  return role === undefined || !isPlatformRole(role) || SETTABLE.test(shown);
}
