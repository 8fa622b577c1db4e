import type pg from 'pg';
import type { Check, TableFinding } from '../../../../core/drill/report.ts';
import { figure, judged } from '../../../../core/drill/verdict.ts';
import type { TableEntry } from '../../../../core/manifest.ts';
import type { ContentSum } from '../../database/checksum.ts';
import type { Sessions } from '../../database/sessions.ts';
import { compareLargeObjects, compareSequences, compareTables, compareViews } from '../../restore/compare.ts';
import type { RestoreRun } from '../../restore/context.ts';

/** Exact rows and checksum of every table against the manifest. */
export async function inspectTables(
  run: RestoreRun,
  client: pg.Client,
  sessions: Sessions,
): Promise<{ check: Check; tables: TableFinding[] }> {
  const { differences, notVerified, contents } = await compareTables(run, client, sessions);
  const entries = run.manifest.tables;
  const tables = entries.map((entry, i) => findingOf(entry, contents[i], contents, entries));
  const rows = contents.reduce((sum, content) => sum + (content?.rows ?? 0n), 0n);
  const unhashed =
    run.manifest.checksums === 'full'
      ? []
      : [`content of ${entries.length} tables: the set recorded counts only (backup.checksums: counts)`];
  const check = judged('tables', { wrong: differences, unknown: [...notVerified, ...unhashed] }, [
    figure('tables', entries.length, 'tables'),
    figure('rows', Number(rows), 'rows'),
  ]);
  return { check, tables };
}

function findingOf(
  entry: TableEntry,
  content: ContentSum | undefined,
  contents: readonly (ContentSum | undefined)[],
  entries: readonly TableEntry[],
): TableFinding {
  const { schema, name, level } = entry;
  const about = { schema, name, level, expectedRows: entry.rows };
  if (content === undefined) return { ...about, foundRows: null, checksum: 'not-compared', state: 'failed' };
  const foundRows = content.rows.toString();
  // rows of such a tree may lie in another leaf than before: only the sum of all leaves says something
  if (entry.wandersWithin !== null) {
    const same = treeIsEqual(entry.wandersWithin, contents, entries);
    return { ...about, foundRows, checksum: same ? 'equal' : 'differs', state: same ? 'verified' : 'failed' };
  }
  const hash = content.checksum?.toString() ?? null;
  const checksum =
    hash === null || entry.checksum === null ? 'not-compared' : hash === entry.checksum ? 'equal' : 'differs';
  if (foundRows !== entry.rows || checksum === 'differs')
    return { ...about, foundRows, checksum, state: 'failed' };
  return { ...about, foundRows, checksum, state: checksum === 'equal' ? 'verified' : 'could-not-verify' };
}

function treeIsEqual(
  tree: string,
  contents: readonly (ContentSum | undefined)[],
  entries: readonly TableEntry[],
): boolean {
  const sum = { rows: 0n, checksum: 0n, expectedRows: 0n, expectedChecksum: 0n };
  entries.forEach((entry, i) => {
    if (entry.wandersWithin !== tree) return;
    sum.rows += contents[i]?.rows ?? 0n;
    sum.checksum += contents[i]?.checksum ?? 0n;
    sum.expectedRows += BigInt(entry.rows);
    sum.expectedChecksum += BigInt(entry.checksum ?? 0);
  });
  return sum.rows === sum.expectedRows && sum.checksum === sum.expectedChecksum;
}

/** Sequences, large objects, materialized views: what is data and in no table. */
export async function inspectOthers(
  run: RestoreRun,
  client: pg.Client,
  leftOut: ReadonlySet<string>,
): Promise<Check[]> {
  const { sequences, largeObjects, materializedViews } = run.manifest;
  return [
    judged('sequences', { wrong: await compareSequences(run, client) }, [
      figure('sequences', sequences.length, 'objects'),
    ]),
    judged('large-objects', { wrong: await compareLargeObjects(run, client) }, [
      figure('large objects', Number(largeObjects.count), 'objects'),
    ]),
    judged('materialized-views', { wrong: await compareViews(run, client, leftOut) }, [
      figure('views', materializedViews.length, 'objects'),
    ]),
  ];
}
