import pg from 'pg';
import { keyOf, nameOf } from '../../../../core/table-names.ts';
import type { RowCounts } from './changes.ts';
import type { TargetForeignKey } from './target-keys.ts';
import type { TargetTable } from './target-tables.ts';
import { changedRows, list, sameRow, type Unit } from './unit.ts';

/** Rows that refer to what is not there. */
export interface Orphans {
  readonly table: string;
  readonly constraint: string;
  readonly parent: string;
  readonly rows: number;
  /** Values of the referring columns, the first twenty. */
  readonly samples: readonly Record<string, unknown>[];
}

const SAMPLES = 20;

export interface Touched {
  readonly unit: Unit;
  readonly counts: RowCounts;
}

/** What a foreign key is checked with: its two tables, and the temporary table that remembers who was an orphan before. */
export interface KeyCheck {
  readonly key: TargetForeignKey;
  readonly child: TargetTable;
  readonly parent: TargetTable;
  readonly before: string;
}

/** Foreign keys of tables that rows go away from, or that lose a value others may refer to: who refers to them is checked. */
export function losingKeys(
  touched: readonly Touched[],
  keys: readonly TargetForeignKey[],
): TargetForeignKey[] {
  return keys.filter((key) =>
    touched.some(({ unit, counts }) => {
      if (keyOf(unit.target) !== keyOf(key.parent)) return false;
      const kept = new Set((unit.target.key ?? []).map(({ name }) => name));
      return (
        counts.deleted > 0 || (counts.updated > 0 && key.columns.some(({ parent }) => !kept.has(parent)))
      );
    }),
  );
}

/** Remembers the rows of a table that refer to nothing already: those are not ours. */
export async function rememberOrphans(client: pg.Client, check: KeyCheck): Promise<void> {
  await client.query(
    `CREATE TEMPORARY TABLE ${check.before} ON COMMIT DROP AS
     SELECT c.tableoid AS relation, c.ctid AS place FROM ${check.child.from} AS c WHERE ${isOrphan(check)}`,
  );
}

/** Rows of the child that refer to nothing now, and did not before. */
export async function newOrphans(client: pg.Client, check: KeyCheck): Promise<Orphans | undefined> {
  return await sampled(
    client,
    check,
    `${check.child.from} AS c WHERE ${isOrphan(check)} AND NOT EXISTS
      (SELECT FROM ${check.before} AS b WHERE b.relation = c.tableoid AND b.place = c.ctid)`,
  );
}

/** Restored rows that refer to nothing. What they refer to is held until the end of the transaction. */
export async function restoredOrphans(
  client: pg.Client,
  check: KeyCheck,
  unit: Unit,
): Promise<Orphans | undefined> {
  const restored =
    unit.target.key === undefined
      ? `${check.child.from} AS c`
      : `${changedRows(unit)} JOIN ${check.child.from} AS c ON ${sameRow(unit, 'c')}`;
  await client.query(
    `SELECT pg_catalog.count(*) FROM (SELECT FROM ${check.parent.from} AS p
       WHERE EXISTS (SELECT FROM ${restored} WHERE ${refersTo(check.key)}) FOR KEY SHARE OF p) AS held`,
  );
  return await sampled(client, check, `${restored} WHERE ${isOrphan(check)}`);
}

async function sampled(
  client: pg.Client,
  { key, child, parent }: KeyCheck,
  from: string,
): Promise<Orphans | undefined> {
  const values = key.columns
    .map((column) => `${pg.escapeLiteral(column.child)}, ${list([column.child], 'c')}`)
    .join(', ');
  const { rows } = await client.query<{ values: Record<string, unknown>; rows: string }>(
    `SELECT pg_catalog.jsonb_build_object(${values}) AS values, pg_catalog.sum(pg_catalog.count(*)) OVER () AS rows
     FROM ${from} GROUP BY 1 LIMIT ${SAMPLES}`,
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    table: nameOf(child),
    constraint: key.name,
    parent: nameOf(parent),
    rows: Number(first.rows),
    samples: rows.map((row) => row.values),
  };
}

/** True where row `c` refers to row `p`, or what else they are called. */
export function refersTo({ columns }: TargetForeignKey, p = 'p', c = 'c'): string {
  return columns
    .map(({ child, parent, equals }) => `${list([parent], p)} ${equals} ${list([child], c)}`)
    .join(' AND ');
}

/** True where `c` refers at all: a key of several columns with a null in it does not, or must not. */
function isOrphan({ key, parent }: KeyCheck): string {
  const given = key.columns.map(({ child }) => `${list([child], 'c')} IS NOT NULL`);
  const missing = `${given.join(' AND ')} AND NOT EXISTS (SELECT FROM ${parent.from} AS p WHERE ${refersTo(key)})`;
  if (!key.matchFull) return `(${missing})`;
  const none = key.columns.map(({ child }) => `${list([child], 'c')} IS NULL`);
  return `((${missing}) OR NOT (${given.join(' AND ')} OR ${none.join(' AND ')}))`;
}
