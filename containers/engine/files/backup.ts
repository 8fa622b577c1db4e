import { randomUUID } from 'node:crypto';
import type { Config } from '../../../core/config.ts';
import {
  BlobReplacedError,
  ObjectTakenError,
  ProjectStorageFailedError,
} from '../../../core/errors/index.ts';
import { type FileEntry, isStored, nameOf } from '../../../core/files/entry.ts';
import {
  blobKey,
  FILES,
  FILES_FORMAT,
  type FilesManifest,
  inventoryFolder,
  inventoryId,
  serializeFilesManifest,
} from '../../../core/files/manifest.ts';
import { excluder } from '../../../core/files/patterns.ts';
import { projectName } from '../../../core/files/project.ts';
import { ENV } from '../../../core/names.ts';
import { MIB } from '../../../core/part-sizes.ts';
import { claimSlot, committedManifest } from '../backup/claim.ts';
import { openPublicKeyring } from '../programs/gpg.ts';
import { makePrivateDirectory } from '../programs/leftovers.ts';
import { openSmallMessages } from '../programs/openpgp.ts';
import type { Reporter } from '../progress/reporter.ts';
import { requireEnv, sourceDatabase } from '../settings.ts';
import { openBucket, proveBucket } from '../storage/bucket.ts';
import { Bandwidth } from './bandwidth.ts';
import { BlobIndex } from './blob-index.ts';
import { BlobStore } from './blob-store.ts';
import { copyFile, newTally, noteFailure, storedEntry, type Tally } from './copy-file.ts';
import { earlierRuns } from './earlier-runs.ts';
import { inOrder, type Piece } from './in-order.ts';
import { KnownFiles } from './known-files.ts';
import { openProjectStorage, proveStorage } from './project-storage.ts';
import type { FileSource } from './read-file.ts';
import { type BucketRow, openRows } from './rows.ts';
import { PartsWriter, writeInventory } from './write-inventory.ts';

/** `existing`: another run had made this slot's inventory before, or meanwhile. */
export type FilesOutcome =
  | { readonly kind: 'made'; readonly manifest: FilesManifest; readonly tally: Tally }
  | { readonly kind: 'existing' };

const TELL_EVERY_MS = 10_000;

/**
 * Brings all files of the project's buckets into the backup bucket that are not there yet, and writes an inventory of them. What
 * can be wrong with input, keys, database or storage is found before a file is read; the manifest, written last and only if
 * absent, is what makes it an inventory.
 */
