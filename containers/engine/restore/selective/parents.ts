import { qualify } from '../../database/session.ts';
import { refersTo } from './orphans.ts';
import type { TargetForeignKey } from './target-keys.ts';
import { list, type Unit } from './unit.ts';
import type { Workbench } from './workbench.ts';

/** Rounds in which the tables are read whole; then an index is worth its making: a chain may be as long as its table. */
const ROUNDS_WITHOUT_INDEX = 3;

/**
 * Marks the rows of the set that rows to restore refer to and the target lacks, and what those refer to in turn: first for
 * all rows, then, round by round, for those that the last one has found.
 */
export async function chooseParents(bench: Workbench): Promise<void> {
  for (let round = 0; ; round += 1) {
    let found = 0;
    for (const key of bench.foreignKeys) {
      const child = bench.unitOf(key.child);
      const rows = child === undefined ? undefined : rowsOfRound(child, round);
      if (rows === undefined || !(await anyMissing(bench, key, rows))) continue;
      const table = bench.inSet(key.parent);
      if (table === undefined) continue;
      await bench.stage([table], true);
      const parent = bench.unitOf(key.parent);
      // of a table that is restored as a whole every row comes anyway
      if (parent?.chosen === undefined) continue;
      if (round === ROUNDS_WITHOUT_INDEX) await index(bench, key, parent);
      found += await chooseMissing(bench, key, rows, parent, round + 1);
    }
    if (found === 0) return;
  }
}

/** Marks of what is referred to are below zero, so that they are told from those of what hangs on rows. */
const markOf = (round: number) => -round;

/** Rows whose parents are looked for, as `c`: in the first round all that are meant, then those of the round before. */
function rowsOfRound({ stage, chosen }: Unit, round: number): string | undefined {
  if (chosen === undefined) return round === 0 ? `${stage.relation} AS c` : undefined;
  const marked = round === 0 ? '' : ` AND meant.round = ${markOf(round)}`;
  return `${stage.relation} AS c JOIN ${chosen} AS meant ON meant.place = c.ctid${marked}`;
}

/** True where `c` refers to a row that is neither in the target nor meant itself. */
function refersToNothing(bench: Workbench, key: TargetForeignKey): string {
  const unit = bench.unitOf(key.parent);
  const given = key.columns.map(({ child }) => `${list([child], 'c')} IS NOT NULL`).join(' AND ');
  const among = (from: string) => `NOT EXISTS (SELECT FROM ${from} WHERE ${refersTo(key)})`;
  const marked = unit?.chosen === undefined ? '' : ` JOIN ${unit.chosen} AS chosen ON chosen.place = p.ctid`;
  return [
    given,
    among(`${qualify(key.parent.schema, key.parent.name)} AS p`),
    ...(unit === undefined ? [] : [among(`${unit.stage.relation} AS p${marked}`)]),
  ].join(' AND ');
}

async function anyMissing(bench: Workbench, key: TargetForeignKey, rows: string): Promise<boolean> {
  const { rowCount } = await bench.run.client.query(
    `SELECT FROM ${rows} WHERE ${refersToNothing(bench, key)} LIMIT 1`,
  );
  return rowCount === 1;
}

async function chooseMissing(
  bench: Workbench,
  key: TargetForeignKey,
  rows: string,
  parent: Unit,
  round: number,
): Promise<number> {
  const { rowCount } = await bench.run.client.query(
    `INSERT INTO ${parent.chosen} SELECT DISTINCT q.ctid, ${markOf(round)} FROM ${parent.stage.relation} AS q
     JOIN (SELECT c.* FROM ${rows} WHERE ${refersToNothing(bench, key)}) AS c ON ${refersTo(key, 'q')}
     ON CONFLICT DO NOTHING`,
  );
  return rowCount ?? 0;
}

async function index(
  { run }: Workbench,
  { columns }: TargetForeignKey,
  { stage, chosen }: Unit,
): Promise<void> {
  await run.client.query(`CREATE INDEX ON ${stage.relation} (${list(columns.map(({ parent }) => parent))})`);
  await run.client.query(`CREATE INDEX ON ${chosen} (round)`);
  await run.client.query(`ANALYZE ${chosen}`);
}
