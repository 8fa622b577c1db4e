import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DatabaseFailedError, ProductError } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { connect } from '../database/connect.ts';
import { qualify } from '../database/session.ts';
import { damageOr, openObject } from '../streams/open.ts';
import { inParallel } from '../streams/parallel.ts';
import { restoreRest } from './archives.ts';
import type { RestoreRun } from './context.ts';

/** All rows: the rest and the slices, largest first, `workers` streams at once. */
export async function restoreData(run: RestoreRun): Promise<void> {
  const slices = run.manifest.objects
    .filter((object) => object.slice !== undefined)
    .sort((a, b) => b.plain.bytes - a.plain.bytes);
  const total = run.manifest.objects.reduce(
    (sum, object) => sum + (object.role === 'schema' ? 0 : object.plain.bytes),
    0,
  );
  run.reporter.begin(total, slices.length + 1);
  const tasks = [
    () => restoreRest(run).then(() => run.reporter.tableDone()),
    ...slices.map((slice) => () => restoreSlice(run, slice)),
  ];
  try {
    await inParallel(run.workers, tasks, run.fail);
  } finally {
    run.reporter.end();
  }
}

/** COPY of one slice, in a transaction of its own: an object that proves damaged leaves no row behind. */
async function restoreSlice(run: RestoreRun, object: SetObject): Promise<void> {
  const { schema, table } = object.slice as NonNullable<SetObject['slice']>;
  const columns =
    run.manifest.tables.find((entry) => entry.schema === schema && entry.name === table)?.columns ?? [];
  const list = columns.map((name) => pg.escapeIdentifier(name)).join(', ');
  const client = await connect(run.target, run.signal);
  try {
    await client.query('SET synchronous_commit = off');
    const copy = client.query(copyFrom(`COPY ${qualify(schema, table)} (${list}) FROM STDIN`));
    const plain = openObject(run.opener, object, (bytes) => run.reporter.advance(bytes));
    await pipeline(plain, copy, { signal: run.signal });
    run.reporter.tableDone();
  } catch (error) {
    if (error instanceof ProductError) throw error;
    const failure = new DatabaseFailedError(`writing ${schema}.${table}`, error);
    throw error instanceof pg.DatabaseError ? await damageOr(failure, run.opener, object) : failure;
  } finally {
    await client.end().catch(() => undefined);
  }
}
