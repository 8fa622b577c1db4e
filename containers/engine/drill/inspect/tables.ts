import type { Check, TableFinding } from '../../../../core/drill/report.ts';
import { figure, judged } from '../../../../core/drill/verdict.ts';
import type { TableEntry } from '../../../../core/manifest.ts';
import { keyOf } from '../../../../core/table-names.ts';
import {
  type ComparedTables,
  type ComparedUnit,
  judgeUnit,
  tellTables,
} from '../../restore/compare-tables.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { notCarried } from '../../supabase/rows.ts';

/** The check of the rows, and what was found of each table of the manifest, in its order. */
export function judgeTables(
  run: RestoreRun,
  compared: ComparedTables,
): { check: Check; tables: TableFinding[] } {
  const { differences, notVerified } = tellTables(compared);
  const found = new Map<string, TableFinding>();
  for (const unit of compared.units)
    for (const finding of findingsOf(unit)) found.set(keyOf(finding), finding);
  const missing = new Set(compared.missing.map(keyOf));
  const tables = run.manifest.tables.map(
    (entry) =>
      found.get(keyOf(entry)) ?? unseen(entry, missing.has(keyOf(entry)) ? 'failed' : 'could-not-verify'),
  );
  const counted = tables.filter(
    ({ checksum, foundRows }) => checksum === 'not-compared' && foundRows !== null,
  );
  const rows = tables.reduce((sum, { foundRows }) => sum + BigInt(foundRows ?? 0), 0n);
  const check = judged(
    'tables',
    {
      wrong: differences,
      unknown: [
        ...notVerified,
        ...(run.project === undefined ? [] : notCarried(run.project, run)),
        ...counted.map(
          ({ schema, name }) =>
            `content of ${schema}.${name}: there is no checksum to compare, rows were counted only`,
        ),
      ],
    },
    [figure('tables', tables.length, 'tables'), figure('rows', Number(rows), 'rows')],
  );
  return { check, tables };
}

/** Where rows may have moved between partitions, the tree is right or wrong as one. */
function findingsOf(unit: ComparedUnit): TableFinding[] {
  const { differences, notVerified } = judgeUnit(unit);
  const { expected, got } = unit;
  const compared = expected.checksum !== null && got.checksum !== null;
  const equal = expected.checksum === got.checksum;
  const checksum = compared ? (equal ? 'equal' : 'differs') : 'not-compared';
  const unsure = notVerified.length > 0 || !compared;
  const state = differences.length > 0 ? 'failed' : unsure ? 'could-not-verify' : 'verified';
  return unit.entries.map((entry, i) => ({
    ...headOf(entry),
    foundRows: unit.contents[i]?.rows.toString() ?? null,
    checksum,
    state,
  }));
}

/** A table that could not be read. */
export function unseen(entry: TableEntry, state: 'failed' | 'could-not-verify'): TableFinding {
  return { ...headOf(entry), foundRows: null, checksum: 'not-compared', state };
}

function headOf({ schema, name, level, rows }: TableEntry) {
  return { schema, name, level, expectedRows: rows };
}
