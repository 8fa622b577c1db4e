import type { SetTable } from './set-tables.ts';
import type { TargetTable } from './target-tables.ts';

/** How the columns of a table in the set and in the target go together, by name. */
export interface ColumnMatch {
  /** Written from the set. */
  readonly common: readonly string[];
  /** The set has values for them, the target takes none: dropped since, or computed by the server now. */
  readonly onlyInSet: readonly string[];
  /** The target would take values for them, and the set has none: added since. */
  readonly onlyInTarget: readonly string[];
}

export function matchColumns(set: SetTable, target: TargetTable): ColumnMatch {
  const writable = new Set(target.columns.filter(({ generated }) => !generated).map(({ name }) => name));
  const saved = new Set(set.columns);
  return {
    common: set.columns.filter((name) => writable.has(name)),
    onlyInSet: set.columns.filter((name) => !writable.has(name)),
    onlyInTarget: [...writable].filter((name) => !saved.has(name)),
  };
}
