import pg from 'pg';
import { dropBelongings } from './belongings.ts';
import { putSurroundingsBack, rememberSurroundings, type Surroundings } from './privileges.ts';

/** What an empty database has, so that it can be put back as it was. */
export interface EmptyState {
  /** Nothing where the schema `public` is not there. */
  readonly public: PublicSchema | undefined;
  readonly surroundings: Surroundings;
}

interface PublicSchema {
  readonly owner: string;
  readonly grants: readonly string[];
  readonly comment: string | null;
}

export async function rememberEmpty(client: pg.Client): Promise<EmptyState> {
  return { public: await rememberPublic(client), surroundings: await rememberSurroundings(client) };
}

async function rememberPublic(client: pg.Client): Promise<PublicSchema | undefined> {
  const { rows } = await client.query<{ owner: string; comment: string | null }>(
    `SELECT pg_catalog.pg_get_userbyid(nspowner) AS owner, pg_catalog.obj_description(oid, 'pg_namespace') AS comment
     FROM pg_catalog.pg_namespace WHERE nspname = 'public'`,
  );
  const found = rows[0];
  if (found === undefined) return undefined;
  const grants = await client.query<{ privilege: string; grantee: string | null; grantable: boolean }>(
    `SELECT a.privilege_type AS privilege, r.rolname AS grantee, a.is_grantable AS grantable
     FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) AS a
     LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee WHERE n.nspname = 'public' AND a.grantee <> n.nspowner`,
  );
  return {
    ...found,
    grants: grants.rows.map(
      ({ privilege, grantee, grantable }) =>
        `GRANT ${privilege} ON SCHEMA public TO ${grantee === null ? 'PUBLIC' : pg.escapeIdentifier(grantee)}${grantable ? ' WITH GRANT OPTION' : ''}`,
    ),
  };
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
  await dropBelongings(client);
  await client.query('DROP SCHEMA IF EXISTS public CASCADE');
  if (before.public !== undefined) {
    const { owner, grants, comment } = before.public;
    await client.query(`CREATE SCHEMA public AUTHORIZATION ${pg.escapeIdentifier(owner)}`);
    for (const grant of grants) await client.query(grant);
    if (comment !== null) await client.query(`COMMENT ON SCHEMA public IS ${pg.escapeLiteral(comment)}`);
  }
  await putSurroundingsBack(client, before.surroundings);
  await dropRoles(client, createdRoles);
}

/** Roles belong to the server: one that somebody has given something to meanwhile stays, and the rest goes. */
export async function dropRoles(client: pg.Client, names: ReadonlySet<string>): Promise<void> {
  for (const name of [...names].reverse())
    await client.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(name)}`).catch(() => undefined);
}
