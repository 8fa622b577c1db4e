import type pg from 'pg';
import type { Config } from '../../../core/config.ts';
import { ProductError, shortList } from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { ENV } from '../../../core/names.ts';
import {
  estimateFull,
  type FullPlan,
  plannedSet,
  plannedTables,
  readsOf,
} from '../../../core/restore-plan.ts';
import type { RestoreRequest } from '../../../core/restore-request.ts';
import { isManagedSchema, isUserTable } from '../../../core/supabase/managed.ts';
import type { TableName } from '../../../core/table-names.ts';
import { connect } from '../database/connect.ts';
import { readFacts } from '../database/facts.ts';
import type { DatabaseAddress } from '../database/url.ts';
import { openPrivateKeyring } from '../programs/gpg.ts';
import { runMinutes, targetDatabase } from '../settings.ts';
import { type Bucket, openBucket, proveBucket } from '../storage/bucket.ts';
import { proveKey } from '../verify/run.ts';
import { during, proveReplaceableBeside } from './beside.ts';
import { lookAtStorage } from './plan-archived.ts';
import { countTables } from './plan-target.ts';
import { choosePreservation } from './pre-restore-set.ts';
import { findSets, proveWhole, setsOf } from './sets.ts';
import { type Examined, lookAtTarget } from './target.ts';

/**
 * Says what a full restore would do, and does nothing (spec R9): no statement that writes, no lock that stays, no object.
 * Whatever the restore would be refused for is among the obstacles; what leaves nothing to plan is thrown.
 * @throws NoSuchSetError, UnsuitableSetError, UnsuitableTargetError, UnreachableDatabaseError
 */
export async function planFull(
  config: Config,
  request: RestoreRequest,
  signal: AbortSignal,
): Promise<FullPlan> {
  const target = await targetDatabase();
  const bucket = openBucket(config.upload.attempts);
  await proveBucket(bucket);
  const sets = await findSets(bucket, request);
  const { base, manifest } = sets;
  proveWhole(manifest);
  // what the platform of a project keeps for itself is touched by no restore
  const isOfSet = (table: TableName) =>
    manifest.platform === undefined || !isManagedSchema(table.schema) || isUserTable(table);
  const stored = await lookAtStorage(bucket, setsOf(sets), runMinutes(config), signal);
  const { examined, counted, sizeBytes } = await during(
    await readingSession(target, signal),
    async (client) => ({
      examined: await lookAtTarget(client, target, manifest),
      counted: (await countTables(client, signal)).filter(isOfSet),
      sizeBytes: (await readFacts(client)).sizeBytes,
    }),
  );
  const { database, way } = examined;
  const obstacles = [
    ...(stored.missing.length === 0
      ? []
      : [`the bucket lacks objects of the set: ${shortList(stored.missing)}`]),
    ...(await refusalOf(() => proveOwnKey(manifest))),
    ...(request.confirm === undefined || request.confirm === database
      ? []
      : [`--confirm says ${request.confirm}, and the target database is ${database}`]),
    ...(way === 'replace' ? await refusalOf(() => proveReplaceableBeside(target, database, signal)) : []),
  ];
  const preserved = await preservation(bucket, request, examined);
  return {
    mode: 'full',
    set: plannedSet(base, new Date()),
    laidOver: sets.overlays.map(({ entry }) => plannedSet(entry, new Date())),
    target: { database, holds: way === 'replace' ? 'full' : 'empty', way },
    reads: readsOf(manifest),
    tables: plannedTables(manifest.tables, counted),
    confirmNeeded: way === 'replace' ? database : null,
    preRestoreSet: preserved.set,
    estimatedSeconds: estimateFull(manifest, preserved.set.way === 'taken' ? sizeBytes : undefined),
    archived: stored.archived,
    obstacles: [...obstacles, ...preserved.obstacles],
  };
}

/** A session in which the server refuses whatever would write. */
async function readingSession(target: DatabaseAddress, signal: AbortSignal): Promise<pg.Client> {
  const client = await connect(target, signal);
  await client.query('SET default_transaction_read_only = on');
  return client;
}

/** Whoever plans need not have the key; where there is one, it has to be the right one. */
async function proveOwnKey(manifest: Manifest): Promise<void> {
  const armoured = process.env[ENV.gpgPrivateKey] ?? '';
  if (armoured.trim() === '') return;
  await using keyring = await openPrivateKeyring(armoured, process.env[ENV.gpgPassphrase]);
  proveKey(manifest, keyring);
}

async function preservation(
  bucket: Bucket,
  request: RestoreRequest,
  { way, database }: Examined,
): Promise<{ set: FullPlan['preRestoreSet']; obstacles: string[] }> {
  if (way !== 'replace') return { set: { way: 'not needed' }, obstacles: [] };
  let set: FullPlan['preRestoreSet'] = { way: 'missing' };
  const obstacles = await refusalOf(async () => {
    set = await choosePreservation(bucket, request, database);
  });
  return { set, obstacles };
}

/** What an error of ours says, as the one member of a list; other errors are none of a plan. */
async function refusalOf(work: () => Promise<void>): Promise<string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (error instanceof ProductError) return [error.message];
    throw error;
  }
}
