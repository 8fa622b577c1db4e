import { keyOf, nameOf } from '../../../../core/table-names.ts';
import { type Arrow, dependencyOrder, type Ring } from './dependency-order.ts';
import { filterByParent } from './key-filter.ts';
import { refersTo } from './orphans.ts';
import type { RowFilter } from './row-filter.ts';
import type { SetTable } from './set-tables.ts';
import type { TargetForeignKey } from './target-keys.ts';
import { list } from './unit.ts';
import type { Workbench } from './workbench.ts';

/** Tables that may have a part in what hangs on some rows, and how. */
export interface Below {
  readonly rings: readonly Ring[];
  /** Foreign keys whose tables are both in the set. */
  readonly keys: readonly TargetForeignKey[];
  /** Tables that hang on others and are not in the set, one phrase each. */
  readonly lacking: readonly string[];
}

/** What may hang on rows of these tables, before a row is read. */
export function tablesBelow(bench: Workbench, tables: readonly SetTable[]): Below {
  const keys = bench.foreignKeys.filter(({ child, parent }) => bench.inSet(child) && bench.inSet(parent));
  const arrows: Arrow[] = keys.map(({ child, parent }) => ({ parent: keyOf(parent), child: keyOf(child) }));
  const rings = dependencyOrder(tables.map(keyOf), arrows);
  const reached = new Set(rings.flatMap(({ members }) => members));
  const lacking = bench.foreignKeys.flatMap(({ parent, child, columns }) =>
    reached.has(keyOf(parent)) && bench.inSet(child) === undefined
      ? [`${nameOf(child)} (${columns.map((column) => column.child).join(', ')})`]
      : [],
  );
  return { rings, keys, lacking: [...new Set(lacking)].sort() };
}

/** True for a table that hangs on none of those below, itself included. */
export function isAbove({ rings, keys }: Below, table: string): boolean {
  const reached = new Set(rings.flatMap(({ members }) => members));
  return !keys.some(({ child, parent }) => keyOf(child) === table && reached.has(keyOf(parent)));
}

/**
 * Marks the rows of the set that hang on marked ones along the target's foreign keys: composite ones, those of a table to
 * itself and circles included. A table is read when all above it is known, and of large ones only the rows that hang on
 * what is marked get as far as the database.
 * @param sparing whether only such rows may be read: not where others of these tables may be needed later
 */
export async function chooseDependents(
  bench: Workbench,
  { rings, keys }: Below,
  sparing: boolean,
): Promise<void> {
  for (const ring of rings) {
    const into = keys.filter(({ child }) => ring.members.includes(keyOf(child)));
    await stageRing(bench, rings, ring, into, sparing);
    const outside = into.filter(({ parent }) => !ring.members.includes(keyOf(parent)));
    for (const key of outside) await markChildren(bench, key, undefined);
    if (ring.circular)
      await goRound(
        bench,
        into.filter((key) => !outside.includes(key)),
      );
  }
}

async function stageRing(
  bench: Workbench,
  rings: readonly Ring[],
  ring: Ring,
  into: readonly TargetForeignKey[],
  sparing: boolean,
): Promise<void> {
  const above = into.filter(({ parent }) => bench.unitOf(parent) !== undefined);
  // nothing marked that it could hang on: not even its objects are asked for
  const needed = await anyMarked(bench, above);
  const tables = bench.tablesInSet(ring.members).filter((table) => bench.unitOf(table) === undefined);
  if (!needed || tables.length === 0) return;
  const filters = new Map<string, readonly RowFilter[]>();
  const [only] = tables;
  if (sparing && !ring.circular && only !== undefined) {
    const found = await filtersOf(bench, only, above);
    if (found !== undefined) filters.set(keyOf(only), found);
  }
  await bench.stage([...tables, ...restWith(bench, rings, tables)], true, (table) =>
    filters.get(keyOf(table)),
  );
}

/** With a table of the rest archive all others of it that may be needed: it can only be read as a whole. */
function restWith(bench: Workbench, rings: readonly Ring[], tables: readonly SetTable[]): SetTable[] {
  const inRest = ({ entries }: SetTable) => entries.some(({ storedIn }) => storedIn === 'rest');
  if (!tables.some(inRest)) return [];
  const given = new Set(tables.map(keyOf));
  const all = bench.tablesInSet(rings.flatMap(({ members }) => members));
  return all.filter((table) => inRest(table) && !given.has(keyOf(table)));
}

async function anyMarked(bench: Workbench, keys: readonly TargetForeignKey[]): Promise<boolean> {
  for (const { parent } of keys) {
    const { rowCount } = await bench.run.client.query(`SELECT FROM ${bench.unitOf(parent)?.chosen} LIMIT 1`);
    if (rowCount === 1) return true;
  }
  return false;
}

/** Nothing where values of some key cannot be told apart by their text. */
async function filtersOf(
  bench: Workbench,
  table: SetTable,
  keys: readonly TargetForeignKey[],
): Promise<readonly RowFilter[] | undefined> {
  const filters: RowFilter[] = [];
  for (const key of keys) {
    const parent = bench.unitOf(key.parent);
    const filter = parent === undefined ? undefined : await filterByParent(bench.run, key, parent, table);
    if (filter === undefined) return undefined;
    filters.push(filter);
  }
  return filters;
}

/**
 * Marks the children of marked rows.
 * @param round marks made in the round before it count; nothing for all
 */
async function markChildren(
  bench: Workbench,
  key: TargetForeignKey,
  round: number | undefined,
): Promise<number> {
  const parent = bench.unitOf(key.parent);
  const child = bench.unitOf(key.child);
  if (parent === undefined || child === undefined) return 0;
  const marked = round === undefined ? '' : `WHERE chosen.round = ${round - 1}`;
  const { rowCount } = await bench.run.client.query(
    `INSERT INTO ${child.chosen} SELECT DISTINCT c.ctid, ${round ?? 0} FROM ${child.stage.relation} AS c
     JOIN (SELECT s.* FROM ${parent.stage.relation} AS s JOIN ${parent.chosen} AS chosen
       ON chosen.place = s.ctid ${marked}) AS p ON ${refersTo(key)}
     ON CONFLICT DO NOTHING`,
  );
  return rowCount ?? 0;
}

/** Rounds in which the tables are read whole; then an index is worth its making: a chain may be as long as its table. */
const ROUNDS_WITHOUT_INDEX = 3;

/** Round by round, until nothing more hangs on what the last one has found. */
async function goRound(bench: Workbench, keys: readonly TargetForeignKey[]): Promise<void> {
  for (let round = 1; ; round += 1) {
    if (round === ROUNDS_WITHOUT_INDEX) for (const key of keys) await index(bench, key);
    let found = 0;
    for (const key of keys) found += await markChildren(bench, key, round);
    if (found === 0) return;
  }
}

async function index(bench: Workbench, { child, columns }: TargetForeignKey): Promise<void> {
  const unit = bench.unitOf(child);
  if (unit === undefined) return;
  const names = list(columns.map((column) => column.child));
  await bench.run.client.query(`CREATE INDEX ON ${unit.stage.relation} (${names})`);
  await bench.run.client.query(`CREATE INDEX ON ${unit.chosen} (round)`);
  await bench.run.client.query(`ANALYZE ${unit.chosen}`);
}
