import { keyOf, nameOf } from '../../../../core/table-names.ts';
import { qualify } from '../../database/session.ts';
import type { Workbench } from './workbench.ts';

/**
 * Partitions that held rows of these tables when the set was made and are none of them now, one sentence each: their rows
 * go where the tree has a place for them, if it has one.
 */
export async function lostPartitions(bench: Workbench): Promise<string[]> {
  const lost: string[] = [];
  for (const { stage, target } of bench.units) {
    const { entries } = stage.table;
    if (bench.recreation?.includes(target) || !entries.some((entry) => keyOf(entry) !== keyOf(target)))
      continue;
    const { rows } = await bench.run.client.query<{ schema: string; name: string }>(
      `SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_partition_tree($1::pg_catalog.regclass) AS t
       JOIN pg_catalog.pg_class c ON c.oid = t.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
      [qualify(target.schema, target.name)],
    );
    const present = new Set(rows.map(keyOf));
    const gone = entries.filter((entry) => !present.has(keyOf(entry)));
    lost.push(
      ...gone.map(
        (entry) =>
          `${nameOf(entry)} is no partition of ${nameOf(target)} any more: its rows go into others; ` +
          'where it was dropped, bring it back first by its own name',
      ),
    );
  }
  return lost;
}
