import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { type Config, configOfKind } from '../../../core/config.ts';
import {
  DatabaseFailedError,
  databaseFailure,
  LockTimeoutError,
  ObjectTakenError,
  ProgramFailedError,
  reason,
  SlotTakenError,
} from '../../../core/errors/index.ts';
import { WHOLE_KINDS } from '../../../core/kinds.ts';
import { type Manifest, type SetObject, serializeManifest } from '../../../core/manifest.ts';
import { ENV, OBJECT } from '../../../core/names.ts';
import { readAndCopied } from '../../../core/reuse.ts';
import { formatSetId, type SetId, setFolder } from '../../../core/set-id.ts';
import { connect } from '../database/connect.ts';
import { readForeignKeys } from '../database/foreign-keys.ts';
import { readFurniture, readSequences } from '../database/inventory.ts';
import { limitLockWaits, lockFailure, takeSnapshot } from '../database/snapshot.ts';
import { openPublicKeyring } from '../programs/gpg.ts';
import type { Reporter } from '../progress/reporter.ts';
import { backedUpDatabase, requireEnv, workerCount } from '../settings.ts';
import { type Bucket, openBucket, proveBucket } from '../storage/bucket.ts';
import { scopedTables } from '../supabase/scope.ts';
import { findBase } from './base.ts';
import { claimSlot, committedManifest } from './claim.ts';
import type { BackupRun } from './context.ts';
import { restoreInstructions } from './instructions.ts';
import { buildManifest, setTraits, tableEntries } from './manifest.ts';
import { type Preflight, preflight, selectTables } from './preflight.ts';
import { readDatabase } from './read.ts';

/**
 * `existing`: another run had made this slot's set before, or meanwhile; nothing of ours counts.
 * `missingTables`: listed for this kind of set and not in the database, qualified.
 */
export type BackupOutcome =
  | { readonly kind: 'made'; readonly manifest: Manifest; readonly missingTables: readonly string[] }
  | { readonly kind: 'existing' };

/**
 * Makes the set of one slot. What can be wrong with input, keys, database or bucket is found before a row is read;
 * the manifest, written last and only if absent, is what makes the folder a backup.
 */
export async function backup(
  configured: Config,
  id: SetId,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<BackupOutcome> {
  const startedAt = new Date();
  const config = configOfKind(configured, id.kind);
  const address = await backedUpDatabase(id.kind);
  const bucket = openBucket(config.upload.attempts);
  await using keyring = await openPublicKeyring(
    requireEnv(ENV.gpgPublicKey, 'the armoured public key of the recipients'),
  );
  const coordinator = await connect(address, signal);
  try {
    await limitLockWaits(coordinator, config.backup.lockTimeoutSeconds);
    const found = await preflight(coordinator, config, id.kind);
    tellMissing(found, reporter);
    await proveBucket(bucket);
    const folder = setFolder(id);
    const runId = randomUUID();
    const claim = await claimSlot(bucket, folder, runId, reporter, signal);
    if (claim.kind === 'committed') return { kind: 'existing' };
    const compressionLevel = config.backup.compressionLevel[id.kind];
    const sealer = { bucket, keyring, compressionLevel, upload: config.upload };
    const fixed = {
      id,
      runId,
      config,
      address,
      ...found,
      workers: workerCount(config),
      reporter,
      startedAt,
      folder,
    };
    try {
      const { namesBelow } = claim;
      const manifest = await makeSetPatiently({
        ...fixed,
        sealer,
        namesBelow,
        signal,
        coordinator,
      });
      await claim.release(false);
      return { kind: 'made', manifest, missingTables: found.missingTables };
    } catch (error) {
      await claim.release(true);
      const taken =
        error instanceof SlotTakenError ||
        (error instanceof ObjectTakenError && (await committedManifest(bucket, folder)) !== undefined);
      if (taken) return { kind: 'existing' };
      throw databaseFailure('reading the database', lockFailure(error, config.backup.lockTimeoutSeconds));
    }
  } catch (error) {
    throw lockFailure(error, config.backup.lockTimeoutSeconds);
  } finally {
    await coordinator.end().catch(() => undefined);
  }
}

function tellMissing({ missingTables }: Preflight, reporter: Reporter): void {
  if (missingTables.length === 0) return;
  const text = 'tables of the configuration are not in the database, and so not in the set';
  reporter.warn(text, { missingTables });
}

/** A statement may queue again while the run begins again; once it is through, it is out of the way. */
const ATTEMPTS = 4;
/** How long workers and pg_dump wait for locks that the coordinator holds already; only a queue can make them wait. */
const FOLLOWERS_WAIT_SECONDS = 2;

interface Attempts extends Omit<BackupRun, 'sealer' | 'fail' | 'lockWaitSeconds'> {
  readonly sealer: Omit<BackupRun['sealer'], 'signal'>;
  readonly coordinator: pg.Client;
}

/**
 * Begins again when a migration dropped what pg_dump was about to read, or asked for a table between the coordinator's
 * lock and those of the sessions that follow it. They queue behind the migration, which waits for the coordinator: only letting go of the snapshot resolves that.
 */
async function makeSetPatiently({ coordinator, ...fixed }: Attempts): Promise<Manifest> {
  const { lockTimeoutSeconds } = fixed.config.backup;
  for (let attempt = 1; ; attempt += 1) {
    const last = attempt === ATTEMPTS;
    const failing = new AbortController();
    const signal = AbortSignal.any([fixed.signal, failing.signal]);
    const run: BackupRun = {
      ...fixed,
      sealer: { ...fixed.sealer, signal },
      signal,
      // objects of an attempt that was given up stay where they are, and in no manifest
      namesBelow: attempt === 1 ? fixed.namesBelow : `${fixed.namesBelow}attempt-${attempt}/`,
      lockWaitSeconds: last ? lockTimeoutSeconds : Math.min(FOLLOWERS_WAIT_SECONDS, lockTimeoutSeconds),
      fail: (cause) => failing.abort(cause),
    };
    const session = attempt === 1 ? coordinator : await connect(run.address, signal);
    try {
      await limitLockWaits(session, lockTimeoutSeconds);
      return await makeSet(run, session);
    } catch (error) {
      if (last || fixed.signal.aborted || !(error instanceof DisturbedByMigration)) {
        throw error instanceof DisturbedByMigration ? error.cause : error;
      }
      run.reporter.notice('a migration came in between, letting it through and beginning again', {
        attempt,
        because: reason(error.cause),
      });
    } finally {
      await session.end().catch(() => undefined);
    }
  }
}

/** Never leaves this file: the sign that the snapshot has to be let go of. */
class DisturbedByMigration extends Error {
  override readonly name = 'DisturbedByMigration';
}

async function undisturbed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDisturbed(error) ? new DisturbedByMigration('disturbed', { cause: error }) : error;
  }
}

