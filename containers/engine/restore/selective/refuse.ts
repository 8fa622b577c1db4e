import {
  ColumnsUnmatchedError,
  NoKeyError,
  UnreadableTablesError,
  UnsuitableSetError,
  UnsuitableTargetError,
} from '../../../../core/errors/index.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import { nameOf } from '../../../../core/table-names.ts';
import type { Unit } from './unit.ts';

/**
 * Refuses, before a row is read, what could not be done properly.
 * @throws ColumnsUnmatchedError, NoKeyError, UnreadableTablesError, UnsuitableSetError, UnsuitableTargetError
 */
export function refuseUnfit(units: readonly Unit[], { allowUnmatched }: RestoreRequest): void {
  const unmatched = units.flatMap(unmatchedColumns);
  if (unmatched.length > 0 && !allowUnmatched) throw new ColumnsUnmatchedError(unmatched);
  const keyless = units.filter(({ strategy, target }) => strategy === 'merge' && target.key === undefined);
  if (keyless.length > 0) throw new NoKeyError(keyless.map(({ target }) => nameOf(target)));
  for (const { target, columns } of units) {
    const lost = (target.key ?? []).filter(({ name }) => !columns.common.includes(name));
    if (lost.length > 0)
      throw new UnsuitableTargetError(
        `${nameOf(target)} tells its rows apart by ${lost.map(({ name }) => name).join(', ')}, which the set does not have; use --strategy inspect`,
      );
    if (target.filtered) throw new UnreadableTablesError('of the restore', [], [nameOf(target)]);
    if (target.lacks.length > 0)
      throw new UnsuitableTargetError(
        `the role that restores has no ${target.lacks.join(', ')} on ${nameOf(target)}; grant it, or use the table's owner`,
      );
  }
  const partial = units.find(
    ({ strategy, stage }) =>
      strategy === 'replace' && stage.table.entries.some(({ condition }) => condition !== ''),
  );
  if (partial !== undefined)
    throw new UnsuitableSetError(
      `a set holds only part of ${nameOf(partial.target)}, which an extension brings; use --strategy merge`,
    );
}

/** Columns that only one side has, a phrase each. */
export function unmatchedColumns({ target, columns }: Unit): string[] {
  return [
    ...columns.onlyInSet.map((name) => `${nameOf(target)}.${name} is only in the set`),
    ...columns.onlyInTarget.map((name) => `${nameOf(target)}.${name} is only in the target`),
  ];
}
