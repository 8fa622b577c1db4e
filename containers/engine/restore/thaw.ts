import { setTimeout as sleep } from 'node:timers/promises';
import { findSet, readSet } from '../../../core/catalog.ts';
import type { Config } from '../../../core/config.ts';
import { ManifestArchivedError, type ThawRefusedError, UsageError } from '../../../core/errors/index.ts';
import { FULL_KINDS } from '../../../core/kinds.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { OBJECT } from '../../../core/names.ts';
import { parseSetId } from '../../../core/set-id.ts';
import { fewestDays, neededUntil, type ThawOption, type Tier, usualDays } from '../../../core/thaw.ts';
import {
  allReadable,
  askFor,
  bytesOf,
  optionsOf,
  refusalOf,
  type Survey,
  survey,
  waitingOf,
} from '../../../core/thaw-objects.ts';
import type { Reporter } from '../progress/reporter.ts';
import { runMinutes } from '../settings.ts';
import { archiveStore } from '../storage/archive-store.ts';
import { type Bucket, listKeys, openBucket, proveBucket } from '../storage/bucket.ts';
import { findTables, objectsOf } from './selective/set-tables.ts';

export interface ThawRequest {
  readonly tables?: readonly string[];
  readonly tier: Tier;
  readonly days?: number;
  readonly wait?: boolean;
  readonly plan?: boolean;
}

/** How the objects of a set stand after `thaw`. */
export interface ThawReport {
  readonly id: string;
  readonly outcome: 'readable' | 'thawing' | 'planned';
  readonly tier: Tier;
  readonly days: number;
  readonly objects: number;
  readonly bytes: number;
  /** Objects that can be read, all or by a copy … */
  readonly readable: number;
  /** … the first of which ends then; nothing where none is a copy. */
  readonly readableUntil: string | null;
  /** Objects this run has asked for. */
  readonly asked: number;
  /** Objects that cannot be read yet, and their size. */
  readonly waitingFor: number;
  readonly waitingForBytes: number;
  /** By the tier asked for: the wait at most, from when it was asked for, and the price by list, of all that waits. */
  readonly waitHours: number | null;
  readonly costUsd: number | null;
  /** The same by every tier there is for them. */
  readonly options: readonly ThawOption[];
  /** When lifecycle removes the first of the objects, thawed or not. */
  readonly removedAt: string | null;
  readonly next: string;
  readonly refused?: ThawRefusedError;
}

/**
 * Asks S3 for the objects of a set that are in an archive class, and says how they stand. Asked twice, it asks for nothing
 * twice.
 * @throws NoSuchSetError, NoSuchTableError, UsageError, StorageError
 */
export async function thaw(
  config: Config,
  asked: string,
  request: ThawRequest,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<ThawReport> {
  const minutes = runMinutes(config);
  const deadline = Date.now() + minutes * 60_000;
  const days = daysOf(request, minutes);
  const bucket = openBucket(config.upload.attempts);
  await proveBucket(bucket);
  const { id, keys } = await whatToThaw(bucket, asked, request.tables ?? []);
  const store = archiveStore(bucket, signal);
  const look = () => survey(store, keys, neededUntil(new Date(), minutes));
  const before = await look();
  const report = (found: Survey, more: Pick<ThawReport, 'outcome' | 'asked' | 'next'>): ThawReport => ({
    ...describe(found, request.tier, days),
    id,
    tier: request.tier,
    days,
    ...more,
  });
  if (request.plan === true)
    return report(before, { outcome: 'planned', asked: 0, next: 'run it without --plan' });
  const refusals = await askFor(store, before, request.tier, days);
  const refused = refusalOf(refusals, before.missing);
  const number = before.archived.length + before.expiring.length - refusals.size;
  let found = number === 0 ? before : await look();
  reporter.notice('asked S3 to thaw', { id, objects: number, tier: request.tier, days });
  const pause = config.thaw.pollSeconds * 1000;
  while (request.wait === true && refused === undefined && !allReadable(found)) {
    // the run ends by saying how things stand, not by its time limit
    if (Date.now() + pause > deadline) break;
    const { waitingFor, waitingForBytes } = describe(found, request.tier, days);
    reporter.notice('waiting for S3', { waitingFor, waitingForBytes, lookAgainInSeconds: pause / 1000 });
    await sleep(pause, undefined, { signal });
    found = await look();
  }
  const readable = allReadable(found);
  return {
    ...report(found, {
      outcome: readable ? 'readable' : 'thawing',
      asked: number,
      next: readable
        ? `restore ${id}`
        : 'run the same again later, or with --wait, and restore when it says readable',
    }),
    ...(refused === undefined ? {} : { refused }),
  };
}

/** @throws UsageError when copies would end before a restore that begins at once might */
function daysOf({ days }: ThawRequest, minutes: number): number {
  const fewest = fewestDays(minutes);
  if (days === undefined || days >= fewest) return days ?? usualDays(minutes);
  throw new UsageError(
    `--days ${days} is less than a restore may take (limits.runMinutes or BACKUP_RUN_MINUTES: ${minutes}); give ${fewest} or more`,
  );
}

/** Keys that a restore reads: of the tables, or of all of the set with what says that it is one. */
async function whatToThaw(
  bucket: Bucket,
  asked: string,
  tables: readonly string[],
): Promise<{ id: string; keys: string[] }> {
  if (asked !== 'latest') {
    const entry = await readSet(bucket, parseSetId(asked));
    // which objects belong to tables is not known before the manifest can be read
    if (entry?.problem instanceof ManifestArchivedError)
      return { id: entry.id, keys: await listKeys(bucket, entry.folder) };
  }
  const { id, folder, manifest } = await findSet(bucket, asked, { kinds: FULL_KINDS });
  return { id, keys: objectsFor(manifest, tables).map(({ key }) => folder + key) };
}

function objectsFor(manifest: Manifest, tables: readonly string[]): readonly { key: string }[] {
  if (tables.length === 0) return manifest.objects.filter(({ key }) => key !== OBJECT.instructions);
  const holding = objectsOf(manifest, findTables(manifest, tables));
  return [...manifest.objects.filter(({ role }) => role === 'schema'), ...holding];
}

function describe(found: Survey, tier: Tier, days: number) {
  const waiting = waitingOf(found);
  const options = waiting.length === 0 ? [] : optionsOf(found, days);
  const chosen = options.find((option) => option.tier === tier);
  return {
    objects: found.readable.length + waiting.length + found.missing.length,
    bytes: bytesOf([...found.readable, ...waiting]),
    readable: found.readable.length,
    readableUntil: found.readableUntil?.toISOString() ?? null,
    waitingFor: waiting.length,
    waitingForBytes: bytesOf(waiting),
    waitHours: waiting.length === 0 ? 0 : (chosen?.waitHours ?? null),
    costUsd: waiting.length === 0 ? 0 : (chosen?.costUsd ?? null),
    options,
    removedAt: found.removedAt?.toISOString() ?? null,
  };
}
