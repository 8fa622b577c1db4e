import { findSet } from '../../../core/catalog.ts';
import type { Config } from '../../../core/config.ts';
import {
  databaseFailure,
  FoundTooLateError,
  InputError,
  NotTakenBackError,
  reason,
  UnsuitableSetError,
} from '../../../core/errors/index.ts';
import { FULL_KINDS } from '../../../core/kinds.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { ENV } from '../../../core/names.ts';
import type { RestoreRequest } from '../../../core/restore-request.ts';
import { parseInstant } from '../../../core/set-id.ts';
import { clientsFor, programVersion } from '../programs/clients.ts';
import { type DecryptingKeyring, openPrivateKeyring } from '../programs/gpg.ts';
import { makePrivateDirectory } from '../programs/leftovers.ts';
import type { Reporter } from '../progress/reporter.ts';
import { requireEnv, targetDatabase, workerCount } from '../settings.ts';
import { openBucket, proveBucket } from '../storage/bucket.ts';
import { proveKey } from '../verify/run.ts';
import { proveReadable } from './archive-state.ts';
import type { RestoreRun } from './context.ts';
import { emptyAgain, rememberEmpty } from './empty-again.ts';
import { load } from './load.ts';
import { TargetLock } from './lock.ts';
import { createReplacement } from './replace.ts';
import { type Examined, examineTarget } from './target.ts';

/** What a full restore says of itself. */
export interface Restored {
  readonly manifest: Manifest;
  readonly database: string;
  /** What could not be proved, by name; empty when everything was. */
  readonly notVerified: readonly string[];
  /** Where the database that stood there before is kept, when one was replaced. */
  readonly replacedDatabaseKeptAs: string | null;
}

/**
 * Brings a whole set back and proves it equal. Into an empty database directly; in place of a full one only when its
 * name is confirmed, and then beside it first: it is replaced after the proof, and kept under another name.
 * Whatever fails, the target ends as it began.
 */
export async function restoreFull(
  config: Config,
  request: RestoreRequest,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Restored> {
  const target = targetDatabase();
  const armoured = requireEnv(ENV.gpgPrivateKey, 'the armoured private key of one recipient');
  const bucket = openBucket(config.upload.attempts);
  await using keyring = await openPrivateKeyring(armoured, process.env[ENV.gpgPassphrase]);
  await proveBucket(bucket);
  const entry = await findSet(bucket, request.set, {
    kinds: FULL_KINDS,
    ...(request.at === undefined ? {} : { at: parseInstant(request.at) }),
  });
  proveRestorable(entry, keyring);
  await proveReadable(bucket, entry, config, signal);
  if (entry.state !== 'verified')
    reporter.warn('this set is not verified', { id: entry.manifest.id, state: entry.state });
  // all programs that will be needed, found before anything is written
  const clients = await clientsFor(entry.manifest.client.postgresMajor, `restoring ${entry.manifest.id}`);
  await programVersion('zstd');
  await using lock = await TargetLock.take(target, signal);
  const examined = await examineTarget(await lock.session(), entry.manifest, request.confirm);
  const targetClients = await clientsFor(examined.major, 'reading the restored structure back');
  await using scratch = await makePrivateDirectory('vpb-restore-');
  const failing = new AbortController();
  const ended = AbortSignal.any([signal, failing.signal]);
  const run: RestoreRun = {
    manifest: entry.manifest,
    config,
    opener: { bucket, folder: entry.folder, keyring, attempts: config.upload.attempts, signal: ended },
    clients,
    targetClients,
    target,
    targetMajor: examined.major,
    missingTablespaces: [],
    createdRoles: new Set(),
    workers: workerCount(config),
    reporter,
    scratch: scratch.path,
    signal: ended,
    fail: (cause) => failing.abort(cause),
  };
  tellStart(run, examined);
  const { notVerified, keptAs } =
    examined.way === 'replace' ? await loadBeside(run, examined.database) : await loadDirectly(run, lock);
  return { manifest: run.manifest, database: examined.database, notVerified, replacedDatabaseKeptAs: keptAs };
}

/** @throws UnsuitableSetError, WrongKeyError */
function proveRestorable({ manifest }: { manifest: Manifest }, keyring: DecryptingKeyring): void {
  if (manifest.limitedTo !== null) {
    throw new UnsuitableSetError(
      `${manifest.id} holds only ${manifest.tables.length} tables, not the database; restore a daily or weekly set in full`,
    );
  }
  proveKey(manifest, keyring);
}

function tellStart({ reporter, manifest }: RestoreRun, { database, way, otherCollation }: Examined): void {
  reporter.notice('restore started', { id: manifest.id, database, way });
  if (otherCollation !== undefined)
    reporter.warn('texts are sorted otherwise here than in the source', otherCollation);
}

interface Loaded {
  readonly notVerified: string[];
  readonly keptAs: string | null;
}

async function loadDirectly(run: RestoreRun, lock: TargetLock): Promise<Loaded> {
  const before = await rememberEmpty(await lock.session());
  try {
    return { notVerified: await load(run), keptAs: null };
  } catch (error) {
    throw await rolledBack(run, databaseFailure('loading the database', error), {
      undo: async () => emptyAgain(await lock.session(), before, run.createdRoles),
      done: 'the target was empty and is empty again',
      remains:
        'the target could not be emptied again: drop what the restore left there, or the database, by hand',
    });
  }
}

async function loadBeside(run: RestoreRun, database: string): Promise<Loaded> {
  const replacement = await createReplacement(run.target, database, run.signal);
  try {
    const notVerified = await load({ ...run, target: replacement.address });
    run.signal.throwIfAborted();
    const keptAs = await run.reporter.phase('swap', () => replacement.swap());
    run.reporter.notice('the old database is kept; drop it when nobody needs it', { name: keptAs });
    return { notVerified, keptAs };
  } catch (error) {
    throw await rolledBack(run, databaseFailure('replacing the database', error), {
      undo: () => replacement.discard(run.createdRoles),
      done: 'the target was not touched',
      remains: `the target was not touched, but database ${replacement.name} beside it could not be dropped: do it by hand`,
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
