import { type CatalogEntry, findSet, listSets } from '../../../core/catalog.ts';
import type { Config } from '../../../core/config.ts';
import { NoSuchSetError, SetsDisagreeError, UnsuitableSetError } from '../../../core/errors/index.ts';
import { FULL_KINDS, SCHEDULED_KINDS } from '../../../core/kinds.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { LEVEL_KINDS, newerLevels, type Overlay, pointInTime } from '../../../core/point-in-time.ts';
import type { RestoreRequest } from '../../../core/restore-request.ts';
import { parseInstant } from '../../../core/set-id.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Bucket } from '../storage/bucket.ts';
import { proveKey } from '../verify/run.ts';
import { proveReadable } from './archive-state.ts';

/** What a full restore is made of. */
export interface Sets {
  readonly base: CatalogEntry & { readonly manifest: Manifest };
  /** What is to be there in the end: the base's manifest, with what the overlays say of their tables. */
  readonly manifest: Manifest;
  readonly overlays: readonly Overlay[];
  readonly notRestored: readonly string[];
  /** For the result: what it was put together of, or what is newer and was not used. */
  readonly told: Readonly<Record<string, unknown>>;
}

/**
 * An id is that set and nothing else; `latest` the newest whole set; with an instant, the newest whole set before it with
 * the newer sets of single levels over it.
 * @throws NoSuchSetError, SetsDisagreeError
 */
export async function findSets(bucket: Bucket, { set, at }: RestoreRequest): Promise<Sets> {
  if (at === undefined) {
    const base = await findSet(bucket, set, { kinds: FULL_KINDS });
    const newer = set === 'latest' ? newerLevels(await listSets(bucket, LEVEL_KINDS), base) : [];
    const newerSets = newer.map(({ id, manifest }) => ({ id, snapshotAt: manifest.snapshot.time }));
    return {
      base,
      manifest: base.manifest,
      overlays: [],
      notRestored: [],
      told: set === 'latest' ? { newerSets } : {},
    };
  }
  const entries = await listSets(bucket, SCHEDULED_KINDS);
  const found = pointInTime(entries, parseInstant(at));
  if (found === undefined)
    throw new NoSuchSetError(
      `at or before ${parseInstant(at).toISOString()}`,
      entries.filter(({ kind }) => FULL_KINDS.includes(kind)).map(({ id }) => id),
    );
  if (found.unmatched.length > 0) throw new SetsDisagreeError(found.base.id, found.unmatched);
  const { base, manifest, overlays, notRestored, levels } = found;
  return { base, manifest, overlays, notRestored, told: { at: parseInstant(at).toISOString(), levels } };
}

/** @throws UnsuitableSetError when it holds some tables only */
export function proveWhole(manifest: Manifest): void {
  if (manifest.limitedTo === null) return;
  throw new UnsuitableSetError(
    `${manifest.id} holds only ${manifest.tables.length} tables, not the database; restore a daily or weekly set in full`,
  );
}

/** All that are read. */
export function setsOf({ base, overlays }: Sets): Sets['base'][] {
  return [base, ...overlays.map(({ entry }) => entry)];
}

/** Version of the client programs that read all of them: the server may have been upgraded in between. */
export function clientMajorOf(sets: Sets): number {
  return Math.max(...setsOf(sets).map(({ manifest }) => manifest.client.postgresMajor));
}

/**
 * Whether all of it can be decrypted, and read, before anything is written.
 * @throws WrongKeyError, SetArchivedError
 */
export async function proveSets(
  bucket: Bucket,
  sets: Sets,
  keyring: DecryptingKeyring,
  { config, reporter, signal }: { config: Config; reporter: Reporter; signal: AbortSignal },
): Promise<void> {
  for (const { manifest, folder, state } of setsOf(sets)) {
    proveKey(manifest, keyring);
    await proveReadable(bucket, { manifest, folder }, config, signal);
    if (state !== 'verified') reporter.warn('this set is not verified', { id: manifest.id, state });
  }
}
