import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DatabaseFailedError, ProductError } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import type { TableName } from '../../../core/table-names.ts';
import { connect } from '../database/connect.ts';
import { qualify } from '../database/session.ts';
import { damageOr, type Opener, openObject } from '../streams/open.ts';
import type { RestoreRun } from './context.ts';

/** Rows of a newer set may lie in a partition that the older structure does not have yet. */
export function writingFailure(what: string, error: unknown): DatabaseFailedError {
  const homeless = error instanceof pg.DatabaseError && error.routine === 'ExecFindPartition';
  return homeless
    ? new DatabaseFailedError(
        `writing ${what}`,
        error,
        'a partition was added after the whole set was made: restore that set alone by its id, or give an --at before the change',
      )
    : new DatabaseFailedError(`writing ${what}`, error);
}

/** COPY of one slice, in a transaction of its own: an object that proves damaged leaves no row behind. */
export async function restoreSlice(
  run: RestoreRun,
  opener: Opener,
  object: SetObject,
  { schema, name: table, columns }: TableName & { readonly columns?: readonly string[] },
): Promise<void> {
  const list = (columns ?? columnsOf(run, schema, table)).map((name) => pg.escapeIdentifier(name)).join(', ');
  await copyRows(run, opener, object, {
    what: `${schema}.${table}`,
    into: `${qualify(schema, table)} (${list})`,
  });
}

/** Where rows go to, and what is done in the session around the COPY. */
export interface CopyTarget {
  /** The table, for messages. */
  readonly what: string;
  /** Table and columns in SQL. */
  readonly into: string;
  before?(client: pg.Client): Promise<unknown>;
  after?(client: pg.Client): Promise<unknown>;
}

/** COPY of one object in a session of its own; `after` runs once all of it is proved and written. */
export async function copyRows(
  run: RestoreRun,
  opener: Opener,
  object: SetObject,
  { what, into, before, after }: CopyTarget,
): Promise<void> {
  const client = await connect(run.target, run.signal);
  try {
    await client.query('SET synchronous_commit = off');
    await before?.(client);
    const copy = client.query(copyFrom(`COPY ${into} FROM STDIN`));
    const plain = openObject(opener, object, (bytes) => run.reporter.advance(bytes));
    await pipeline(plain, copy, { signal: run.signal });
    await after?.(client);
    run.reporter.tableDone();
  } catch (error) {
    if (error instanceof ProductError) throw error;
    const failure = writingFailure(what, error);
    throw error instanceof pg.DatabaseError ? await damageOr(failure, opener, object) : failure;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Slices of the tables that are wanted, largest first. */
export function slicesOf(objects: readonly SetObject[], wanted: (table: TableName) => boolean): SetObject[] {
  return objects
    .filter((object) => object.slice !== undefined && wanted(sliceTable(object)))
    .sort((a, b) => b.plain.bytes - a.plain.bytes);
}

export function sliceTable({ slice }: SetObject): TableName {
  return { schema: slice?.schema ?? '', name: slice?.table ?? '' };
}

function columnsOf({ manifest }: RestoreRun, schema: string, name: string): readonly string[] {
  return manifest.tables.find((entry) => entry.schema === schema && entry.name === name)?.columns ?? [];
}
