import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseFailedError } from '../../../core/errors/index.ts';
import { connect, connectPatiently } from '../database/connect.ts';
import type { DatabaseAddress } from '../database/url.ts';
import { during } from './beside.ts';

/** Two databases that change places: one puts on the name of the other, which is kept under a new one. */
export interface Swap {
  /** The name that both are about. */
  readonly database: string;
  /** The database that is to have the name. */
  readonly incoming: DatabaseOnServer;
  /** The database that has it, and the name under which it is kept. */
  readonly outgoing: { readonly oid: string; readonly keptAs: string };
  /** Comments both have from now on, from those they have. */
  readonly comments: (before: Comments) => { readonly incoming: string | null; readonly outgoing: string };
  /** What the incoming database gets besides, in the same transaction. */
  readonly lastTouch?: (admin: pg.Client) => Promise<void>;
}

/** Comments of the two databases. */
export interface Comments {
  readonly incoming: string | null;
  readonly outgoing: string | null;
}

/** A database by its name and by what stays the same when it is renamed. */
export interface DatabaseOnServer {
  readonly oid: string;
  readonly name: string;
}

/**
 * Both renames and everything said of them in one transaction: the name leads to a whole database at every moment, and a
 * process or connection that dies in between leaves it all undone. The server itself keeps new sessions waiting from the
 * first rename to the commit; sessions there are, it does not suffer, so they are ended from a second session meanwhile.
 * @param beside another database of the same server
 * @throws DatabaseFailedError when nothing was changed: sessions that cannot be ended, names that changed hands
 */
export async function swapDatabases(beside: DatabaseAddress, swap: Swap): Promise<void> {
  const admin = await connect(beside);
  const backend = await backendOf(admin);
  try {
    await during(admin, (client) => swapWithin(client, beside, swap));
  } catch (error) {
    // the server may have committed, and only its answer was lost
    if (!(await swapped(beside, backend, swap))) throw error;
  }
}

async function swapWithin(admin: pg.Client, beside: DatabaseAddress, swap: Swap): Promise<void> {
  const { database, incoming, outgoing } = swap;
  const names = [database, incoming.name];
  await during(await connect(beside), async (usher) => {
    await sendAway(usher, names);
    const ushering = new AbortController();
    const seeing = sendAwayUntil(usher, names, ushering.signal);
    try {
      await admin.query('BEGIN');
      // a rename queues behind sessions that are just being opened, which takes a moment at most
      await admin.query("SET LOCAL lock_timeout = '30s'");
      await rename(admin, database, outgoing.keptAs);
      await rename(admin, incoming.name, database);
      await proveNames(admin, swap);
      await comment(admin, swap);
      await swap.lastTouch?.(admin);
      await admin.query('COMMIT');
    } catch (error) {
      await admin.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      ushering.abort();
      await seeing;
    }
  });
}

async function rename(admin: pg.Client, from: string, to: string): Promise<void> {
  await admin.query(`ALTER DATABASE ${pg.escapeIdentifier(from)} RENAME TO ${pg.escapeIdentifier(to)}`);
}

async function comment(admin: pg.Client, { database, outgoing, comments }: Swap): Promise<void> {
  const said = async (name: string) => {
    const { rows } = await admin.query<{ comment: string | null }>(
      `SELECT pg_catalog.shobj_description(oid, 'pg_database') AS comment FROM pg_catalog.pg_database WHERE datname = $1`,
      [name],
    );
    return rows[0]?.comment ?? null;
  };
  const after = comments({ incoming: await said(database), outgoing: await said(outgoing.keptAs) });
  for (const [name, text] of [
    [database, after.incoming],
    [outgoing.keptAs, after.outgoing],
  ] as const)
    await admin.query(
      `COMMENT ON DATABASE ${pg.escapeIdentifier(name)} IS ${text === null ? 'NULL' : pg.escapeLiteral(text)}`,
    );
}

/** The restore took long; somebody else may have renamed or made anew what it began with. */
async function proveNames(admin: pg.Client, { database, incoming, outgoing }: Swap): Promise<void> {
  const found = await oidsOf(admin, [database, outgoing.keptAs]);
  if (found.get(database) === incoming.oid && found.get(outgoing.keptAs) === outgoing.oid) return;
  throw new DatabaseFailedError(
    'changing the places of two databases',
    new Error(`${database} or ${incoming.name} is another database than when the work began`),
    'nothing was renamed: see who else works on this server, then start again',
  );
}

const LOOK_AGAIN_MS = 50;
/** How long a session that was told to end has to be gone. */
const GONE_MS = 10_000;

/** Of sessions with databases $1, all but autovacuum, which has no user, is not ours to end, and makes way by itself. */
const END_SESSIONS = `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
  WHERE datname = ANY ($1) AND usesysid IS NOT NULL`;

/**
 * Ends whoever is connected, once: who comes back at once is ended while the rename already keeps others waiting, which is
 * over sooner than a chase.
 * @throws DatabaseFailedError when the role may not end one of them
 */
async function sendAway(usher: pg.Client, names: readonly string[]): Promise<void> {
  await usher.query(END_SESSIONS, [names]).catch((error: unknown) => {
    const todo = 'have them ended by the role they belong to, or restore as a superuser';
    throw new DatabaseFailedError('ending the sessions with the database', error, todo);
  });
}

/** Those who are not gone yet, or came back before the lock; the rename waits five seconds for them. */
async function sendAwayUntil(usher: pg.Client, names: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await usher.query(END_SESSIONS, [names]).catch(() => undefined);
    await sleep(LOOK_AGAIN_MS);
  }
}

/** A session of the server; a process number alone is used again. */
interface Backend {
  readonly pid: number;
  readonly start: string;
}

/** True when the renames were committed; asked only when the session that made them is gone, for until then they may yet be. */
async function swapped(
  beside: DatabaseAddress,
  { pid, start }: Backend,
  { database, incoming }: Swap,
): Promise<boolean> {
  return await during(await connectPatiently(beside), async (admin) => {
    const deadline = Date.now() + GONE_MS;
    while (Date.now() < deadline) {
      const { rowCount } = await admin.query(
        `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
         WHERE pid = $1 AND backend_start = $2::pg_catalog.timestamptz`,
        [pid, start],
      );
      if (rowCount === 0) break;
      await sleep(LOOK_AGAIN_MS);
    }
    return (await oidsOf(admin, [database])).get(database) === incoming.oid;
  });
}

async function backendOf(client: pg.Client): Promise<Backend> {
  const { rows } = await client.query<Backend>(
    `SELECT pid, backend_start::pg_catalog.text AS start FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()`,
  );
  return rows[0] ?? { pid: 0, start: 'infinity' };
}

/** Oids by name, as text; those that are not there are missing. */
export async function oidsOf(admin: pg.Client, names: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await admin.query<{ name: string; oid: string }>(
    'SELECT datname AS name, oid::pg_catalog.text AS oid FROM pg_catalog.pg_database WHERE datname = ANY ($1)',
    [names],
  );
  return new Map(rows.map(({ name, oid }) => [name, oid]));
}
