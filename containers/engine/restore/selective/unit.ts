import pg from 'pg';
import type { Strategy } from '../../../../core/restore-request.ts';
import type { ColumnMatch } from './column-match.ts';
import type { Stage } from './stage.ts';
import type { TargetTable } from './target-tables.ts';

/** One table on its way from the set into the target. */
export interface Unit {
  readonly stage: Stage;
  readonly target: TargetTable;
  readonly columns: ColumnMatch;
  readonly strategy: Exclude<Strategy, 'inspect'>;
  /** Temporary table with the places of the rows that are meant; nothing where all are. */
  readonly chosen: string | undefined;
  /** Temporary table of what has to be done. */
  readonly changes: string;
}

const quoted = (alias: string, name: string) => `${alias}.${pg.escapeIdentifier(name)}`;

/** Rows of the set that are meant, as `s`. */
export function setRows({ stage, chosen }: Unit): string {
  return chosen === undefined
    ? `${stage.relation} AS s`
    : `${stage.relation} AS s JOIN ${chosen} AS chosen ON chosen.place = s.ctid`;
}

/** Rows of the set that are not in the target as they are in the set, as `s`. */
export function changedRows({ stage, changes }: Unit): string {
  return `${stage.relation} AS s JOIN ${changes} AS change ON change.place = s.ctid`;
}

/** True where row `s` of the set and row `t` of the target, or what else it is called, are the same one. */
export function sameRow({ target }: Unit, alias = 't'): string {
  return (target.key ?? [])
    .map(({ name, equals }) => `${quoted('s', name)} ${equals} ${quoted(alias, name)}`)
    .join(' AND ');
}

/** True where they are the same one and hold something else: bit for bit, for not every type knows equality. */
export function differs({ columns }: Unit): string {
  const row = (alias: string) => `ROW(${list(columns.common, alias)})::pg_catalog.record`;
  return `${row('t')} OPERATOR(pg_catalog.*<>) ${row('s')}`;
}

/** Names of columns, quoted, with commas. */
export function list(names: readonly string[], alias?: string): string {
  return names
    .map((name) => (alias === undefined ? pg.escapeIdentifier(name) : quoted(alias, name)))
    .join(', ');
}
