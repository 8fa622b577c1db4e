import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { UnsuitableTargetError } from '../../../core/errors/index.ts';
import { connect, connectPatiently } from '../database/connect.ts';
import { type DatabaseAddress, withDatabase } from '../database/url.ts';
import { dropRoles } from './empty-again.ts';

/** A new database beside the target, which takes its place once it has been proved. */
export interface Replacement {
  readonly address: DatabaseAddress;
  /** Renames both; sessions with the target are ended. @returns the name under which the old one is kept */
  swap(): Promise<string>;
  /** Takes the new database and the roles made for it away, and sees to it that the target is open; in a session of its own, for ours may be lost. */
  discard(createdRoles: ReadonlySet<string>): Promise<void>;
  /** The new database's name. */
  readonly name: string;
}

/** Longest name the server keeps, in bytes. */
const NAME_BYTES = 63;

/**
 * Creates an empty database like the target (encoding, locale, owner) on the same server.
 * @throws UnsuitableTargetError when the role may not create or rename databases
 */
export async function createReplacement(
  target: DatabaseAddress,
  database: string,
  signal: AbortSignal,
): Promise<Replacement> {
  const { address: beside, client } = await connectBeside(target, database, signal);
  const tag = `${new Date().toISOString().replace(/\D/g, '').slice(2, 12)}_${randomBytes(2).toString('hex')}`;
  const name = nameWith(database, `_new_${tag}`);
  const kept = nameWith(database, `_old_${tag}`);
  await during(client, async (admin) => {
    await proveAllowed(admin, database);
    await admin.query(await createStatement(admin, database, name));
  });
  return {
    name,
    address: withDatabase(target, name),
    swap: async () => {
      try {
        await during(await connect(beside), (admin) => swap(admin, database, name, kept));
      } catch (error) {
        if (!(await exists(beside, kept))) throw error;
      }
      return kept;
    },
    discard: async (createdRoles) =>
      during(await connectPatiently(beside), async (admin) => {
        await allowConnections(admin, database);
        await admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
        await dropRoles(admin, createdRoles);
      }),
  };
}

/** The server may have committed the renames, and only its answer was lost. */
async function exists(beside: DatabaseAddress, database: string): Promise<boolean> {
  const admin = await connectPatiently(beside);
  try {
    const found = await admin.query('SELECT FROM pg_catalog.pg_database WHERE datname = $1', [database]);
    return found.rowCount === 1;
  } finally {
    await admin.end().catch(() => undefined);
  }
}

async function during(client: pg.Client, work: (client: pg.Client) => Promise<void>): Promise<void> {
  try {
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A database cannot be renamed from inside. */
async function connectBeside(
  target: DatabaseAddress,
  database: string,
  signal: AbortSignal,
): Promise<{ address: DatabaseAddress; client: pg.Client }> {
  const others = ['postgres', 'template1'].filter((name) => name !== database);
  let last: unknown;
  for (const name of others) {
    const address = withDatabase(target, name);
    try {
      return { address, client: await connect(address, signal) };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function proveAllowed(admin: pg.Client, database: string): Promise<void> {
  const { rows } = await admin.query<{ allowed: boolean; role: string }>(
    `SELECT r.rolname AS role, r.rolsuper OR (r.rolcreatedb AND pg_catalog.pg_has_role(d.datdba, 'USAGE')) AS allowed
     FROM pg_catalog.pg_roles r, pg_catalog.pg_database d WHERE r.rolname = current_user AND d.datname = $1`,
    [database],
  );
  if (rows[0]?.allowed === true) return;
  throw new UnsuitableTargetError(
    `role ${rows[0]?.role} may not replace database ${database}: it needs CREATEDB and must own it; restore into an empty database instead`,
  );
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

/**
 * Both renames in one transaction, so the target's name leads to a whole database at every moment. Who is connected is
 * sent away first, and nobody new is let in meanwhile.
 */
async function swap(admin: pg.Client, database: string, name: string, kept: string): Promise<void> {
  try {
    for (const each of [database, name]) await sendAway(admin, each);
    await admin.query('BEGIN');
    await admin.query(
      `ALTER DATABASE ${pg.escapeIdentifier(database)} RENAME TO ${pg.escapeIdentifier(kept)}`,
    );
    await admin.query(
      `ALTER DATABASE ${pg.escapeIdentifier(name)} RENAME TO ${pg.escapeIdentifier(database)}`,
    );
    for (const each of [database, kept]) await allowConnections(admin, each);
    await admin.query(await connectionLimit(admin, database, kept));
    await admin.query('COMMIT');
  } catch (error) {
    await admin.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Not before: the restore itself needs several sessions. */
async function connectionLimit(admin: pg.Client, database: string, like: string): Promise<string> {
  const { rows } = await admin.query<{ limit: number }>(
    'SELECT datconnlimit AS limit FROM pg_catalog.pg_database WHERE datname = $1',
    [like],
  );
  return `ALTER DATABASE ${pg.escapeIdentifier(database)} WITH CONNECTION LIMIT ${rows[0]?.limit ?? -1}`;
}

async function sendAway(admin: pg.Client, database: string): Promise<void> {
  await admin.query(`ALTER DATABASE ${pg.escapeIdentifier(database)} WITH ALLOW_CONNECTIONS false`);
  await admin.query(
    'SELECT pg_catalog.pg_terminate_backend(pid, 5000) FROM pg_catalog.pg_stat_activity WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()',
    [database],
  );
}

async function allowConnections(admin: pg.Client, database: string): Promise<void> {
  await admin.query(`ALTER DATABASE ${pg.escapeIdentifier(database)} WITH ALLOW_CONNECTIONS true`);
}

function nameWith(database: string, suffix: string): string {
  let start = database;
  while (Buffer.byteLength(start + suffix) > NAME_BYTES) start = Array.from(start).slice(0, -1).join('');
  return start + suffix;
}
