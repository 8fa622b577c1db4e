import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DatabaseFailedError, ProductError, RestoreMismatchError } from '../../../../core/errors/index.ts';
import type { SetObject } from '../../../../core/manifest.ts';
import { keyOf, nameOf, type TableName } from '../../../../core/table-names.ts';
import { damageOr, openObject } from '../../streams/open.ts';
import { sliceTable } from '../slice.ts';
import type { SelectiveRun } from './context.ts';
import { proveTablesReadable } from './readable.ts';
import { restRows } from './rest-rows.ts';
import { type RowFilter, RowSieve } from './row-filter.ts';
import { objectsOf, type SetTable } from './set-tables.ts';

/** Where the rows of one table of the set are put to be looked at. */
export interface Stage {
  readonly table: SetTable;
  /** `pg_temp.stage_1`, or a table of a schema made for looking at. */
  readonly relation: string;
  /** Which of its rows are wanted; nothing where all are. */
  readonly filters?: readonly RowFilter[];
}

/** A column and the type it gets. */
export interface StageColumn {
  readonly name: string;
  readonly type: string;
}

/** Makes the table that takes the rows; nothing is demanded of them there, so whatever was saved fits. */
export async function createStage(
  client: pg.Client,
  relation: string,
  columns: readonly StageColumn[],
): Promise<void> {
  const list = columns.map(({ name, type }) => `${pg.escapeIdentifier(name)} ${type}`).join(', ');
  const kind = relation.startsWith('pg_temp.') ? 'TEMPORARY TABLE' : 'TABLE';
  await client.query(`CREATE ${kind} ${relation} (${list})`);
}

/**
 * Reads the rows of tables into their stages: their slices, and the rest archive once for all that is in it.
 * @throws SetArchivedError before anything is read
 * @throws ObjectDamagedError, RestoreMismatchError when what came is not what the manifest says
 */
export async function fillStages(run: SelectiveRun, stages: readonly Stage[]): Promise<void> {
  const tables = stages.map(({ table }) => table);
  await proveTablesReadable(run, tables);
  const objects = objectsOf(run.manifest, tables);
  const rows = new Map<Stage, bigint>(stages.map((stage) => [stage, 0n]));
  run.reporter.begin(
    objects.reduce((sum, { plain }) => sum + plain.bytes, 0),
    stages.length,
  );
  try {
    for (const object of objects)
      for (const [stage, count] of await fillFrom(run, object, stages))
        rows.set(stage, (rows.get(stage) ?? 0n) + count);
  } finally {
    run.reporter.end();
  }
  proveCounts(run, rows);
  for (const { relation } of stages) await run.client.query(`ANALYZE ${relation}`);
}

function proveCounts({ manifest }: SelectiveRun, rows: ReadonlyMap<Stage, bigint>): void {
  const wrong = Array.from(rows).flatMap(([{ table }, count]) => {
    const expected = table.entries.reduce((sum, entry) => sum + BigInt(entry.rows), 0n);
    return count === expected
      ? []
      : [`${nameOf(table)} has ${count} rows in the objects, expected ${expected}`];
  });
  if (wrong.length > 0)
    throw new RestoreMismatchError(manifest.id, wrong, 'try another set; nothing was changed');
}

type Counted = readonly [Stage, bigint];

async function fillFrom(run: SelectiveRun, object: SetObject, stages: readonly Stage[]): Promise<Counted[]> {
  const plain = openObject(run.opener, object, (bytes) => run.reporter.advance(bytes));
  if (object.slice === undefined) return await fillFromRest(run, object, plain, stages);
  const own = sliceTable(object);
  const stage = stageOf(stages, own);
  const columns = stage.table.entries.find((entry) => keyOf(entry) === keyOf(own))?.columns;
  return [[stage, await copyInto(run, object, stage, columns ?? stage.table.columns, plain)]];
}

/** The stage a table's rows go to: its own or that of its root. */
function stageOf(stages: readonly Stage[], name: TableName): Stage {
  const stage = stages.find(
    ({ table }) =>
      keyOf(table) === keyOf(name) || table.entries.some((entry) => keyOf(entry) === keyOf(name)),
  );
  if (stage === undefined) throw new Error(`nobody asked for ${nameOf(name)}`);
  return stage;
}

async function fillFromRest(
  run: SelectiveRun,
  object: SetObject,
  plain: AsyncIterable<Buffer>,
  stages: readonly Stage[],
): Promise<Counted[]> {
  const wanted = stages.flatMap(({ table }) => table.entries.filter(({ storedIn }) => storedIn === 'rest'));
  const counted: Counted[] = [];
  const { rows } = await run.client.query<{ own: string }>(
    `SELECT pg_catalog.current_setting('client_encoding') AS own`,
  );
  const own = rows[0]?.own ?? 'UTF8';
  for await (const block of restRows(run, object, plain, wanted)) {
    const stage = stageOf(stages, block.table);
    await run.client.query(`SELECT pg_catalog.set_config('client_encoding', $1, false)`, [block.encoding]);
    counted.push([stage, await copyInto(run, object, stage, block.columns, block.rows)]);
    await run.client.query(`SELECT pg_catalog.set_config('client_encoding', $1, false)`, [own]);
    run.reporter.tableDone();
  }
  return counted;
}

async function copyInto(
  run: SelectiveRun,
  object: SetObject,
  { table, relation, filters }: Stage,
  columns: readonly string[],
  rows: AsyncIterable<Buffer>,
): Promise<bigint> {
  const sieve = filters === undefined ? undefined : new RowSieve(columns, filters);
  const list = columns.map((name) => pg.escapeIdentifier(name)).join(', ');
  const copy = run.client.query(copyFrom(`COPY ${relation} (${list}) FROM STDIN`));
  try {
    await pipeline(sieve?.through(rows) ?? rows, copy, { signal: run.signal });
    return sieve?.rows ?? BigInt(copy.rowCount);
  } catch (error) {
    if (error instanceof ProductError) throw error;
    const failure = new DatabaseFailedError(
      `reading the rows of ${nameOf(table)}`,
      error,
      'nothing was changed',
    );
    throw error instanceof pg.DatabaseError ? await damageOr(failure, run.opener, object) : failure;
  }
}
