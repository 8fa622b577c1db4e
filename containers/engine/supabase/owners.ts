import pg from 'pg';
import type { SchemaArchive } from '../restore/archives.ts';
import type { RestoreRun } from '../restore/context.ts';
import { blocksOf, isGrant, ownerInHeading, sqlOf, useList, withoutNumbers } from '../restore/toc.ts';
import { ownerOf } from './entries.ts';
import { refusalOf } from './refusal.ts';

/** What belongs to another than it did in the source. */
export interface Owners {
  /** One sentence each. */
  readonly problems: readonly string[];
  /** Names of those owners. */
  readonly unreachable: ReadonlySet<string>;
}

/**
 * Gives what the restoring role has made to its owners, as far as it can become them. After the grants: an owner needs the
 * right to create in the schema. What the platform's roles own in the user's schemas stays with the restoring role.
 */
export async function giveToOwners(
  run: RestoreRun,
  client: pg.Client,
  archive: SchemaArchive,
): Promise<Owners> {
  const me = (await client.query<{ me: string }>('SELECT current_user AS me')).rows[0]?.me ?? '';
  const foreign = archive.entries.filter(
    (entry) =>
      !isGrant(entry) &&
      isOwned(entry) &&
      ownerOf(entry) !== 'pg_database_owner' &&
      // the schema public was not made here
      (ownerOf(entry) !== me || /^SCHEMA - public /.test(withoutNumbers(entry))),
  );
  const problems: string[] = [];
  const unreachable = new Set<string>();
  if (foreign.length === 0) return { problems, unreachable };
  const list = await useList(run, 'owners', foreign);
  for (const [heading, text] of blocksOf(await sqlOf(run, archive.file, [list]))) {
    const owner = ownerInHeading(heading);
    const statement = text.match(/^ALTER [^\n]* OWNER TO [^\n]*;$/gm)?.at(-1);
    if (statement === undefined) continue;
    const refused = await give(client, statement, owner, run.createdRoles.has(owner));
    if (refused === undefined) continue;
    unreachable.add(owner);
    problems.push(`${shown(heading)}: belongs to ${me} here, not to ${owner} (${refused})`);
  }
  return { problems, unreachable };
}

/** `Name: users; Type: TABLE; Schema: public; Owner: app` as a person would say it. */
function shown(heading: string): string {
  const [, name = '', type = '', schema = ''] =
    /^Name: (.*); Type: (.*); Schema: (.*); Owner: /.exec(heading) ?? [];
  return `${type.toLowerCase()} ${schema === '-' ? '' : `${schema}.`}${name}`;
}

/** Entries without an owner of their own end in that of what they belong to. */
function isOwned(entry: string): boolean {
  return !/^(COMMENT|SECURITY LABEL|CONSTRAINT|FK CONSTRAINT|CHECK CONSTRAINT|TRIGGER|RULE|POLICY|ROW SECURITY|INDEX|INDEX ATTACH|DEFAULT|SEQUENCE OWNED BY|TABLE ATTACH|PUBLICATION TABLE|MATERIALIZED VIEW DATA|EXTENSION) /.test(
    withoutNumbers(entry),
  );
}

/** To give something to a role takes being a member of it, which for one that was just made is a matter of the moment. */
function give(
  client: pg.Client,
  statement: string,
  owner: string,
  made: boolean,
): Promise<string | undefined> {
  const role = pg.escapeIdentifier(owner);
  return refusalOf(client, async () => {
    if (made) await client.query(`GRANT ${role} TO CURRENT_USER`);
    await client.query(statement);
    if (made) await client.query(`REVOKE ${role} FROM CURRENT_USER`);
  });
}
