import type { Config } from '../../../core/config.ts';
import {
  EnvironmentError,
  FilesUnconfirmedError,
  NoSuchFileError,
  ProjectStorageFailedError,
} from '../../../core/errors/index.ts';
import { type FileEntry, isStored, nameOf, type StoredFile } from '../../../core/files/entry.ts';
import { projectName } from '../../../core/files/project.ts';
import { describeSelection, type FilesRestoreRequest, selector } from '../../../core/files/selection.ts';
import { ENV, STORAGE_ENV, TARGET_PREFIX } from '../../../core/names.ts';
import { MIB } from '../../../core/part-sizes.ts';
import { openPrivateKeyring } from '../programs/gpg.ts';
import { makePrivateDirectory } from '../programs/leftovers.ts';
import { openSmallOpener } from '../programs/openpgp.ts';
import type { Reporter } from '../progress/reporter.ts';
import { requireEnv, targetDatabase } from '../settings.ts';
import { openBucket, proveBucket } from '../storage/bucket.ts';
import { proveRecipients } from '../verify/run.ts';
import { Bandwidth } from './bandwidth.ts';
import { FAILURES_IN_A_ROW, Sample } from './copy-file.ts';
import { inOrder, type Piece } from './in-order.ts';
import { fetchInventory, findInventory, type Inventory, readEntries } from './inventories.ts';
import type { BlobOpener } from './open-blob.ts';
import { hasTargetStorage, openProjectStorage, proveStorage } from './project-storage.ts';
import { type FileEnd, type FileTarget, restoreFile } from './restore-file.ts';
import { type FilesPlan, planFiles } from './restore-plan.ts';
import { RowWriter } from './row-writer.ts';
import { openRows } from './rows.ts';

export interface FilesRestored {
  readonly inventory: Inventory;
  readonly project: string;
  readonly plan: FilesPlan;
  /** Nothing where only the plan was asked for. */
  readonly done: Done | undefined;
}

interface Done {
  readonly verified: number;
  readonly failed: number;
  readonly failures: readonly string[];
  readonly notVerified: readonly string[];
}

/**
 * Brings files of an inventory back into a project. Input, keys, inventory and confirmation are looked at before anything is
 * written; after that a file that fails does not keep the others from coming back.
 */
