import { type CatalogEntry, listSetIds, readSet } from '../../../core/catalog.ts';
import { reason } from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { type SetTraits, whyUnusable } from '../../../core/reuse.ts';
import { formatSetId } from '../../../core/set-id.ts';
import { unlessAborted } from '../storage/unless-aborted.ts';
import { readable } from './claim.ts';
import type { BackupRun } from './context.ts';
import { mayReuse } from './slicing.ts';

/** An earlier set of the kind whose objects may be taken over. */
export interface Base {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Sets that are looked at, from the newest on: three hours of critical ones. Where none of them is verified, all is read. */
const CANDIDATES = 12;
/** How long looking may take: reading everything is no failure, and the snapshot is being held. */
const LOOKING_MS = 60_000;

/**
 * The newest verified set of the kind, if its objects could be those of the new set. Whatever keeps it from being found is
 * told and is no failure: then everything is read.
 * @param now what the new set is like
 */
export async function findBase(run: BackupRun, now: SetTraits): Promise<Base | undefined> {
  if (!mayReuse(run)) return undefined;
  const found = await newestVerified(run, now).catch((error: unknown) => {
    run.signal.throwIfAborted();
    return reason(error);
  });
  if (typeof found !== 'string') return found;
  run.reporter.notice('every table is read, none is taken over from an earlier set', { because: found });
  return undefined;
}

/** @returns the set, or why there is none */
async function newestVerified(run: BackupRun, now: SetTraits): Promise<Base | string> {
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(LOOKING_MS)]);
  const { bucket } = run.sealer;
  // of a set that nobody has verified, a role that may not list is told that reading its finding is forbidden
  const store = { ...bucket, getText: (key: string) => readable(() => bucket.getText(key)) };
  const ids = await unlessAborted(listSetIds(store, [run.id.kind]), signal);
  // a slot that is yet to come is a clock that was wrong, or somebody who wants everything read: it must not crowd out the others
  const latest = Math.max(run.id.slot.getTime(), Date.parse(now.snapshot.time));
  const newestFirst = ids
    .filter((id) => formatSetId(id) !== formatSetId(run.id) && id.slot.getTime() <= latest)
    .sort((a, b) => b.slot.getTime() - a.slot.getTime())
    .slice(0, CANDIDATES);
  for (const id of newestFirst) {
    const entry = await unlessAborted(readSet(store, id), signal);
    // what is damaged in it may be a copy of what lies in those before it
    if (entry?.state === 'failed') return `${entry.id} was found damaged`;
    if (!isVerified(entry) || isYetToCome(entry.manifest, now)) continue;
    const { folder, manifest } = entry;
    const why = whyUnusable(manifest, now);
    return why === undefined ? { folder, manifest } : `${manifest.id}: ${why}`;
  }
  return `there is no verified set of the kind among the newest ${newestFirst.length}`;
}

function isVerified(entry: CatalogEntry | undefined): entry is CatalogEntry & { manifest: Manifest } {
  return entry?.state === 'verified' && entry.manifest !== undefined;
}

/** Of a clock that was wrong: an older set may do. */
function isYetToCome({ snapshot }: Manifest, now: SetTraits): boolean {
  return Date.parse(snapshot.time) > Date.parse(now.snapshot.time);
}
