import { ConfirmationMissingError, RowsOrphanedError } from '../../../../core/errors/index.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import { keyOf, nameOf } from '../../database/table-names.ts';
import { applyChanges, findChanges, proveApplied, type RowCounts } from './changes.ts';
import {
  type KeyCheck,
  losingKeys,
  newOrphans,
  type Orphans,
  rememberOrphans,
  restoredOrphans,
  type Touched,
} from './orphans.ts';
import { type MovedSequence, moveSequences } from './sequences.ts';
import { readTargetTables } from './target-tables.ts';
import { commit, letSleep, lockTables, refusal, wakeUp } from './transaction.ts';
import type { Workbench } from './workbench.ts';

/** What a restore does to a table, or did. */
export interface TableResult extends RowCounts {
  readonly table: string;
}

export interface Applied {
  readonly tables: readonly TableResult[];
  readonly sequences: readonly MovedSequence[];
}

/**
 * Finds out what is to be done, does it, proves it and commits, in one transaction; a plan ends it before anything is
 * written. The tables are locked against other writers meanwhile, not against readers.
 * @param lockSeconds how long the locks may take
 * @throws ConfirmationMissingError when rows would be overwritten
 * @throws RowsOrphanedError, RowsRefusedError, RestoreMismatchError when the rows do not fit
 */
export async function apply(
  bench: Workbench,
  request: RestoreRequest,
  lockSeconds: number,
): Promise<Applied> {
  const { run, units } = bench;
  const { client } = run;
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED');
  try {
    if (!request.plan) await lockTables(run, units, lockSeconds);
    const touched: Touched[] = [];
    for (const unit of units) touched.push({ unit, counts: await findChanges(client, unit) });
    const tables = touched.map(({ unit, counts }) => ({ table: nameOf(unit.target), ...counts }));
    if (request.plan) return { tables, sequences: [] };
    refuseUnconfirmed(run.database, tables, request.confirm);
    const sequences = await write(bench, touched, request);
    run.signal.throwIfAborted();
    await commit(run);
    return { tables, sequences };
  } finally {
    // after a commit there is nothing to take back, and saying so is harmless
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

function refuseUnconfirmed(
  database: string,
  tables: readonly TableResult[],
  confirm: string | undefined,
): void {
  if (confirm === database) return;
  const overwritten = tables.flatMap(({ table, updated, deleted }) => [
    ...(updated > 0 ? [`${updated} updated in ${table}`] : []),
    ...(deleted > 0 ? [`${deleted} deleted from ${table}`] : []),
  ]);
  if (overwritten.length > 0 || confirm !== undefined)
    throw new ConfirmationMissingError(database, overwritten, confirm);
}

async function write(
  bench: Workbench,
  touched: readonly Touched[],
  request: RestoreRequest,
): Promise<MovedSequence[]> {
  const { run, units } = bench;
  const { client } = run;
  await letSleep(run, units);
  const losing = await checksOf(bench, losingKeys(touched, bench.foreignKeys), 'losing');
  for (const check of losing) await rememberOrphans(client, check);
  for (const { unit, counts } of touched) {
    await applyChanges(client, unit, counts).catch((error: unknown) => {
      throw refusal(nameOf(unit.target), error);
    });
  }
  const restored = await checksOf(
    bench,
    bench.foreignKeys.filter(({ child }) => bench.unitOf(child) !== undefined),
    'restored',
  );
  const orphans: Orphans[] = [];
  for (const check of losing) orphans.push(...found(await newOrphans(client, check)));
  for (const check of restored) {
    const unit = bench.unitOf(check.child);
    if (unit !== undefined) orphans.push(...found(await restoredOrphans(client, check, unit)));
  }
  if (orphans.length > 0) throw orphaned(orphans, request);
  for (const unit of units) await proveApplied(run, unit);
  const sequences = await moveSequences(client, units);
  await wakeUp(run, units);
  return sequences;
}

function found(orphans: Orphans | undefined): Orphans[] {
  return orphans === undefined ? [] : [orphans];
}

async function checksOf(bench: Workbench, keys: Workbench['foreignKeys'], name: string): Promise<KeyCheck[]> {
  const tables = await readTargetTables(
    bench.run.client,
    keys.flatMap(({ child, parent }) => [child, parent]),
  );
  return keys.flatMap((key, i) => {
    const child = tables.get(keyOf(key.child));
    const parent = tables.get(keyOf(key.parent));
    return child === undefined || parent === undefined
      ? []
      : [{ key, child, parent, before: `pg_temp.${name}_${i}` }];
  });
}

function orphaned(orphans: readonly Orphans[], { mode, withParents }: RestoreRequest): RowsOrphanedError {
  const told = [...new Set(orphans.map(tell))];
  const parents = withParents
    ? 'the set does not have what they refer to either'
    : 'add --with-parents, and what they refer to comes too where the set has it';
  const todo =
    mode === 'table'
      ? `${parents}; or name those tables too, or use --strategy merge, which deletes nothing`
      : parents;
  return new RowsOrphanedError(told, todo);
}

function tell({ table, constraint, parent, rows, samples }: Orphans): string {
  const shown = samples
    .slice(0, 3)
    .map((values) => JSON.stringify(values))
    .join(', ');
  return `${rows} of ${table} refer to rows of ${parent} (${constraint}), such as ${shown}`;
}
