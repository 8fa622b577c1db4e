import type { TableEntry } from '../../../../core/manifest.ts';
import { keyOf } from '../../../../core/table-names.ts';
import type { ChecksumTable } from '../../database/checksum.ts';
import type { SourceTable } from '../../database/inventory.ts';

/** What is compared as one: a table, or the leaves among which a restore may have put rows elsewhere. */
export interface Unit {
  readonly entries: readonly [TableEntry, ...TableEntry[]];
}

export function unitsOf(entries: readonly TableEntry[]): Unit[] {
  const units = new Map<string, [TableEntry, ...TableEntry[]]>();
  for (const entry of entries) {
    const key = entry.wandersWithin === null ? keyOf(entry) : `tree ${entry.wandersWithin}`;
    const before = units.get(key);
    if (before === undefined) units.set(key, [entry]);
    else before.push(entry);
  }
  return Array.from(units.values(), (all) => ({ entries: all }));
}

/** The tables of a unit on one side, to be hashed by the columns that the set has; or why they cannot be. */
export function tablesOf(
  { entries }: Unit,
  found: ReadonlyMap<string, SourceTable>,
  where: string,
): { readonly tables: readonly ChecksumTable[] } | { readonly reason: string } {
  const tables: ChecksumTable[] = [];
  for (const entry of entries) {
    const table = found.get(keyOf(entry));
    if (table === undefined) return { reason: `it is not in ${where}` };
    if (table.filtered)
      return { reason: `row level security hides rows in ${where} from the role that looks` };
    if (!table.readable || table.absent) return { reason: `its rows in ${where} may not be read` };
    if (!table.plannable)
      return { reason: 'functions of somebody stand in its indexes, so that it is never asked by a query' };
    const changed = changedColumns(entry, table);
    if (changed !== '') return { reason: `its columns in ${where} are not those of the set: ${changed}` };
    tables.push({ ...table, columns: entry.columns, looseColumns: entry.looseColumns });
  }
  return { tables };
}

function changedColumns(entry: TableEntry, table: SourceTable): string {
  const more = table.columns.filter((name) => !entry.columns.includes(name)).map((name) => `${name} is new`);
  const fewer = entry.columns
    .filter((name) => !table.columns.includes(name))
    .map((name) => `${name} is gone`);
  return [...more, ...fewer].slice(0, 5).join(', ');
}
