import { randomInt } from 'node:crypto';
import type { Check } from '../../../core/drill/report.ts';
import { couldNotVerify, figure, judged, notRun } from '../../../core/drill/verdict.ts';
import {
  InventoryDamagedError,
  ManifestUnreadableError,
  NoSuchInventoryError,
  ObjectArchivedError,
  reason,
} from '../../../core/errors/index.ts';
import { type FileEntry, isStored, nameOf, type StoredFile } from '../../../core/files/entry.ts';
import { ENV } from '../../../core/names.ts';
import { MIB } from '../../../core/part-sizes.ts';
import { FAILURES_IN_A_ROW } from '../files/copy-file.ts';
import { inOrder, type Piece } from '../files/in-order.ts';
import {
  fetchInventory,
  findInventory,
  type Inventory,
  listInventories,
  readEntries,
} from '../files/inventories.ts';
import { type BlobOpener, isBlobFailure, openBlob } from '../files/open-blob.ts';
import { openSmallOpener } from '../programs/openpgp.ts';
import type { DrillRun } from './context.ts';

/** Names of files that a sentence lists. */
const NAMED = 10;

/** Files of the newest inventory: decrypted, their bytes and hashes compared with it (spec D3). */
export async function sampledFiles(run: DrillRun): Promise<Check> {
  const { mode } = run.config.drill.files;
  if (mode === 'none') return notRun('files', 'it is switched off (drill.files.mode)');
  try {
    const inventory = await newestInventory(run);
    if (typeof inventory === 'string') return notRun('files', inventory);
    return await lookAt(run, inventory);
  } catch (error) {
    run.signal.throwIfAborted();
    // damage is a finding; whatever else broke has kept the files from being looked at
    const damaged = error instanceof InventoryDamagedError || error instanceof ManifestUnreadableError;
    if (damaged) return judged('files', { wrong: [reason(error)] });
    return couldNotVerify('files', reason(error));
  }
}

/** @returns why there is none, where files are not backed up at all. @throws NoSuchInventoryError when no run came to its end */
async function newestInventory({ bucket }: DrillRun): Promise<Inventory | string> {
  try {
    return await findInventory(bucket, 'latest');
  } catch (error) {
    if (!(error instanceof NoSuchInventoryError) || (await listInventories(bucket)).length > 0) throw error;
    return 'no inventory of files is in the bucket: files are not backed up';
  }
}

interface Outcome {
  readonly file: StoredFile;
  /** Nothing where it is whole. */
  readonly problem?: {
    readonly wrong: boolean;
    /** The next file would most likely end the same way. */
    readonly outage: boolean;
    readonly why: string;
  };
}

async function lookAt(run: DrillRun, inventory: Inventory): Promise<Check> {
  const began = performance.now();
  const { upload, files } = run.config;
  const path = await fetchInventory(run.bucket, inventory, run.scratch, upload.attempts, run.signal);
  const unread: string[] = [];
  let unreadCount = 0;
  const noteUnread = (entry: FileEntry) => {
    if (!('failed' in entry)) return;
    unreadCount += 1;
    if (unread.length < NAMED) unread.push(nameOf(entry));
  };
  const chosen = await choose(run, path, noteUnread);
  const opener = await openerOf(run);
  const wrong: string[] = [];
  const unknown: string[] = [];
  let [count, bytes, inARow] = [0, 0, 0];
  for await (const { file, problem } of inOrder(pieces(chosen, opener), files.workers)) {
    count += 1;
    if (problem === undefined) bytes += file.size;
    else (problem.wrong ? wrong : unknown).push(`${nameOf(file)}: ${problem.why}`);
    inARow = problem?.outage === true ? inARow + 1 : 0;
    if (inARow < FAILURES_IN_A_ROW) continue;
    unknown.push(`${inARow} files in a row could not be read, so no further ones were asked for`);
    break;
  }
  if (unreadCount > 0)
    unknown.push(
      `${unreadCount} files could not be read when ${inventory.id} was made, so their content is not in the backup: ${unread.join(', ')}`,
    );
  return judged('files', { wrong, unknown }, [
    figure('files', count, 'files'),
    figure('bytes', bytes, 'bytes'),
    figure('duration', (performance.now() - began) / 1000, 'seconds'),
  ]);
}

/** All, as they are read, or so many at random: the inventory may be larger than memory. */
async function choose(
  { config }: DrillRun,
  path: string,
  note: (entry: FileEntry) => void,
): Promise<AsyncIterable<StoredFile> | readonly StoredFile[]> {
  const { mode, sample } = config.drill.files;
  const stored = async function* () {
    for await (const entry of readEntries(path)) {
      if (isStored(entry)) yield entry;
      else note(entry);
    }
  };
  if (mode === 'all') return stored();
  return await reservoir(stored(), sample);
}

/** So many of them, each with the same chance, in one pass. */
export async function reservoir<T>(
  items: AsyncIterable<T>,
  size: number,
  random: (below: number) => number = randomInt,
): Promise<T[]> {
  const kept: T[] = [];
  let seen = 0;
  for await (const item of items) {
    seen += 1;
    const place = kept.length < size ? kept.length : random(seen);
    if (place < size) kept[place] = item;
  }
  return kept;
}

async function openerOf({ bucket, keyring, config, scratch, signal }: DrillRun): Promise<BlobOpener> {
  const privateKey = process.env[ENV.gpgPrivateKey] ?? '';
  return {
    bucket,
    keyring,
    small: await openSmallOpener(privateKey, process.env[ENV.gpgPassphrase]),
    directory: scratch,
    spoolBytes: config.files.spoolMiB * MIB,
    attempts: config.upload.attempts,
    signal,
  };
}

async function* pieces(
  files: AsyncIterable<StoredFile> | readonly StoredFile[],
  opener: BlobOpener,
): AsyncGenerator<Piece<Outcome>> {
  for await (const file of files) yield { work: async () => await prove(file, opener) };
}

async function prove(file: StoredFile, opener: BlobOpener): Promise<Outcome> {
  try {
    await using _ = await openBlob(opener, file);
    return { file };
  } catch (error) {
    opener.signal.throwIfAborted();
    const why =
      error instanceof ObjectArchivedError
        ? 'its blob is in an archive class of S3, and has to be thawed before it can be read'
        : reason(error);
    const outage = !(isBlobFailure(error) || error instanceof ObjectArchivedError);
    return { file, problem: { wrong: isBlobFailure(error), outage, why } };
  }
}
