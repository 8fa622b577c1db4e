import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DatabaseFailedError, ProductError } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { hasUserRows } from '../../../core/supabase/managed.ts';
import { keyOf } from '../../../core/table-names.ts';
import { connect } from '../database/connect.ts';
import { qualify } from '../database/session.ts';
import { damageOr, openObject } from '../streams/open.ts';
import { isOfManagedTable, restoreManagedSlice } from '../supabase/rows.ts';
import type { OverlaySource, RestoreRun } from './context.ts';
import { restRows } from './selective/rest-rows.ts';
import { objectsOf } from './selective/set-tables.ts';
import { restoreSlice, sliceTable, writingFailure } from './slice.ts';

/**
 * Takes away the base's rows of tables that a newer set has. Of large ones none were loaded; small ones lie in one archive,
 * whose entries pg_restore tells apart by names that may fit several tables.
 */
export async function emptyReplaced(run: RestoreRun, { replaced }: OverlaySource): Promise<void> {
  const ofPlatform = replaced.filter(({ schema }) => run.project !== undefined && hasUserRows(schema));
  const others = replaced.filter((table) => !ofPlatform.includes(table));
  const client = await connect(run.target, run.signal);
  try {
    if (others.length > 0)
      await client.query(
        `TRUNCATE ${others.map(({ schema, name }) => `ONLY ${qualify(schema, name)}`).join(', ')}`,
      );
    // these are referred to from the start: as a replica, nothing that hangs on their rows goes with them
    if (ofPlatform.length > 0) await client.query('SET session_replication_role = replica');
    for (const { schema, name } of ofPlatform) await client.query(`DELETE FROM ${qualify(schema, name)}`);
  } catch (error) {
    throw new DatabaseFailedError('emptying tables for the rows of newer sets', error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What is read of an overlay, largest first. */
export function overlayObjects({ entry, tables }: OverlaySource): SetObject[] {
  const wanted = tables.map((table) => table.entry);
  return objectsOf(entry.manifest, [{ entries: wanted }]).sort((a, b) => b.plain.bytes - a.plain.bytes);
}

export function overlayTasks(run: RestoreRun, overlay: OverlaySource): (() => Promise<void>)[] {
  const places = new Map(overlay.tables.map((table) => [keyOf(table.entry), table]));
  return overlayObjects(overlay).map((object) => () => {
    if (object.role === 'rest') return restoreRestOf(run, overlay, object);
    const place = places.get(keyOf(sliceTable(object)));
    if (run.project !== undefined && isOfManagedTable(object) && place !== undefined)
      return restoreManagedSlice(run, run.project, object, { entry: place.entry, opener: overlay.opener });
    const { schema, name } = place?.into ?? sliceTable(object);
    return restoreSlice(run, overlay.opener, object, { schema, name, columns: place?.entry.columns ?? [] });
  });
}

/** Rows of the rest archive go where the plan says, by the names of their columns. In one transaction: a damaged archive leaves none. */
async function restoreRestOf(run: RestoreRun, overlay: OverlaySource, object: SetObject): Promise<void> {
  const { opener } = overlay;
  const wanted = overlay.tables.filter(({ entry }) => entry.storedIn === 'rest');
  const places = new Map(wanted.map((table) => [keyOf(table.entry), table.into]));
  const client = await connect(run.target, run.signal);
  try {
    await client.query('BEGIN');
    const plain = openObject(opener, object, (bytes) => run.reporter.advance(bytes));
    const blocks = restRows(
      { opener, clients: run.clients, signal: run.signal },
      object,
      plain,
      wanted.map(({ entry }) => entry),
    );
    for await (const { table, columns, encoding, rows } of blocks) {
      const { schema, name } = places.get(keyOf(table)) ?? table;
      const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
      const into = `${qualify(schema, name)}${list === '' ? '' : ` (${list})`}`;
      await client.query(`SELECT pg_catalog.set_config('client_encoding', $1, true)`, [encoding]);
      const copy = client.query(copyFrom(`COPY ${into} FROM STDIN`));
      await pipeline(rows, copy, { signal: run.signal });
    }
    await client.query('COMMIT');
    run.reporter.tableDone();
  } catch (error) {
    if (error instanceof ProductError) throw error;
    const failure = writingFailure(`rows of ${overlay.entry.id}`, error);
    throw error instanceof pg.DatabaseError ? await damageOr(failure, opener, object) : failure;
  } finally {
    await client.end().catch(() => undefined);
  }
}
