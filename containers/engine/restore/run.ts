import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSet } from '../../../core/catalog.ts';
import type { Config } from '../../../core/config.ts';
import { databaseFailure, reason, UnsuitableSetError } from '../../../core/errors/index.ts';
import { FULL_KINDS } from '../../../core/kinds.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { ENV } from '../../../core/names.ts';
import { connect } from '../database/connect.ts';
import { clientsFor } from '../programs/clients.ts';
import { openPrivateKeyring } from '../programs/gpg.ts';
import type { Reporter } from '../progress/reporter.ts';
import { requireEnv, targetDatabase, workerCount } from '../settings.ts';
import { openBucket, proveBucket } from '../storage/bucket.ts';
import { proveKey } from '../verify/run.ts';
import type { RestoreRun } from './context.ts';
import { emptyAgain, type PublicSchema, rememberPublic } from './empty-again.ts';
import { load } from './load.ts';
import { createReplacement } from './replace.ts';
import { examineTarget, type Way } from './target.ts';

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
  asked: string,
  options: { at?: Date; confirm?: string },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Restored> {
  const target = targetDatabase();
  const armoured = requireEnv(ENV.gpgPrivateKey, 'the armoured private key of one recipient');
  const bucket = openBucket(config.upload.attempts);
  await using keyring = await openPrivateKeyring(armoured, process.env[ENV.gpgPassphrase]);
  await proveBucket(bucket);
  const entry = await findSet(bucket, asked, {
    kinds: FULL_KINDS,
    ...(options.at === undefined ? {} : { at: options.at }),
  });
  const { manifest } = entry;
  if (manifest.limitedTo !== null) {
    throw new UnsuitableSetError(
      `${manifest.id} holds only ${manifest.tables.length} tables, not the database; restore a daily or weekly set in full`,
    );
  }
  if (entry.state !== 'verified')
    reporter.warn('this set is not verified', { id: manifest.id, state: entry.state });
  proveKey(manifest, keyring);
  const clients = await clientsFor(manifest.client.postgresMajor, `restoring ${manifest.id}`);
  const client = await connect(target);
  let examined: { way: Way; major: number; database: string };
  let before: PublicSchema | undefined;
  try {
    examined = await examineTarget(client, manifest, options.confirm);
    before = await rememberPublic(client);
  } finally {
    await client.end();
  }
  const failing = new AbortController();
  const ended = AbortSignal.any([signal, failing.signal]);
  const run: RestoreRun = {
    manifest,
    config,
    opener: { bucket, folder: entry.folder, keyring, attempts: config.upload.attempts, signal: ended },
    clients,
    target,
    targetMajor: examined.major,
    workers: workerCount(config),
    reporter,
    scratch: await mkdtemp(join(tmpdir(), 'vpb-restore-')),
    signal: ended,
    fail: (cause) => failing.abort(cause),
  };
  reporter.notice('restore started', { id: manifest.id, database: examined.database, way: examined.way });
  try {
    const { notVerified, keptAs } =
      examined.way === 'replace' ? await loadBeside(run, examined.database) : await loadDirectly(run, before);
    return { manifest, database: examined.database, notVerified, replacedDatabaseKeptAs: keptAs };
  } finally {
    await rm(run.scratch, { recursive: true, force: true });
  }
}

interface Loaded {
  readonly notVerified: string[];
  readonly keptAs: string | null;
}

async function loadDirectly(run: RestoreRun, before: PublicSchema | undefined): Promise<Loaded> {
  try {
    return { notVerified: await load(run), keptAs: null };
  } catch (error) {
    await rollBack(run, () => emptyAgain(run.target, before), 'the target was empty and is empty again');
    throw databaseFailure('loading the database', error);
  }
}

async function loadBeside(run: RestoreRun, database: string): Promise<Loaded> {
  const replacement = await createReplacement(run.target, database);
  try {
    const notVerified = await load({ ...run, target: replacement.address });
    run.signal.throwIfAborted();
    const keptAs = await run.reporter.phase('swap', () => replacement.swap());
    run.reporter.notice('the old database is kept; drop it when nobody needs it', { name: keptAs });
    return { notVerified, keptAs };
  } catch (error) {
    await rollBack(run, () => replacement.discard(), 'the target was not touched');
    throw databaseFailure('replacing the database', error);
  } finally {
    await replacement.close().catch(() => undefined);
  }
}

/** What went wrong first is what is reported; a rollback that fails as well is said beside it. */
async function rollBack(run: RestoreRun, undo: () => Promise<void>, done: string): Promise<void> {
  run.fail(new Error('rolled back'));
  try {
    await undo();
    run.reporter.notice('rolled back', { result: done });
  } catch (error) {
    run.reporter.warn('the rollback failed: clean the target by hand', { because: reason(error) });
  }
}