/** What a server says when something that the snapshot shows is gone: tables are locked, views or functions cannot be. */
const GONE = /does not exist|cache lookup failed|could not open relation with OID/;

function isDisturbed(error: unknown): boolean {
  if (error instanceof LockTimeoutError) return true;
  if (!(error instanceof ProgramFailedError || error instanceof pg.DatabaseError)) return false;
  return GONE.test(error.message) || (/LOCK TABLE/.test(error.message) && /timeout/.test(error.message));
}

async function makeSet(run: BackupRun, coordinator: pg.Client): Promise<Manifest> {
  const { reporter, config, scope, limitedTo } = run;
  const stop = () => void coordinator.end().catch(() => undefined);
  run.signal.addEventListener('abort', stop, { once: true });
  reporter.notice('backup started', {
    id: formatSetId(run.id),
    database: run.facts.database,
    server: run.facts.serverVersion,
  });
  const snapshot = await reporter.phase('snapshot', () =>
    takeSnapshot(coordinator, {
      readTables: () => scopedTables(coordinator, scope),
      lockTimeoutSeconds: config.backup.lockTimeoutSeconds,
      select: (tables) => selectTables(tables, limitedTo),
    }),
  );
  // without a name pg_dump would take them all
  if (limitedTo !== undefined && snapshot.tables.length === 0)
    throw new DatabaseFailedError(
      'reading the listed tables',
      new Error('all were dropped since they were found'),
    );
  const base = await findBase(run, setTraits(run, snapshot));
  const owners = WHOLE_KINDS.includes(run.id.kind) ? undefined : snapshot.tables.map((table) => table.oid);
  const { read, furniture, foreignKeys, sequences } = await undisturbed(async () => ({
    read: await reporter.phase('read', () => readDatabase(run, snapshot, base)),
    furniture: await readFurniture(coordinator, scope.withoutStructure),
    foreignKeys: await readForeignKeys(coordinator, scope.excluded),
    sequences: await readSequences(coordinator, scope.excluded, owners),
  }));
  const tables = tableEntries(run, snapshot, read);
  const instructions = await putInstructions(
    run.sealer.bucket,
    run,
    restoreInstructions(run, read.objects, tables),
  );
  const objects = [...read.objects, instructions];
  const manifest = buildManifest(run, snapshot, {
    read,
    tables,
    objects,
    furniture,
    foreignKeys,
    sequences,
    limitedTo,
  });
  reporter.notice('rows are stored', { ...readAndCopied(manifest) });
  run.signal.throwIfAborted();
  await commit(run, serializeManifest(manifest));
  run.signal.removeEventListener('abort', stop);
  return manifest;
}

/**
 * From here on it is a backup. Takes no stop signal: a request that is on its way may be done, so its answer is waited for.
 * @throws SlotTakenError when another run's manifest is there; our own is, when only the answer to us was lost
 */
async function commit(run: BackupRun, text: string): Promise<void> {
  const { bucket } = run.sealer;
  if (await bucket.putText(run.folder + OBJECT.manifest, text, { ifAbsent: true })) return;
  if ((await committedManifest(bucket, run.folder)) !== text) throw new SlotTakenError(formatSetId(run.id));
}

async function putInstructions(bucket: Bucket, run: BackupRun, text: string): Promise<SetObject> {
  const key = run.namesBelow + OBJECT.instructions;
  const bytes = Buffer.from(text, 'utf8');
  const content = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  await bucket.putText(run.folder + key, text, { contentType: 'text/markdown; charset=utf-8' });
  return { key, role: 'instructions', plain: content, stored: content };
}
