import type pg from 'pg';
import {
  AmbiguousRestoreError,
  databaseFailure,
  NoSuchRestoreError,
  RollbackUnconfirmedError,
  reason,
  UnsuitableTargetError,
} from '../../../core/errors/index.ts';
import { type KeptNote, parseKeptNote, serializeKeptNote } from '../../../core/kept-database.ts';
import { newRestoreId, parseRestoreId, tagOf } from '../../../core/restore-id.ts';
import { connect } from '../database/connect.ts';
import { type DatabaseAddress, withDatabase } from '../database/url.ts';
import type { Reporter } from '../progress/reporter.ts';
import { targetDatabase } from '../settings.ts';
import { connectBeside, during, nameWith, proveReplaceable } from './beside.ts';
import { TargetLock } from './lock.ts';
import { type DatabaseOnServer, oidsOf, swapDatabases } from './swap.ts';

/** What a rollback says of itself. */
export interface RolledBack {
  readonly database: string;
  /** The restore, or the rollback, that was undone. */
  readonly undone: string;
  /** The rollback's own id, by which it can be undone in turn. */
  readonly restoreId: string;
  /** Where the database that was there until now is kept. */
  readonly replacedDatabaseKeptAs: string;
  /** What could not be proved, by name. */
  readonly notVerified: readonly string[];
}

/** A database that was put aside, as it is found on the server. */
interface Kept extends DatabaseOnServer {
  readonly note: KeptNote;
}

/**
 * Puts the database that a restore put aside back in its place, as it is: its rows, settings, grants, owner and comment
 * never left it. What is there now is kept in turn.
 * @throws NoSuchRestoreError, AmbiguousRestoreError, RollbackUnconfirmedError, UnsuitableTargetError when nothing was done
 */
export async function rollback(
  asked: string,
  confirmed: string | undefined,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<RolledBack> {
  const undone = parseRestoreId(asked);
  const target = await targetDatabase();
  const restoreId = newRestoreId(new Date());
  await using lock = await TargetLock.take(target, signal);
  const database = await nameOf(await lock.session());
  const { address: beside, client } = await connectBeside(target, database, signal);
  const { kept, current } = await during(client, async (admin) => {
    const found = pick(await keptDatabases(admin), undone, database);
    if (confirmed !== database) throw new RollbackUnconfirmedError(database, found.name, confirmed);
    for (const name of [database, found.name]) await proveReplaceable(admin, name);
    return { kept: found, current: (await oidsOf(admin, [database])).get(database) ?? '' };
  });
  // a database nobody can open is no state to go back to
  await during(await connect(withDatabase(target, kept.name), signal), nameOf);
  reporter.notice('rollback started', { undone, database, from: kept.name });
  signal.throwIfAborted();
  const keptAs = nameWith(database, `_undone_${tagOf(restoreId)}`);
  await reporter
    .phase('swap', () =>
      swapDatabases(beside, {
        database,
        incoming: kept,
        outgoing: { oid: current, keptAs },
        comments: ({ outgoing }) => ({
          incoming: kept.note.originalComment,
          outgoing: serializeKeptNote({
            restoreId,
            set: null,
            database,
            at: new Date().toISOString(),
            originalComment: outgoing,
          }),
        }),
      }),
    )
    .catch((error: unknown) => {
      throw databaseFailure('putting the old database back', error);
    });
  reporter.notice('the database that was there is kept; drop it when nobody needs it', { name: keptAs });
  const notVerified = await unproved(target, kept);
  return { database, undone, restoreId, replacedDatabaseKeptAs: keptAs, notVerified };
}

function pick(all: readonly Kept[], restoreId: string, database: string): Kept {
  const found = all.filter(({ note }) => note.restoreId === restoreId);
  const [one, ...others] = found;
  if (one === undefined) {
    const known = all.filter(({ note }) => note.database === database).map(({ note }) => note.restoreId);
    throw new NoSuchRestoreError(restoreId, known);
  }
  if (others.length > 0)
    throw new AmbiguousRestoreError(
      restoreId,
      found.map(({ name }) => name),
    );
  if (one.note.database !== database)
    throw new UnsuitableTargetError(
      `restore ${restoreId} put database ${one.note.database} aside, and the target is ${database}; name that database in TARGET_DATABASE_URL`,
    );
  return one;
}

/** All databases of the server that say so, newest restore first. */
async function keptDatabases(admin: pg.Client): Promise<Kept[]> {
  const { rows } = await admin.query<DatabaseOnServer & { comment: string | null }>(
    `SELECT oid::pg_catalog.text AS oid, datname AS name, pg_catalog.shobj_description(oid, 'pg_database') AS comment
     FROM pg_catalog.pg_database`,
  );
  return rows
    .flatMap(({ oid, name, comment }) => {
      const note = parseKeptNote(comment);
      return note === undefined ? [] : [{ oid, name, note }];
    })
    .sort((a, b) => b.note.restoreId.localeCompare(a.note.restoreId));
}

/** The old database answers under its name; a pooler in between may still lead to the other one. */
async function unproved(target: DatabaseAddress, { oid }: Kept): Promise<string[]> {
  try {
    const found = await during(await connect(target), async (client) => {
      const database = await nameOf(client);
      return (await oidsOf(client, [database])).get(database);
    });
    return found === oid ? [] : ['the target: what answers under its name is another database'];
  } catch (error) {
    return [`the target: it was put back and does not answer (${reason(error)})`];
  }
}

async function nameOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT pg_catalog.current_database() AS name');
  return rows[0]?.name ?? '';
}
