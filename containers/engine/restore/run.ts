import type { Config } from '../../../core/config.ts';
import {
  databaseFailure,
  FoundTooLateError,
  InputError,
  NotTakenBackError,
  reason,
} from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { ENV } from '../../../core/names.ts';
import { newRestoreId } from '../../../core/restore-id.ts';
import type { RestoreRequest } from '../../../core/restore-request.ts';
import type { DatabaseAddress } from '../database/url.ts';
import { clientsFor, programVersion } from '../programs/clients.ts';
import { openPrivateKeyring } from '../programs/gpg.ts';
import { makePrivateDirectory } from '../programs/leftovers.ts';
import type { Reporter } from '../progress/reporter.ts';
import { requireEnv, targetDatabase, workerCount } from '../settings.ts';
import { type Bucket, openBucket, proveBucket } from '../storage/bucket.ts';
import { proveReplaceableBeside } from './beside.ts';
import type { Reconciled, RestoreRun } from './context.ts';
import { emptyAgain, rememberEmpty } from './empty-again.ts';
import { type LoadedSet, load } from './load.ts';
import { TargetLock } from './lock.ts';
import {
  choosePreservation,
  type Preservation,
  type Preserving,
  takePreRestoreSet,
} from './pre-restore-set.ts';
import { createReplacement } from './replace.ts';
import { clientMajorOf, findSets, proveSets, proveWhole } from './sets.ts';
import { type Examined, examineTarget } from './target.ts';

/** What a full restore says of itself. */
export interface Restored {
  readonly manifest: Manifest;
  readonly database: string;
  /** What could not be proved, by name; empty when everything was. */
  readonly notVerified: readonly string[];
  /** For whoever compares by themselves: what is known to be missing, or otherwise than in the source. */
  readonly loaded: LoadedSet;
  /** By this `rollback` finds what the restore put aside. */
  readonly restoreId: string;
  /** Where the database that stood there before is kept, when one was replaced. */
  readonly replacedDatabaseKeptAs: string | null;
  /** The set that holds it besides, on another server than this one. */
  readonly preRestoreSet: string | null;
  /** True where one was wanted by nobody. */
  readonly withoutPreRestoreSet?: true;
  /** The instant whose state it is; nothing where it is that of one set. */
  readonly at?: string;
  /** Jobs of pg_cron that were on in the source and are off here, with the statement that turns each on. */
  readonly jobsLeftOff?: RestoreRun['jobsLeftOff'];
  /** Rows that gave way where sets of different times meet. */
  readonly orphans?: readonly Reconciled[];
}

/** Takes facts that a failed run is to tell as well: what there is by then, and where. */
export type Tell = (facts: Readonly<Record<string, unknown>>) => void;

/** In what a restore may differ from one that an operator asks for. */
export interface RestoreOptions {
  /** @default - the database that the environment names */
  readonly target?: DatabaseAddress;
  /**
   * The caller compares what came back itself, and wants it left there if it is wrong.
   * @default false
   */
  readonly provedByCaller?: boolean;
  readonly tell?: Tell;
}

/**
 * Brings a whole set back and proves it equal. Into an empty database directly; in place of a full one only when its
 * name is confirmed, and then beside it first: a set of it as it is comes into the bucket, it is replaced after the proof,
 * and kept under another name. Whatever fails, the target ends as it began.
 */
export async function restoreFull(
  config: Config,
  request: RestoreRequest,
  reporter: Reporter,
  signal: AbortSignal,
  options: RestoreOptions = {},
): Promise<Restored> {
  const { tell = () => undefined } = options;
  const restoreId = newRestoreId(new Date());
  tell({ restoreId });
  const target = options.target ?? (await targetDatabase());
  const armoured = requireEnv(ENV.gpgPrivateKey, 'the armoured private key of one recipient');
  const bucket = openBucket(config.upload.attempts);
  await using keyring = await openPrivateKeyring(armoured, process.env[ENV.gpgPassphrase]);
  await proveBucket(bucket);
  const sets = await findSets(bucket, request);
  const entry = sets.base;
  proveWhole(entry.manifest);
  await proveSets(bucket, sets, keyring, { config, reporter, signal });
  // all programs that will be needed, found before anything is written
  const clients = await clientsFor(clientMajorOf(sets), `restoring ${entry.manifest.id}`);
  await programVersion('zstd');
  await using lock = await TargetLock.take(target, signal);
  const examined = await examineTarget(await lock.session(), target, entry.manifest, request.confirm);
  const preservation = await howToPreserve(bucket, request, target, examined, signal);
  const targetClients = await clientsFor(examined.major, 'reading the restored structure back');
  await using scratch = await makePrivateDirectory('vpb-restore-');
  const failing = new AbortController();
  const ended = AbortSignal.any([signal, failing.signal]);
  const opener = (folder: string) => ({
    bucket,
    folder,
    keyring,
    attempts: config.upload.attempts,
    signal: ended,
  });
  const run: RestoreRun = {
    manifest: sets.manifest,
    config,
    opener: opener(entry.folder),
    overlays: sets.overlays.map((overlay) => ({ ...overlay, opener: opener(overlay.entry.folder) })),
    reconciled: [],
    clients,
    targetClients,
    target,
    targetMajor: examined.major,
    missingTablespaces: [],
    project: examined.project,
    sandbox: examined.sandbox,
    jobsLeftOff: [],
    grantsRefused: new Set(),
    createdRoles: new Set(),
    workers: workerCount(config),
    provedByCaller: options.provedByCaller ?? false,
    reporter,
    scratch: scratch.path,
    signal: ended,
    fail: (cause) => failing.abort(cause),
  };
  tellStart(run, examined);
  const preRestoreSet = await preserve(preservation, { config, bucket, keyring, reporter, signal });
  if (preRestoreSet !== null) tell({ preRestoreSet });
  const { keptAs, ...loaded } =
    examined.way === 'replace'
      ? await loadBeside(run, examined.database, restoreId)
      : await loadDirectly(run, lock);
  return {
    manifest: run.manifest,
    database: examined.database,
    restoreId,
    notVerified: [...sets.notRestored, ...loaded.notVerified],
    loaded,
    replacedDatabaseKeptAs: keptAs,
    preRestoreSet,
    ...sets.told,
    ...(sets.overlays.length === 0 ? {} : { orphans: run.reconciled }),
    ...(run.jobsLeftOff.length === 0 ? {} : { jobsLeftOff: run.jobsLeftOff }),
    ...(preservation?.way === 'declined' ? { withoutPreRestoreSet: true } : {}),
  };
}

