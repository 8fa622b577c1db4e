import { ConfirmationMissingError, RowsOrphanedError } from '../../../../core/errors/index.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import { keyOf, nameOf } from '../../../../core/table-names.ts';
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
import type { Unit } from './unit.ts';
import type { Workbench } from './workbench.ts';

/** What a restore does to a table, or did. */
export interface TableResult extends RowCounts {
  readonly table: string;
}

export interface Applied {
  readonly tables: readonly TableResult[];
  readonly sequences: readonly MovedSequence[];
  /** What is otherwise with tables made anew: grants that could not be given, as a rule. */
  readonly notDone: readonly string[];
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
    if (!request.plan) await lockTables(run, present(bench), lockSeconds);
    const touched: Touched[] = [];
    for (const unit of units)
      touched.push({ unit, counts: isMade(bench, unit) ? allOf(unit) : await findChanges(client, unit) });
    const tables = touched.map(({ unit, counts }) => ({ table: nameOf(unit.target), ...counts }));
    if (request.plan) return { tables, sequences: [], notDone: [] };
    refuseUnconfirmed(run.database, tables, request.confirm);
    const written = await write(bench, touched, request, lockSeconds);
    run.signal.throwIfAborted();
    await commit(run);
    return { tables, ...written };
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
  lockSeconds: number,
): Promise<Omit<Applied, 'tables'>> {
  const { run } = bench;
  const { client } = run;
  const there = present(bench);
  await letSleep(run, there);
  await bench.recreation?.make(lockSeconds);
  await bench.readMade();
  const losing = await checksOf(bench, losingKeys(touched, bench.foreignKeys), 'losing');
  for (const check of losing) await rememberOrphans(client, check);
  for (const { unit, counts } of touched) {
    const now = bench.unitOf(unit.target) ?? unit;
    const done = isMade(bench, unit)
      ? bench.recreation?.fill(now, unit.target.columns)
      : applyChanges(client, unit, counts);
    await done?.catch((error: unknown) => {
      throw refusal(nameOf(unit.target), error);
    });
  }
  const restored = await checksOf(
    bench,
    // those of tables made anew are checked by the server when it makes them
    bench.foreignKeys.filter(({ child }) => there.some(({ target }) => keyOf(target) === keyOf(child))),
    'restored',
  );
  const orphans: Orphans[] = [];
  for (const check of losing) orphans.push(...found(await newOrphans(client, check)));
  for (const check of restored) {
    const unit = bench.unitOf(check.child);
    if (unit !== undefined) orphans.push(...found(await restoredOrphans(client, check, unit)));
  }
  if (orphans.length > 0) throw orphaned(orphans, request);
  await bench.recreation?.finish(lockSeconds);
  await bench.readMade();
  for (const unit of bench.units) await proveApplied(run, unit);
  const sequences = await moveSequences(client, bench.units);
  const notDone = (await bench.recreation?.handOver(lockSeconds)) ?? [];
  await wakeUp(run, there);
  return { sequences, notDone };
}

function isMade({ recreation }: Workbench, { target }: Unit): boolean {
  return recreation?.includes(target) ?? false;
}

/** Of tables that are there before the restore. */
function present(bench: Workbench): Unit[] {
  return bench.units.filter((unit) => !isMade(bench, unit));
}

/** A table that is made anew gets all rows of the set. */
function allOf({ stage }: Unit): RowCounts {
  const inserted = stage.table.entries.reduce((sum, { rows }) => sum + Number(rows), 0);
  return { inserted, updated: 0, unchanged: 0, deleted: 0 };
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
