import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { reason, UsageError } from '../../../../core/errors/index.ts';
import type { RowKey } from '../../../../core/row-selection.ts';
import { nameOf } from '../../../../core/table-names.ts';
import type { SelectiveRun } from './context.ts';
import type { RowFilter } from './row-filter.ts';
import type { SetTable } from './set-tables.ts';
import type { TargetForeignKey } from './target-keys.ts';
import type { TargetTable } from './target-tables.ts';
import { list, type Unit } from './unit.ts';

/** Types of which two values are equal exactly where their texts are, by the family within which that holds. */
const TELLING: readonly [RegExp, string][] = [
  [/^(smallint|integer|bigint)$/, 'integer'],
  [/^(text|character varying(\(\d+\))?)$/, 'text'],
  [/^(uuid|date|boolean|timestamp(\(\d\))? with(out)? time zone)$/, ''],
];

function familyOf(type: string | undefined): string | undefined {
  if (type === undefined) return undefined;
  const [, family] = TELLING.find(([pattern]) => pattern.test(type)) ?? [];
  return family === '' ? type : family;
}

/** True where a value of one column is the same as one of another exactly where their texts are. */
function textTells(target: TargetTable, column: string, set: SetTable, other: string): boolean {
  const found = target.columns.find(({ name }) => name === column);
  const family = familyOf(found?.type);
  const saved = familyOf(set.columnTypes[set.columns.indexOf(other)]);
  return found?.deterministic === true && family !== undefined && family === saved;
}

/** More values than this are not worth keeping at hand. */
const MOST_KEYS = 200_000;

/**
 * A filter for the rows of a child that refer to marked rows of a parent.
 * @returns nothing where texts do not tell, or where there are too many
 */
export async function filterByParent(
  run: SelectiveRun,
  { columns }: TargetForeignKey,
  parent: Unit,
  child: SetTable,
): Promise<RowFilter | undefined> {
  if (!columns.every((column) => textTells(parent.target, column.parent, child, column.child)))
    return undefined;
  const values = list(
    columns.map((column) => column.parent),
    's',
  );
  const marked = `${parent.stage.relation} AS s JOIN ${parent.chosen} AS chosen ON chosen.place = s.ctid`;
  const copy = copyTo(`COPY (SELECT DISTINCT ${values} FROM ${marked} LIMIT ${MOST_KEYS + 1}) TO STDOUT`);
  const lines = run.client.query(copy).setEncoding('utf8');
  let text = '';
  for await (const chunk of lines) text += chunk;
  const keys = text.split('\n').slice(0, -1);
  if (keys.length > MOST_KEYS) return undefined;
  return { columns: columns.map((column) => column.child), keys: new Set(keys) };
}

/**
 * A filter for rows by the values somebody typed, as the server writes them.
 * @returns nothing where texts do not tell
 * @throws UsageError when a value is none of its column's type
 */
export async function filterByKey(
  { client }: SelectiveRun,
  { values }: RowKey,
  target: TargetTable,
  set: SetTable,
): Promise<RowFilter | undefined> {
  const columns = [...values.keys()];
  if (!columns.every((name) => textTells(target, name, set, name))) return undefined;
  const types = new Map(target.columns.map(({ name, type }) => [name, type]));
  // as its type writes it, which is what COPY does; a cast to text may write something else
  const written = columns.map(
    (name, i) => `pg_catalog.format('%s', ($${i + 1}::pg_catalog.text)::${types.get(name)})`,
  );
  try {
    const { rows } = await client.query<{ list: string[] }>(`SELECT ARRAY[${written.join(', ')}] AS list`, [
      ...values.values(),
    ]);
    // what COPY would escape is not in many keys, and the others need no filter
    const list = rows[0]?.list ?? [];
    return list.some((value) => /[\\\n\r\t]/.test(value))
      ? undefined
      : { columns, keys: new Set([list.join('\t')]) };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new UsageError(`a value given for ${nameOf(set)} is none of its column's type: ${reason(error)}`);
  }
}
