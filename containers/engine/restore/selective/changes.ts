import type pg from 'pg';
import { NoKeyError, RestoreMismatchError } from '../../../../core/errors/index.ts';
import { nameOf } from '../../../../core/table-names.ts';
import type { SelectiveRun } from './context.ts';
import { changedRows, differs, list, sameRow, setRows, type Unit } from './unit.ts';

/** What becomes of the rows of one table. */
export interface RowCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
}

/** Finds out what has to be done to a table, and notes it in the unit's table of changes. Within the transaction that may do it. */
export async function findChanges(client: pg.Client, unit: Unit): Promise<RowCounts> {
  if (unit.target.key !== undefined) return await byKey(client, unit);
  // what cannot be told apart cannot be merged: it would all be taken for surplus
  if (unit.strategy !== 'replace') throw new NoKeyError([nameOf(unit.target)]);
  return await wholeTable(client, unit);
}

async function byKey(client: pg.Client, unit: Unit): Promise<RowCounts> {
  const { target, changes, strategy, stage } = unit;
  await client.query(
    `CREATE TEMPORARY TABLE ${changes} ON COMMIT DROP AS
     SELECT s.ctid AS place, t.ctid IS NULL AS missing
     FROM ${setRows(unit)} LEFT JOIN ${target.from} AS t ON ${sameRow(unit)}
     WHERE t.ctid IS NULL OR ${differs(unit)}`,
  );
  await client.query(`ANALYZE ${changes}`);
  const found = await one<{ inserted: string; updated: string }>(
    client,
    `SELECT pg_catalog.count(*) FILTER (WHERE missing) AS inserted, pg_catalog.count(*) FILTER (WHERE NOT missing) AS updated FROM ${changes}`,
  );
  const total = await count(client, `SELECT pg_catalog.count(*) AS n FROM ${setRows(unit)}`);
  const deleted =
    strategy === 'replace'
      ? await count(
          client,
          `SELECT pg_catalog.count(*) AS n FROM ${target.from} AS t WHERE ${notInSet(unit, stage.relation)}`,
        )
      : 0;
  const inserted = Number(found.inserted);
  const updated = Number(found.updated);
  return { inserted, updated, unchanged: total - inserted - updated, deleted };
}

/** Without a key rows cannot be told apart: the table is what it was, or all of it is replaced. */
async function wholeTable(client: pg.Client, unit: Unit): Promise<RowCounts> {
  const { target, changes, stage } = unit;
  const total = await count(client, `SELECT pg_catalog.count(*) AS n FROM ${setRows(unit)}`);
  const same = (await bagDifference(client, unit)) === 0;
  await client.query(
    `CREATE TEMPORARY TABLE ${changes} ON COMMIT DROP AS SELECT s.ctid AS place, true AS missing FROM ${stage.relation} AS s WHERE ${!same}`,
  );
  if (same) return { inserted: 0, updated: 0, unchanged: total, deleted: 0 };
  const deleted = await count(client, `SELECT pg_catalog.count(*) AS n FROM ${target.from} AS t`);
  return { inserted: total, updated: 0, unchanged: 0, deleted };
}

/** Takes away what has to go and puts in what has to come. Foreign keys and triggers are asleep meanwhile. */
export async function applyChanges(client: pg.Client, unit: Unit, counts: RowCounts): Promise<void> {
  const { target, columns, stage } = unit;
  if (target.key === undefined) {
    if (counts.deleted > 0) await client.query(`DELETE FROM ${target.from} AS t`);
    await client.query(insertFrom(unit, changedRows(unit), []));
    return;
  }
  if (counts.deleted > 0)
    await client.query(`DELETE FROM ${target.from} AS t WHERE ${notInSet(unit, stage.relation)}`);
  if (counts.updated > 0) {
    const kept = `${unit.changes}_kept`;
    await client.query(
      `CREATE TEMPORARY TABLE ${kept} ON COMMIT DROP AS SELECT change.place${columns.onlyInTarget.map((name) => `, ${list([name], 't')}`).join('')}
       FROM ${changedRows(unit)} JOIN ${target.from} AS t ON ${sameRow(unit)} WHERE NOT change.missing`,
    );
    // taken out and put in again, not updated: two rows may have exchanged a value that is unique
    await client.query(
      `DELETE FROM ${target.from} AS t USING ${changedRows(unit)} WHERE NOT change.missing AND ${sameRow(unit)}`,
    );
    await client.query(
      insertFrom(unit, `${stage.relation} AS s JOIN ${kept} AS t ON t.place = s.ctid`, columns.onlyInTarget),
    );
  }
  await client.query(insertFrom(unit, `${changedRows(unit)} AND change.missing`, []));
}

/** @param others columns that keep what they had, from `t` */
function insertFrom({ target, columns }: Unit, from: string, others: readonly string[]): string {
  const names = [...columns.common, ...others];
  const values = [list(columns.common, 's'), ...(others.length > 0 ? [list(others, 't')] : [])].join(', ');
  return `INSERT INTO ${target.into} (${list(names)}) OVERRIDING SYSTEM VALUE SELECT ${values} FROM ${from}`;
}

function notInSet(unit: Unit, relation: string): string {
  return `NOT EXISTS (SELECT FROM ${relation} AS s WHERE ${sameRow(unit)})`;
}

/**
 * Proves, before anything is committed, that the rows are in the target as they are in the set, and no others where the
 * table was replaced.
 * @throws RestoreMismatchError when a trigger that would not sleep, or a type that does not keep its values, has changed one
 */
export async function proveApplied(run: SelectiveRun, unit: Unit): Promise<void> {
  const { client } = run;
  const { target, strategy, stage } = unit;
  const left =
    target.key === undefined
      ? await bagDifference(client, unit)
      : await count(
          client,
          `SELECT pg_catalog.count(*) AS n FROM ${setRows(unit)} LEFT JOIN ${target.from} AS t ON ${sameRow(unit)}
           WHERE t.ctid IS NULL OR ${differs(unit)}`,
        );
  const foreign =
    strategy === 'replace' && target.key !== undefined
      ? await count(
          client,
          `SELECT pg_catalog.count(*) AS n FROM ${target.from} AS t WHERE ${notInSet(unit, stage.relation)}`,
        )
      : 0;
  if (left + foreign === 0) return;
  throw new RestoreMismatchError(
    run.manifest.id,
    [`${nameOf(target)} has ${left} rows other than in the set and ${foreign} that are not in it`],
    'nothing was changed; look for triggers and rules of the table',
  );
}

/** Rows that one side has more often than the other, as texts. */
async function bagDifference(client: pg.Client, unit: Unit): Promise<number> {
  const rows = (from: string, alias: string) =>
    `SELECT ROW(${list(unit.columns.common, alias)})::pg_catalog.text AS row FROM ${from}`;
  const [set, target] = [rows(setRows(unit), 's'), rows(`${unit.target.from} AS t`, 't')];
  return await count(
    client,
    `SELECT pg_catalog.count(*) AS n FROM ((${set} EXCEPT ALL ${target}) UNION ALL (${target} EXCEPT ALL ${set})) AS difference`,
  );
}

async function one<T extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<T> {
  const { rows } = await client.query<T>(sql);
  return rows[0] as T;
}

/** @param sql gives one number named `n` */
export async function count(client: pg.Client, sql: string): Promise<number> {
  return Number((await one<{ n: string }>(client, sql)).n);
}