export async function backupFiles(
  config: Config,
  slot: Date,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<FilesOutcome> {
  const startedAt = new Date();
  const address = await sourceDatabase();
  const storage = openProjectStorage('', config.files.attempts);
  const bucket = openBucket(config.upload.attempts);
  const publicKey = requireEnv(ENV.gpgPublicKey, 'the armoured public key of the recipients');
  const excluded = excluder(config.files.exclude);
  await using keyring = await openPublicKeyring(publicKey);
  await using rows = await openRows(address, signal);
  await using scratch = await makePrivateDirectory('vpb-files-');
  const buckets = await rows.buckets();
  await proveBucket(bucket);
  await proveStorage(storage, buckets);
  const folder = inventoryFolder(slot);
  const claim = await claimSlot(bucket, folder, randomUUID(), reporter, signal);
  if (claim.kind === 'committed') return { kind: 'existing' };
  const broken = new AbortController();
  const stop = AbortSignal.any([signal, broken.signal]);
  try {
    const index = await reporter.phase('blobs', () => BlobIndex.load(bucket));
    const earlier = await earlierRuns(bucket, scratch.path, config.upload.attempts, reporter, stop);
    const small = await openSmallMessages(publicKey);
    const { bandwidthMiBps, spoolMiB, attempts, workers } = config.files;
    const run: Run = {
      source: {
        storage,
        rows,
        bandwidth: new Bandwidth(bandwidthMiBps),
        directory: scratch.path,
        spoolBytes: spoolMiB * MIB,
        attempts,
        signal: stop,
      },
      store: new BlobStore({ bucket, index, keyring, small, upload: config.upload, signal: stop }),
      index,
      known: await KnownFiles.open(earlier),
      excluded,
      tally: newTally(),
      parts: new PartsWriter(bucket, folder + claim.namesBelow),
      reporter,
      workers,
    };
    const key = claim.namesBelow + FILES.inventory;
    const inventory = await reporter.phase('files', () =>
      writeInventory(bucket, folder + key, entriesOf(run, buckets, broken), config.upload, stop),
    );
    const { host: storageHost } = storage;
    const manifest: FilesManifest = {
      ...FILES_FORMAT,
      id: inventoryId(slot),
      slot: slot.toISOString(),
      startedAt: startedAt.toISOString(),
      finishedAt: new Date().toISOString(),
      source: { project: projectName(address.keywords, process.env[ENV.supabaseProjectRef]), storageHost },
      inventory: { key, ...inventory },
      counts: run.tally.counts,
      buckets,
      exclude: config.files.exclude,
      recipients: [...keyring.fingerprints],
      seconds: { ...reporter.timings },
    };
    stop.throwIfAborted();
    const committed = await bucket.putText(folder + FILES.manifest, serializeFilesManifest(manifest), {
      ifAbsent: true,
    });
    await claim.release(false);
    return committed ? { kind: 'made', manifest, tally: run.tally } : { kind: 'existing' };
  } catch (error) {
    broken.abort(error);
    await claim.release(true);
    if (error instanceof ObjectTakenError && (await committedManifest(bucket, folder)) !== undefined)
      return { kind: 'existing' };
    signal.throwIfAborted();
    throw error;
  }
}

interface Run {
  readonly source: FileSource;
  readonly store: BlobStore;
  readonly index: BlobIndex;
  readonly known: KnownFiles;
  readonly excluded: (name: string) => boolean;
  readonly tally: Tally;
  readonly parts: PartsWriter;
  readonly reporter: Reporter;
  readonly workers: number;
}

/** A line, and whether this run has read its file. */
interface Line {
  readonly entry: FileEntry | undefined;
  readonly isNew: boolean;
}

/** Lines of the inventory in their order, while files are copied; what was read is written down also when it breaks off. */
async function* entriesOf(
  run: Run,
  buckets: readonly BucketRow[],
  broken: AbortController,
): AsyncGenerator<FileEntry> {
  const { tally, parts, workers } = run;
  const { counts } = tally;
  try {
    for await (const { entry, isNew } of inOrder(linesOf(run, buckets, broken), workers)) {
      if (entry === undefined) continue;
      if (isStored(entry)) {
        counts.files += 1;
        counts.bytes += entry.size;
        if (isNew) await parts.add(entry);
      }
      yield entry;
    }
    if (counts.failed > 0 && counts.files + counts.missing === 0)
      throw new ProjectStorageFailedError('reading them', counts.failed, tally.failed.names.at(-1));
  } catch (error) {
    await parts.flush().catch(() => undefined);
    throw error;
  } finally {
    await run.known.close();
  }
}

async function* linesOf(
  { source, store, index, known, excluded, tally, reporter }: Run,
  buckets: readonly BucketRow[],
  broken: AbortController,
): AsyncGenerator<Piece<Line>> {
  let told = performance.now();
  for (const { id } of buckets) {
    for await (const row of source.rows.filesOf(id)) {
      source.signal.throwIfAborted();
      if (performance.now() - told > TELL_EVERY_MS) {
        told = performance.now();
        const { files, read, readBytes } = tally.counts;
        reporter.notice('progress', { files, read, readBytes, bucket: id });
      }
      if (excluded(row.name)) {
        tally.counts.excluded += 1;
        continue;
      }
      const before = await known.find(row);
      const there = before && index.sizeOf(before.sha256);
      if (before !== undefined && there === before.stored.bytes) {
        tally.counts.unchanged += 1;
        yield { ready: { entry: storedEntry(row, before), isNew: false } };
        continue;
      }
      if (before !== undefined && there !== undefined) {
        const failed = new BlobReplacedError(nameOf(row), blobKey(before.sha256), there, before.stored.bytes);
        yield { ready: { entry: noteFailure(tally, reporter, row, failed), isNew: false } };
        continue;
      }
      yield {
        work: async () => {
          try {
            return { entry: await copyFile(source, store, tally, reporter, row), isNew: true };
          } catch (error) {
            // its line may be a long way from being written, and the others need not be copied till then
            broken.abort(error);
            throw error;
          }
        },
      };
    }
  }
}