export async function restoreFiles(
  config: Config,
  request: FilesRestoreRequest,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<FilesRestored> {
  const elsewhere = targetIsElsewhere();
  const address = await targetDatabase();
  const storage = openProjectStorage(elsewhere ? TARGET_PREFIX : '', config.files.attempts);
  const project = projectName(
    address.keywords,
    process.env[(elsewhere ? TARGET_PREFIX : '') + ENV.supabaseProjectRef],
  );
  const bucket = openBucket(config.upload.attempts);
  await using rows = await openRows(address, signal);
  await proveBucket(bucket);
  await proveStorage(storage, await rows.buckets());
  const inventory = await findInventory(bucket, request.inventory, request.at);
  await using scratch = await makePrivateDirectory('vpb-files-');
  const path = await fetchInventory(bucket, inventory, scratch.path, config.upload.attempts, signal);
  const selects = selector(request.selection);
  const seen = new Set<string>();
  const chosen = (entry: FileEntry) => {
    const isChosen = selects(entry);
    if (isChosen && request.selection.file !== undefined) seen.add(nameOf(entry));
    return isChosen;
  };
  const plan = await reporter.phase('plan', () =>
    planFiles(readEntries(path), chosen, inventory.manifest, rows),
  );
  const ids = inventory.manifest.buckets.map(({ id }) => id);
  const asked = request.selection.file ?? [];
  const lacking = asked.filter((file) => !seen.has(file));
  if (lacking.length > 0) throw new NoSuchFileError(describeSelection({ file: lacking }), inventory.id, ids);
  if (plan.files + plan.withoutContent === 0)
    throw new NoSuchFileError(describeSelection(request.selection), inventory.id, ids);
  if (request.plan) return { inventory, project, plan, done: undefined };
  if (plan.overwrite > 0 && request.confirm !== project)
    throw new FilesUnconfirmedError(plan.overwrite, plan.overwritten.names, project, request.confirm);
  const privateKey = requireEnv(ENV.gpgPrivateKey, 'the armoured private key that opens the files');
  const passphrase = process.env[ENV.gpgPassphrase];
  await using keyring = await openPrivateKeyring(privateKey, passphrase);
  proveRecipients(inventory.id, inventory.manifest.recipients, keyring);
  await using writer = await RowWriter.open(address, rows, signal);
  await writer.createBuckets(plan.bucketsToMake);
  const { spoolMiB, attempts, workers, bandwidthMiBps } = config.files;
  const broken = new AbortController();
  const stop = AbortSignal.any([signal, broken.signal]);
  const opener: BlobOpener = {
    bucket,
    keyring,
    small: await openSmallOpener(privateKey, passphrase),
    directory: scratch.path,
    spoolBytes: spoolMiB * MIB,
    attempts: config.upload.attempts,
    signal: stop,
  };
  const target: FileTarget = { storage, bandwidth: new Bandwidth(bandwidthMiBps), attempts, signal: stop };
  const pieces = piecesOf(readEntries(path), selects, opener, target);
  try {
    const ended = await reporter.phase('files', () => finish(inOrder(pieces, workers), writer, reporter));
    return { inventory, project, plan, done: { ...ended, notVerified: unproved(plan, writer) } };
  } catch (error) {
    broken.abort(error);
    signal.throwIfAborted();
    throw error;
  }
}

/** Database and Storage have to be of one project, so both are named or neither. */
function targetIsElsewhere(): boolean {
  const database = (process.env[ENV.targetDatabaseUrl] ?? '') !== '';
  if (database === hasTargetStorage()) return database;
  const [missing, there] = database
    ? [TARGET_PREFIX + STORAGE_ENV.endpoint, ENV.targetDatabaseUrl]
    : [ENV.targetDatabaseUrl, TARGET_PREFIX + STORAGE_ENV.endpoint];
  throw new EnvironmentError(
    missing,
    'is not set',
    `and ${there} is: name both of the target's project, or neither`,
  );
}

interface FileDone {
  readonly file: StoredFile;
  readonly end: FileEnd;
}

async function* piecesOf(
  entries: AsyncIterable<FileEntry>,
  selects: (entry: FileEntry) => boolean,
  opener: BlobOpener,
  target: FileTarget,
): AsyncGenerator<Piece<FileDone>> {
  for await (const entry of entries) {
    if (isStored(entry) && selects(entry))
      yield { work: async () => ({ file: entry, end: await restoreFile(opener, target, entry) }) };
  }
}

/** Counts how files ended, and completes the rows of those that are back. */
async function finish(
  files: AsyncIterable<FileDone>,
  writer: RowWriter,
  reporter: Reporter,
): Promise<Omit<Done, 'notVerified'>> {
  const failures = new Sample();
  let [verified, failed, inARow] = [0, 0, 0];
  try {
    for await (const { file, end } of files) {
      if (end.kind === 'verified') {
        verified += 1;
        inARow = 0;
        await writer.add(file);
        continue;
      }
      failed += 1;
      failures.add(end.because);
      reporter.warn('file not restored', { because: end.because });
      inARow = end.outage ? inARow + 1 : 0;
      if (inARow >= FAILURES_IN_A_ROW)
        throw new ProjectStorageFailedError('being restored', inARow, end.because);
    }
  } finally {
    await writer.flush();
  }
  return { verified, failed, failures: failures.names };
}

function unproved(plan: FilesPlan, writer: RowWriter): string[] {
  const notVerified: string[] = [];
  if (plan.withoutContent > 0)
    notVerified.push(
      `${plan.withoutContent} files whose content the inventory lacks, for it was missing or unreadable then: ${plan.lacking.names.join(', ')}`,
    );
  if (writer.lost > 0)
    notVerified.push(`owner and times of ${writer.lost} files, whose rows were gone after the upload`);
  if (!writer.exact)
    notVerified.push(
      'updated_at of all files, for the role may not set session_replication_role: it is the time of the restore',
    );
  return notVerified;
}
