import pg from 'pg';
import { deliveredWith, type Project } from '../supabase/project.ts';
import { type BeforeRestore, emptyManaged, rememberAdditions } from '../supabase/undo.ts';
import { dropBelongings } from './belongings.ts';
import { grantPublic, putSurroundingsBack, rememberSurroundings, type Surroundings } from './privileges.ts';

/** What an empty database has, so that it can be put back as it was. */
export interface EmptyState {
  /** Nothing where the schema `public` is not there. */
  readonly public: PublicSchema | undefined;
  readonly surroundings: Surroundings;
  /** Of a Supabase project. */
  readonly project?: { readonly it: Project; readonly additions: BeforeRestore };
}

interface PublicSchema {
  readonly owner: string;
  /** As the server writes it. */
  readonly acl: string;
  readonly comment: string | null;
}

export async function rememberEmpty(client: pg.Client, project: Project | undefined): Promise<EmptyState> {
  return {
    public: await rememberPublic(client),
    surroundings: await rememberSurroundings(client, project),
    ...(project === undefined
      ? {}
      : { project: { it: project, additions: await rememberAdditions(client) } }),
  };
}

async function rememberPublic(client: pg.Client): Promise<PublicSchema | undefined> {
  const { rows } = await client.query<PublicSchema>(
    `SELECT pg_catalog.pg_get_userbyid(nspowner) AS owner, pg_catalog.obj_description(oid, 'pg_namespace') AS comment,
       coalesce(nspacl, pg_catalog.acldefault('n', nspowner))::pg_catalog.text AS acl
     FROM pg_catalog.pg_namespace WHERE nspname = 'public'`,
  );
  return rows[0];
}

/**
 * Rolls a failed restore into an empty database back: everything in it is dropped, `public` and the privileges are put
 * back, roles the restore made are dropped. Only for a database that was empty when the restore began.
 * @param client of the session that holds the lock on the target
 */
export async function emptyAgain(
  client: pg.Client,
  before: EmptyState,
  createdRoles: ReadonlySet<string>,
): Promise<void> {
  // event triggers of the restored schema must not see, or stop, its removal; before version 17 there is no switch
  await client.query("SET event_triggers = 'off'").catch(() => undefined);
  const { project } = before;
  if (project !== undefined) await emptyManaged(client, project.it, project.additions);
  await dropBelongings(client, project === undefined ? undefined : deliveredWith(project.it));
  await putPublicBack(client, before.public);
  await putSurroundingsBack(client, before.surroundings, project?.it);
  await dropRoles(client, createdRoles);
}

/** Not by making it anew: what others have for it in their default privileges would go with it, and is not ours to put back. */
async function putPublicBack(client: pg.Client, before: PublicSchema | undefined): Promise<void> {
  if (before === undefined) {
    await client.query('DROP SCHEMA IF EXISTS public CASCADE');
    return;
  }
  const owner = pg.escapeIdentifier(before.owner);
  const now = await rememberPublic(client);
  if (now === undefined) await client.query(`CREATE SCHEMA public AUTHORIZATION ${owner}`);
  else if (now.owner !== before.owner) await client.query(`ALTER SCHEMA public OWNER TO ${owner}`);
  if ((now?.comment ?? null) !== before.comment) {
    const comment = before.comment === null ? 'NULL' : pg.escapeLiteral(before.comment);
    await client.query(`COMMENT ON SCHEMA public IS ${comment}`);
  }
  await grantPublic(client, before.acl);
}

/** Roles belong to the server: one that somebody has given something to meanwhile stays, and the rest goes. */
export async function dropRoles(client: pg.Client, names: ReadonlySet<string>): Promise<void> {
  for (const name of [...names].reverse())
    await client.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(name)}`).catch(() => undefined);
}