/**
 * Nothing for a target that is empty.
 * @throws UnsuitableTargetError when it cannot be replaced at all
 * @throws NoPreRestoreSetError
 */
async function howToPreserve(
  bucket: Bucket,
  request: RestoreRequest,
  target: DatabaseAddress,
  { way, database }: Examined,
  signal: AbortSignal,
): Promise<Preservation | undefined> {
  if (way !== 'replace') return undefined;
  await proveReplaceableBeside(target, database, signal);
  return await choosePreservation(bucket, request, database);
}

/** @returns id of the set that holds the target as it is */
async function preserve(
  preservation: Preservation | undefined,
  preserving: Preserving,
): Promise<string | null> {
  if (preservation === undefined) return null;
  if (preservation.way === 'taken') return await takePreRestoreSet(preserving);
  if (preservation.way === 'given') return preservation.id;
  preserving.reporter.warn('no set holds the target as it is: if this server is lost, so is that state');
  return null;
}

function tellStart({ reporter, manifest }: RestoreRun, { database, way, otherCollation }: Examined): void {
  reporter.notice('restore started', { id: manifest.id, database, way });
  if (otherCollation !== undefined)
    reporter.warn('texts are sorted otherwise here than in the source', otherCollation);
}

interface Loaded extends LoadedSet {
  readonly keptAs: string | null;
}

async function loadDirectly(run: RestoreRun, lock: TargetLock): Promise<Loaded> {
  const before = await rememberEmpty(await lock.session(), run.project);
  try {
    return { ...(await load(run)), keptAs: null };
  } catch (error) {
    throw await rolledBack(run, databaseFailure('loading the database', error), {
      undo: async () => emptyAgain(await lock.session(), before, run.createdRoles),
      done: 'the target was empty and is empty again',
      remains:
        'the target could not be emptied again: drop what the restore left there, or the database, by hand',
    });
  }
}

async function loadBeside(run: RestoreRun, database: string, restoreId: string): Promise<Loaded> {
  const replacing = { target: run.target, database, restoreId, set: run.manifest.id };
  const replacement = await createReplacement(replacing, run.signal);
  try {
    const loaded = await load({ ...run, target: replacement.address });
    run.signal.throwIfAborted();
    const keptAs = await run.reporter.phase('swap', () => replacement.swap());
    run.reporter.notice(
      'the old database is kept; drop it when nobody needs it, or bring it back with rollback',
      {
        name: keptAs,
        restoreId,
      },
    );
    return { ...loaded, keptAs };
  } catch (error) {
    throw await rolledBack(run, databaseFailure('replacing the database', error), {
      undo: () => replacement.discard(run.createdRoles),
      done: 'the target was not touched',
      remains: `database ${replacement.name} beside the target could not be dropped: do it by hand, where it is still there`,
    });
  }
}

/** @returns what is to be thrown: the failure, or that and what is left when taking back fails as well */
async function rolledBack(
  run: RestoreRun,
  cause: unknown,
  way: { undo: () => Promise<void>; done: string; remains: string },
): Promise<unknown> {
  run.fail(new Error('rolled back'));
  // what would have been bad input before the work is a failure once it has begun
  const failure = cause instanceof InputError ? new FoundTooLateError(cause) : cause;
  try {
    await way.undo();
  } catch (error) {
    run.reporter.warn('the rollback failed', { because: reason(error) });
    return new NotTakenBackError(way.remains, failure);
  }
  run.reporter.notice('rolled back', { result: way.done });
  return failure;
}
