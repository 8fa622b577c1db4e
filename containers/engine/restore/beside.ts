import type pg from 'pg';
import { UnsuitableTargetError } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { type DatabaseAddress, withDatabase } from '../database/url.ts';

/** Longest name the server keeps, in bytes. */
const NAME_BYTES = 63;

/** The name with a suffix, cut where both together would be longer than the server keeps. */
export function nameWith(database: string, suffix: string): string {
  let start = database;
  while (Buffer.byteLength(start + suffix) > NAME_BYTES) start = Array.from(start).slice(0, -1).join('');
  return start + suffix;
}

/** A database cannot be renamed from inside, so this is a session with another one of the same server. */
export async function connectBeside(
  target: DatabaseAddress,
  database: string,
  signal?: AbortSignal,
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

/** Work in a session that ends with it. */
export async function during<T>(client: pg.Client, work: (client: pg.Client) => Promise<T>): Promise<T> {
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Standing {
  readonly role: string;
  readonly allowed: boolean;
  readonly supabase: boolean;
  readonly prepared: number;
}

/**
 * Whether the role may put another database in the place of this one; asked before anything is done.
 * @throws UnsuitableTargetError saying what is in the way
 */
export async function proveReplaceable(admin: pg.Client, database: string): Promise<void> {
  const { rows } = await admin.query<Standing>(
    `SELECT r.rolname AS role, r.rolsuper OR (r.rolcreatedb AND pg_catalog.pg_has_role(d.datdba, 'USAGE')) AS allowed,
       NOT r.rolsuper AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'supabase_admin') AS supabase,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = d.datname)::pg_catalog.int4 AS prepared
     FROM pg_catalog.pg_roles r, pg_catalog.pg_database d WHERE r.rolname = current_user AND d.datname = $1`,
    [database],
  );
  const { role, allowed, supabase, prepared } = rows[0] ?? {};
  const instead = 'restore into an empty database instead';
  // its own services hold sessions with it that nobody but its superuser can end
  if (supabase && database === 'postgres')
    throw new UnsuitableTargetError(
      `on Supabase no role of yours may rename database ${database}, so it cannot be replaced; restore into a new project instead`,
    );
  if (!allowed)
    throw new UnsuitableTargetError(
      `role ${role} may not replace database ${database}: it needs CREATEDB and must own it; ${instead}`,
    );
  if (prepared)
    throw new UnsuitableTargetError(
      `database ${database} has ${prepared} prepared transactions, with which it cannot be renamed; commit or roll them back ` +
        `(pg_prepared_xacts), or ${instead}`,
    );
}

/** The same, in a session of its own. @throws UnsuitableTargetError */
export async function proveReplaceableBeside(
  target: DatabaseAddress,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  const { client } = await connectBeside(target, database, signal);
  await during(client, (admin) => proveReplaceable(admin, database));
}
