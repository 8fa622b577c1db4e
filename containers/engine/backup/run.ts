import { createHash, randomUUID } from 'node:crypto';
import { type Config, tablesOfKind } from '../../../core/config.ts';
import { databaseFailure, SlotTakenError } from '../../../core/errors/index.ts';
import { FULL_KINDS } from '../../../core/kinds.ts';
import { type Manifest, type SetObject, serializeManifest } from '../../../core/manifest.ts';
import { ENV, OBJECT } from '../../../core/names.ts';
import { formatSetId, type SetId, setFolder } from '../../../core/set-id.ts';
import { connect } from '../database/connect.ts';
import { readFurniture, readSequences } from '../database/inventory.ts';
import { limitLockWaits, lockFailure, takeSnapshot } from '../database/snapshot.ts';
import { openPublicKeyring } from '../programs/gpg.ts';
import type { Reporter } from '../progress/reporter.ts';
import { requireEnv, sourceDatabase, workerCount } from '../settings.ts';
import { type Bucket, openBucket, proveBucket } from '../storage/bucket.ts';
import { claimSlot } from './claim.ts';
import type { BackupRun } from './context.ts';
import { restoreInstructions } from './instructions.ts';
import { buildManifest, tableEntries } from './manifest.ts';
import { preflight, selectTables } from './preflight.ts';
import { readDatabase } from './read.ts';

/** `existing`: another run had made this slot's set before, or meanwhile; nothing of ours counts. */
export type BackupOutcome =
  | { readonly kind: 'made'; readonly manifest: Manifest }
  | { readonly kind: 'existing' };

/**
 * Makes the set of one slot. What can be wrong with input, keys, database or bucket is found before a row is read;
 * the manifest, written last and only if absent, is what makes the folder a backup.
 */
export async function backup(
  config: Config,
  id: SetId,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<BackupOutcome> {
  const startedAt = new Date();
  const address = sourceDatabase();
  const bucket = openBucket(config.upload.attempts);
  const limitedTo = tablesOfKind(config, id.kind);
  await using keyring = await openPublicKeyring(
    requireEnv(ENV.gpgPublicKey, 'the armoured public key of the recipients'),
  );
  const coordinator = await connect(address);
  try {
    await limitLockWaits(coordinator, config.backup.lockTimeoutSeconds);
    const found = await preflight(coordinator, config, limitedTo);
    await proveBucket(bucket);
    const folder = setFolder(id);
    const runId = randomUUID();
    const claim = await claimSlot(bucket, folder, runId, reporter, signal);
    if (claim.kind === 'committed') return { kind: 'existing' };
    const compressionLevel = config.backup.compressionLevel[id.kind];
    const failing = new AbortController();
    const run: BackupRun = {
      id,
      runId,
      config,
      address,
      ...found,
      sealer: {
        bucket,
        keyring,
        compressionLevel,
        upload: config.upload,
        signal: AbortSignal.any([signal, failing.signal]),
      },
      workers: workerCount(config),
      reporter,
      startedAt,
      folder,
      namesBelow: claim.namesBelow,
      signal: AbortSignal.any([signal, failing.signal]),
      fail: (cause) => failing.abort(cause),
    };
    try {
      const manifest = await makeSet(run, coordinator, limitedTo);
      await claim.release(false);
      return { kind: 'made', manifest };
    } catch (error) {
      await claim.release(true);
      if (error instanceof SlotTakenError && (await bucket.getText(folder + OBJECT.manifest)) !== undefined) {
        return { kind: 'existing' };
      }
      throw databaseFailure('reading the database', lockFailure(error, config.backup.lockTimeoutSeconds));
    }
  } catch (error) {
    throw lockFailure(error, config.backup.lockTimeoutSeconds);
  } finally {
    await coordinator.end().catch(() => undefined);
  }
}

async function makeSet(
  run: BackupRun,
  coordinator: Awaited<ReturnType<typeof connect>>,
  limitedTo: readonly string[] | undefined,
): Promise<Manifest> {
  const { reporter, config } = run;
  const excludedSchemas = config.backup.excludeSchemas;
  const stop = () => void coordinator.end().catch(() => undefined);
  run.signal.addEventListener('abort', stop, { once: true });
  reporter.notice('backup started', {
    id: formatSetId(run.id),
    database: run.facts.database,
    server: run.facts.serverVersion,
  });
  const snapshot = await reporter.phase('snapshot', () =>
    takeSnapshot(coordinator, {
      excludedSchemas,
      lockTimeoutSeconds: config.backup.lockTimeoutSeconds,
      select: (tables) => selectTables(tables, limitedTo),
    }),
  );
  const read = await reporter.phase('read', () => readDatabase(run, snapshot));
  const furniture = await readFurniture(coordinator, excludedSchemas);
  const owners = FULL_KINDS.includes(run.id.kind) ? undefined : snapshot.tables.map((table) => table.oid);
  const sequences = await readSequences(coordinator, excludedSchemas, owners);
  const tables = tableEntries(run, snapshot, read);
  const instructions = await putInstructions(
    run.sealer.bucket,
    run,
    restoreInstructions(run, read.objects, tables),
  );
  const objects = [...read.objects, instructions];
  const manifest = await buildManifest(run, snapshot, {
    read,
    tables,
    objects,
    furniture,
    sequences,
    limitedTo,
  });
  run.signal.throwIfAborted();
  const committed = await run.sealer.bucket.putText(
    run.folder + OBJECT.manifest,
    serializeManifest(manifest),
    { ifAbsent: true },
  );
  if (!committed) throw new SlotTakenError(formatSetId(run.id));
  run.signal.removeEventListener('abort', stop);
  return manifest;
}

async function putInstructions(bucket: Bucket, run: BackupRun, text: string): Promise<SetObject> {
  const key = run.namesBelow + OBJECT.instructions;
  const bytes = Buffer.from(text, 'utf8');
  const content = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  await bucket.putText(run.folder + key, text, { contentType: 'text/markdown; charset=utf-8' });
  return { key, role: 'instructions', plain: content, stored: content };
}
