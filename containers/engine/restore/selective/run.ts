import type { Config } from '../../../../core/config.ts';
import { databaseFailure } from '../../../../core/errors/index.ts';
import type { Manifest } from '../../../../core/manifest.ts';
import { ENV } from '../../../../core/names.ts';
import { plannedSet, readsOf } from '../../../../core/restore-plan.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import { keyOf, nameOf } from '../../../../core/table-names.ts';
import { connect } from '../../database/connect.ts';
import { readFacts } from '../../database/facts.ts';
import { clientsFor, programVersion } from '../../programs/clients.ts';
import { openPrivateKeyring } from '../../programs/gpg.ts';
import type { Reporter } from '../../progress/reporter.ts';
import { requireEnv, runMinutes, targetDatabase } from '../../settings.ts';
import { openBucket, proveBucket } from '../../storage/bucket.ts';
import { nameToConfirm } from '../../supabase/scope.ts';
import { proveKey } from '../../verify/run.ts';
import { TargetLock } from '../lock.ts';
import { refuseTarget } from '../target.ts';
import { type Applied, apply } from './apply.ts';
import { askedRows, chooseRows } from './choose.ts';
import type { SelectiveRun } from './context.ts';
import { chooseDependents, isAbove, tablesBelow } from './dependents.ts';
import { findSetFor } from './find-set.ts';
import { inspect } from './inspect.ts';
import { lostPartitions } from './lost-partitions.ts';
import { chooseParents } from './parents.ts';
import { proveTablesReadable } from './readable.ts';
import { unmatchedColumns } from './refuse.ts';
import { findTables, objectsOf } from './set-tables.ts';
import { Workbench } from './workbench.ts';

/** What a restore of tables or rows says of itself. */
export interface SelectivelyRestored {
  readonly manifest: Manifest;
  readonly result: Readonly<Record<string, unknown>>;
  /** What could not be brought back or proved, by name. */
  readonly notVerified: readonly string[];
}

/**
 * Brings tables or rows back into a database that is in use. Everything is written in one transaction, and proved before
 * it is committed; whatever fails, the target is as it was.
 */
export async function restoreSelectively(
  config: Config,
  request: RestoreRequest,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<SelectivelyRestored> {
  const target = await targetDatabase();
  const armoured = requireEnv(ENV.gpgPrivateKey, 'the armoured private key of one recipient');
  const bucket = openBucket(config.upload.attempts);
  await using keyring = await openPrivateKeyring(armoured, process.env[ENV.gpgPassphrase]);
  await proveBucket(bucket);
  const entry = await findSetFor(bucket, request);
  const { manifest, folder, state } = entry;
  proveKey(manifest, keyring);
  if (state !== 'verified') reporter.warn('this set is not verified', { id: manifest.id, state });
  const clients = await clientsFor(manifest.client.postgresMajor, `restoring ${manifest.id}`);
  await programVersion('zstd');
  await using _lock = request.plan ? undefined : await TargetLock.take(target, signal);
  const client = await connect(target, signal);
  try {
    const facts = await readFacts(client);
    await refuseTarget(client, manifest, facts);
    const opener = { bucket, folder, keyring, attempts: config.upload.attempts, signal };
    const database = await nameToConfirm(client, target, facts.database);
    const run: SelectiveRun = {
      entry,
      manifest,
      opener,
      clients,
      target,
      database,
      client,
      readable: new Set(),
      limitMinutes: runMinutes(config),
      reporter,
      signal,
    };
    reporter.notice('restore started', { id: manifest.id, database, mode: request.mode, plan: request.plan });
    return request.mode === 'table' && (request.strategy ?? 'inspect') === 'inspect'
      ? await inspect(run, request)
      : await restore(run, request, config.backup.lockTimeoutSeconds);
  } catch (error) {
    throw databaseFailure('restoring', error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function restore(
  run: SelectiveRun,
  request: RestoreRequest,
  lockSeconds: number,
): Promise<SelectivelyRestored> {
  const { reporter, manifest } = run;
  const bench = await Workbench.open(run, request);
  const notFollowed = await reporter.phase('read', () => choose(bench, request));
  await bench.settle();
  const applied = await reporter.phase(request.plan ? 'compare' : 'write', () =>
    apply(bench, request, lockSeconds),
  );
  for (const table of applied.tables)
    reporter.notice(request.plan ? 'would restore' : 'restored', { ...table });
  return {
    manifest,
    result: request.plan
      ? { outcome: 'planned', plan: describePlan(bench, request, applied) }
      : describe(bench, request, applied),
    notVerified: [
      ...bench.units.flatMap(unmatchedColumns),
      ...(bench.recreation?.lost ?? []),
      ...(await lostPartitions(bench)),
      ...applied.notDone,
      ...notFollowed.map(
        (table) => `rows of ${table} hang on these and are not in ${manifest.id}: they did not come along`,
      ),
    ],
  };
}

/** @returns tables whose rows hang on what was chosen and are not in the set */
async function choose(bench: Workbench, request: RestoreRequest): Promise<readonly string[]> {
  if (request.mode === 'table') {
    await bench.stage(findTables(bench.run.manifest, request.tables ?? []), false);
    if (request.withParents) await chooseParents(bench);
    return [];
  }
  const asked = askedRows(bench, request);
  const below = tablesBelow(bench, asked.tables);
  // all that may be needed, before anything is read of it
  if (request.withDependents)
    await proveTablesReadable(bench.run, bench.tablesInSet(below.rings.flatMap(({ members }) => members)));
  // what is looked for in both directions may be any row
  const sparing = !request.withParents;
  const alone = asked.tables.map(keyOf).filter((table) => !request.withDependents || isAbove(below, table));
  await chooseRows(bench, asked, new Set(sparing ? alone : []));
  if (request.withDependents) await chooseDependents(bench, below, sparing);
  if (request.withParents) await chooseParents(bench);
  return request.withDependents ? below.lacking : [];
}

function describe(bench: Workbench, request: RestoreRequest, applied: Applied): Record<string, unknown> {
  const { manifest, database } = bench.run;
  const staged = bench.staged.map(({ stage }) => stage.table);
  const { tables, sequences } = applied;
  return {
    database,
    mode: request.mode,
    tables,
    sequences,
    ...(bench.recreation === undefined ? {} : { recreated: bench.recreation.describe() }),
    reads: readsOf({ objects: objectsOf(manifest, staged) }),
  };
}

/** What the run would do; the rows have been read and compared for it, so that part of the time is known. */
function describePlan(bench: Workbench, request: RestoreRequest, applied: Applied): Record<string, unknown> {
  const { run } = bench;
  const overwrites = applied.tables.some(({ updated, deleted }) => updated + deleted > 0);
  const { sequences: _, ...done } = describe(bench, request, applied);
  const seconds = (run.reporter.timings.read ?? 0) + (run.reporter.timings.compare ?? 0);
  return {
    set: plannedSet(run.entry, new Date()),
    ...done,
    hangOn: hangOn(bench),
    confirmNeeded: overwrites ? run.database : null,
    estimatedSeconds: {
      value: Math.ceil(seconds),
      basis: 'what reading and comparing took for this plan just now; writing is not in it',
    },
  };
}

/** Tables whose rows may hang on those of the plan and are not part of it. */
function hangOn(bench: Workbench): string[] {
  const names = bench.foreignKeys
    .filter(({ parent, child }) => bench.unitOf(parent) !== undefined && bench.unitOf(child) === undefined)
    .map(({ child }) => nameOf(child));
  return [...new Set(names)].sort();
}
