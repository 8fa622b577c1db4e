import { qualify } from '../../database/session.ts';
import { refersTo } from './orphans.ts';
import type { TargetForeignKey } from './target-keys.ts';
import { list, type Unit } from './unit.ts';
import type { Workbench } from './workbench.ts';

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
