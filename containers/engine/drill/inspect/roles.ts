import type pg from 'pg';
import type { Check } from '../../../../core/drill/report.ts';
import { figure, judged } from '../../../../core/drill/verdict.ts';
import { rolesSql } from '../../backup/roles.ts';
import { parseRolesFile, type RoleStatement } from '../../database/roles-file.ts';
import { isServersOwn } from '../../database/shared-text.ts';
import { objectOf } from '../../restore/archives.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { readRolesFile } from '../../restore/roles.ts';
import { rolesOfUser } from '../../supabase/roles.ts';

/**
 * Roles, their attributes, settings and memberships as the set has them.
 * @param own whether the server was made for this restore: roles of any other may be others' under the same names
 * @param told sentences that the restore has said already
 */
export async function inspectRoles(
  run: RestoreRun,
  client: pg.Client,
  { own, told }: { own: boolean; told: readonly string[] },
): Promise<Check> {
  const whole = await readRolesFile(run, objectOf(run, 'roles'));
  const { text } = await rolesSql(client, run.manifest.source.encoding);
  const { roles } = run.project === undefined ? whole : rolesOfUser(whole, new Set(text.split('\n')));
  const found = parseRolesFile(text).roles;
  const there = new Set(found.map(sense));
  const names = new Set(found.flatMap((statement) => (statement.verb === 'create' ? [statement.role] : [])));
  // the manifest is signed for by its own hash, and names them as well
  const wrong =
    run.project === undefined
      ? run.manifest.roles.filter((name) => !names.has(name) && !isServersOwn(name)).map(gone)
      : [];
  const unknown: string[] = [];
  for (const statement of roles) {
    if (there.has(sense(statement)) || told.some((sentence) => sentence.includes(`«${statement.shown}»`)))
      continue;
    const missing = statement.verb === 'create' && !names.has(statement.role);
    if (missing && wrong.includes(gone(statement.role))) continue;
    const sentence = missing
      ? gone(statement.role)
      : `role ${statement.role} is not as in the set: «${statement.shown}»`;
    (missing || own ? wrong : unknown).push(sentence);
  }
  const count = roles.filter(({ verb }) => verb === 'create').length;
  return judged('roles', { wrong, unknown }, [figure('roles', count, 'objects')]);
}

const gone = (name: string) => `role ${name} is missing`;

/** What a statement comes to: who granted is a note before version 16, as are options that later ones spell out. */
function sense(statement: RoleStatement): string {
  if (statement.verb !== 'grant') return statement.text;
  const admin = / WITH ADMIN OPTION/.test(statement.text);
  return JSON.stringify([statement.role, statement.member, admin]);
}
