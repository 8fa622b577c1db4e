import pg from 'pg';
import { parseKeptNote, serializeKeptNote } from '../../../core/kept-database.ts';
import { tagOf } from '../../../core/restore-id.ts';
import { connectPatiently } from '../database/connect.ts';
import { type DatabaseAddress, withDatabase } from '../database/url.ts';
import { connectBeside, during, nameWith } from './beside.ts';
import { dropRoles } from './empty-again.ts';
import { oidsOf, swapDatabases } from './swap.ts';

/** A new database beside the target, which takes its place once it has been proved. */
export interface Replacement {
  readonly address: DatabaseAddress;
  /** Changes the places of both; sessions with the target are ended. @returns the name under which the old one is kept */
  swap(): Promise<string>;
  /** Takes the new database and the roles made for it away; in a session of its own, for ours may be lost. */
  discard(createdRoles: ReadonlySet<string>): Promise<void>;
  /** The new database's name. */
  readonly name: string;
}

/** What is replaced, and what will say so. */
export interface Replacing {
  readonly target: DatabaseAddress;
  /** Name of the target, as its server has it. */
  readonly database: string;
  readonly restoreId: string;
  /** The set that comes in its place. */
  readonly set: string;
}

/** Creates an empty database like the target (encoding, locale, owner) on the same server. */
export async function createReplacement(
  { target, database, restoreId, set }: Replacing,
  signal: AbortSignal,
): Promise<Replacement> {
  const { address: beside, client } = await connectBeside(target, database, signal);
  const name = nameWith(database, `_new_${tagOf(restoreId)}`);
  const keptAs = nameWith(database, `_old_${tagOf(restoreId)}`);
  const oids = await during(client, async (admin) => {
    await admin.query(await createStatement(admin, database, name));
    return await oidsOf(admin, [database, name]);
  });
  return {
    name,
    address: withDatabase(target, name),
    swap: async () => {
      await swapDatabases(beside, {
        database,
        incoming: { name, oid: oids.get(name) ?? '' },
        outgoing: { keptAs, oid: oids.get(database) ?? '' },
        comments: ({ incoming, outgoing }) => ({
          // the set's own; where it has none, or was made of a database put aside, that of the one it replaces
          incoming: parseKeptNote(incoming) === undefined ? (incoming ?? outgoing) : outgoing,
          outgoing: serializeKeptNote({
            restoreId,
            set,
            database,
            at: new Date().toISOString(),
            originalComment: outgoing,
          }),
        }),
        lastTouch: (admin) => limitAlike(admin, database, keptAs),
      });
      return keptAs;
    },
    discard: async (createdRoles) =>
      during(await connectPatiently(beside), async (admin) => {
        await admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
        await dropRoles(admin, createdRoles);
      }),
  };
}

/** Naming it takes a right that leaving it out does not. */
const DEFAULT_TABLESPACE = 'pg_default';

async function createStatement(admin: pg.Client, like: string, name: string): Promise<string> {
  const { rows } = await admin.query<{
    about: Record<string, string | null>;
    owner: string;
    encoding: string;
    tablespace: string;
  }>(
    `SELECT pg_catalog.to_jsonb(d) AS about, (SELECT spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = d.dattablespace) AS tablespace, pg_catalog.pg_get_userbyid(datdba) AS owner,
       pg_catalog.pg_encoding_to_char(encoding) AS encoding FROM pg_catalog.pg_database d WHERE datname = $1`,
    [like],
  );
  const { about = {}, owner = '', encoding = '', tablespace = DEFAULT_TABLESPACE } = rows[0] ?? {};
  const text = (value: string | null | undefined) => pg.escapeLiteral(value ?? '');
  // the column was renamed between versions 15 and 17
  const locale = about.datlocale ?? about.daticulocale ?? null;
  const provider: Record<string, string> = {
    i: ` LOCALE_PROVIDER icu ICU_LOCALE ${text(locale)}`,
    b: ` LOCALE_PROVIDER builtin BUILTIN_LOCALE ${text(locale)}`,
  };
  const rules = about.daticurules ?? null;
  return (
    `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 OWNER ${pg.escapeIdentifier(owner)} ENCODING ${text(encoding)} ` +
    `LC_COLLATE ${text(about.datcollate)} LC_CTYPE ${text(about.datctype)}${provider[about.datlocprovider ?? ''] ?? ''}` +
    `${rules === null ? '' : ` ICU_RULES ${text(rules)}`}${tablespace === DEFAULT_TABLESPACE ? '' : ` TABLESPACE ${pg.escapeIdentifier(tablespace)}`}`
  );
}

/** Not before: the restore itself needs several sessions, and a template is not dropped. */
async function limitAlike(admin: pg.Client, database: string, like: string): Promise<void> {
  const { rows } = await admin.query<{ limit: number; template: boolean }>(
    'SELECT datconnlimit AS limit, datistemplate AS template FROM pg_catalog.pg_database WHERE datname = $1',
    [like],
  );
  const { limit = -1, template = false } = rows[0] ?? {};
  await admin.query(
    `ALTER DATABASE ${pg.escapeIdentifier(database)} WITH CONNECTION LIMIT ${limit}${template ? ' IS_TEMPLATE true' : ''}`,
  );
}
