import pg from 'pg';
import { NoSuchRowError, reason, UsageError } from '../../../../core/errors/index.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import {
  parseRowCondition,
  parseRowKey,
  type RowCondition,
  type RowKey,
} from '../../../../core/row-selection.ts';
import { keyOf, nameOf } from '../../../../core/table-names.ts';
import { filterByKey } from './key-filter.ts';
import type { RowFilter } from './row-filter.ts';
import { findTable, type SetTable } from './set-tables.ts';
import { readTargetTables } from './target-tables.ts';
import type { Unit } from './unit.ts';
import type { Workbench } from './workbench.ts';

interface Asked<Form> {
  readonly text: string;
  readonly table: SetTable;
  readonly form: Form;
}

/** Rows somebody asked for, before anything is read. */
export interface AskedRows {
  readonly keys: readonly Asked<RowKey>[];
  readonly conditions: readonly Asked<RowCondition>[];
  /** Tables they are of. */
  readonly tables: readonly SetTable[];
}

/** @throws UsageError, NoSuchTableError when the set has no such table or column */
export function askedRows({ run }: Workbench, { rows = [], where = [] }: RestoreRequest): AskedRows {
  const asked = <Form extends { table: string }>(text: string, form: Form): Asked<Form> => ({
    text,
    form,
    table: findTable(run.manifest, form.table),
  });
  const keys = rows.map((text) => asked(text, parseRowKey(text)));
  const conditions = where.map((text) => asked(text, parseRowCondition(text)));
  for (const { table, form } of keys) refuseUnknownColumns(table, form);
  return { keys, conditions, tables: unique([...keys, ...conditions].map(({ table }) => table)) };
}

/**
 * Stages the tables that rows are asked of, and marks those rows.
 * @param sparing tables of which no other rows will be needed, by `keyOf`
 * @throws NoSuchRowError when the set has none that fits
 * @throws UsageError when a value or condition is none for the columns
 */
export async function chooseRows(
  bench: Workbench,
  { keys, conditions, tables }: AskedRows,
  sparing: ReadonlySet<string>,
): Promise<void> {
  const filters = new Map<string, readonly RowFilter[]>();
  const targets = await readTargetTables(bench.run.client, tables);
  for (const table of tables) {
    const target = targets.get(keyOf(table));
    if (
      target === undefined ||
      !sparing.has(keyOf(table)) ||
      conditions.some((asked) => keyOf(asked.table) === keyOf(table))
    )
      continue;
    const forms = keys.filter((asked) => keyOf(asked.table) === keyOf(table));
    const found: (RowFilter | undefined)[] = [];
    for (const { form } of forms) found.push(await filterByKey(bench.run, form, target, table));
    if (found.every((filter) => filter !== undefined)) filters.set(keyOf(table), found);
  }
  await bench.stage(tables, true, (table) => filters.get(keyOf(table)));
  for (const { text, table, form } of keys) await mark(bench, text, table, (unit) => byKey(unit, form));
  for (const { text, table, form } of conditions)
    await mark(bench, text, table, (unit) => byCondition(unit, form));
}

function unique(tables: readonly SetTable[]): SetTable[] {
  return [...new Map(tables.map((table) => [keyOf(table), table])).values()];
}

function refuseUnknownColumns(table: SetTable, { values }: RowKey): void {
  for (const name of values.keys())
    if (!table.columns.includes(name))
      throw new UsageError(
        `${nameOf(table)} has no column ${name} in the set; it has ${table.columns.join(', ')}`,
      );
}

interface Query {
  readonly text: string;
  readonly values: string[];
}

/** The condition reads nothing but the rows of the set, and may change nothing: neither may a function it calls. */
async function mark(
  bench: Workbench,
  text: string,
  table: SetTable,
  condition: (unit: Unit) => Query,
): Promise<void> {
  const unit = bench.unitOf(table);
  if (unit === undefined) throw new Error(`${nameOf(table)} is not staged`);
  const { client } = bench.run;
  const { text: where, values } = condition(unit);
  const alias = pg.escapeIdentifier(table.name);
  await client.query('BEGIN TRANSACTION READ ONLY');
  try {
    const { rowCount } = await client.query({
      // of its own line, so that a comment at its end closes nothing but itself
      text: `INSERT INTO ${unit.chosen} SELECT ${alias}.ctid, 0 FROM ${unit.stage.relation} AS ${alias} WHERE (\n${where}\n) ON CONFLICT DO NOTHING`,
      values,
      // one statement, whatever is in it
      queryMode: 'extended',
    } as pg.QueryConfig);
    await client.query('COMMIT');
    if (rowCount === 0 && !(await isChosen(bench, unit, alias, where, values)))
      throw new NoSuchRowError(text, bench.run.manifest.id);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new UsageError(`${JSON.stringify(text)} cannot be read by the server: ${reason(error)}`);
  }
}

/** Rows that were asked for before are found, too. */
async function isChosen(
  { run }: Workbench,
  unit: Unit,
  alias: string,
  where: string,
  values: readonly string[],
): Promise<boolean> {
  const { rowCount } = await run.client.query(
    `SELECT FROM ${unit.stage.relation} AS ${alias} WHERE (\n${where}\n) LIMIT 1`,
    [...values],
  );
  return rowCount === 1;
}

function byKey({ stage, target }: Unit, { values }: RowKey): Query {
  const alias = pg.escapeIdentifier(stage.table.name);
  const types = new Map(target.columns.map(({ name, type }) => [name, type]));
  const operators = new Map((target.key ?? []).map(({ name, equals }) => [name, equals]));
  const conditions = [...values.keys()].map((name, i) => {
    const type = types.get(name) ?? 'pg_catalog.text';
    const equals = operators.get(name) ?? 'OPERATOR(pg_catalog.=)';
    return `${alias}.${pg.escapeIdentifier(name)} ${equals} ($${i + 1}::pg_catalog.text)::${type}`;
  });
  return { text: conditions.join(' AND '), values: [...values.values()] };
}

function byCondition(_: Unit, { condition }: RowCondition): Query {
  return { text: condition, values: [] };
}
