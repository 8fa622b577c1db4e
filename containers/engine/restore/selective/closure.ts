import { qualify } from '../../database/session.ts';
import { keyOf, nameOf } from '../../database/table-names.ts';
import { refersTo } from './orphans.ts';
import type { SetTable } from './set-tables.ts';
import type { TargetForeignKey } from './target-keys.ts';
import { list, type Unit } from './unit.ts';
import type { Workbench } from './workbench.ts';

/**
 * Marks, round by round, the rows of the set that hang on marked ones along the target's foreign keys: composite ones,
 * those of a table to itself and circles included, each row once.
 * @returns tables that hang on the rows and are not in the set, one phrase each
 */
export async function chooseDependents(bench: Workbench): Promise<string[]> {
  const lacking = new Set<string>();
  for (let round = 1; ; round += 1) {
    let found = 0;
    for (const key of bench.foreignKeys) {
      const parent = bench.unitOf(key.parent);
      if (parent === undefined || !(await hasRound(bench, parent, round - 1))) continue;
      const table = bench.inSet(key.child);
      if (table === undefined) {
        lacking.add(`${nameOf(key.child)} (${key.columns.map(({ child }) => child).join(', ')})`);
        continue;
      }
      await bench.stage(together(bench, table), true);
      const child = bench.unitOf(key.child);
      if (child !== undefined) found += await chooseChildren(bench, key, parent, child, round);
    }
    if (found === 0) return [...lacking].sort();
  }
}

/** With a table of the rest archive all others of it that may be needed: it has to be read as a whole. */
function together(bench: Workbench, table: SetTable): SetTable[] {
  const inRest = ({ entries }: SetTable) => entries.some(({ storedIn }) => storedIn === 'rest');
  if (!inRest(table)) return [table];
  const reached = new Map([[keyOf(table), table]]);
  for (const from of reached.values())
    for (const { parent, child } of bench.foreignKeys) {
      const below = keyOf(parent) === keyOf(from) ? bench.inSet(child) : undefined;
      if (below !== undefined) reached.set(keyOf(below), below);
    }
  return [table, ...[...reached.values()].filter((other) => other !== table && inRest(other))];
}

async function hasRound({ run }: Workbench, { chosen }: Unit, round: number): Promise<boolean> {
  const { rowCount } = await run.client.query(`SELECT FROM ${chosen} WHERE round = ${round} LIMIT 1`);
  return rowCount === 1;
}

async function chooseChildren(
  { run }: Workbench,
  key: TargetForeignKey,
  parent: Unit,
  child: Unit,
  round: number,
): Promise<number> {
  const { rowCount } = await run.client.query(
    `INSERT INTO ${child.chosen} SELECT DISTINCT c.ctid, ${round} FROM ${child.stage.relation} AS c
     JOIN (SELECT s.* FROM ${parent.stage.relation} AS s JOIN ${parent.chosen} AS chosen
       ON chosen.place = s.ctid WHERE chosen.round = ${round - 1}) AS p ON ${refersTo(key)}
     ON CONFLICT DO NOTHING`,
  );
  return rowCount ?? 0;
}

/** Marks the rows of the set that rows to restore refer to and the target lacks, and what those refer to in turn. */
export async function chooseParents(bench: Workbench): Promise<void> {
  for (let found = 1; found > 0; ) {
    found = 0;
    for (const key of bench.foreignKeys) {
      const child = bench.unitOf(key.child);
      if (child === undefined || !(await refersToMissing(bench, key, child))) continue;
      const table = bench.inSet(key.parent);
      if (table === undefined) continue;
      await bench.stage([table], true);
      const parent = bench.unitOf(key.parent);
      if (parent?.chosen !== undefined) found += await chooseMissing(bench, key, child, parent);
    }
  }
}

/** Rows of the set that are meant, as `c`. */
function meant({ stage, chosen }: Unit): string {
  return chosen === undefined
    ? `${stage.relation} AS c`
    : `${stage.relation} AS c JOIN ${chosen} AS meant ON meant.place = c.ctid`;
}

/** True where `c` refers to a row that is neither in the target nor meant itself. */
function refersToNothing(bench: Workbench, key: TargetForeignKey): string {
  const unit = bench.unitOf(key.parent);
  const target = qualify(key.parent.schema, key.parent.name);
  const given = key.columns.map(({ child }) => `${list([child], 'c')} IS NOT NULL`).join(' AND ');
  const among = (from: string) => `NOT EXISTS (SELECT FROM ${from} WHERE ${refersTo(key)})`;
  const marked =
    unit === undefined
      ? []
      : [
          among(
            unit.chosen === undefined
              ? `${unit.stage.relation} AS p`
              : `${unit.stage.relation} AS p JOIN ${unit.chosen} AS chosen ON chosen.place = p.ctid`,
          ),
        ];
  return [given, among(`${target} AS p`), ...marked].join(' AND ');
}

async function refersToMissing(bench: Workbench, key: TargetForeignKey, child: Unit): Promise<boolean> {
  const { rowCount } = await bench.run.client.query(
    `SELECT FROM ${meant(child)} WHERE ${refersToNothing(bench, key)} LIMIT 1`,
  );
  return rowCount === 1;
}

async function chooseMissing(
  bench: Workbench,
  key: TargetForeignKey,
  child: Unit,
  parent: Unit,
): Promise<number> {
  const { rowCount } = await bench.run.client.query(
    `INSERT INTO ${parent.chosen} SELECT DISTINCT q.ctid, -1 FROM ${parent.stage.relation} AS q
     JOIN (SELECT c.* FROM ${meant(child)} WHERE ${refersToNothing(bench, key)}) AS c
       ON ${refersTo(key, 'q')}
     ON CONFLICT DO NOTHING`,
  );
  return rowCount ?? 0;
}
