import { type CatalogEntry, listSetIds, type ObjectStore, readSet, type SetState } from '../catalog.ts';
import { ManifestArchivedError, reason, StorageError } from '../errors/index.ts';
import type { Kind } from '../kinds.ts';
import type { Manifest } from '../manifest.ts';
import { formatSetId, type SetId, setFolder } from '../set-id.ts';

/** Sets before the newest one that it is measured by. */
export const HISTORY = 14;
/** Sets read at once: the newest one, those before it, and one that is being made. */
const BATCH = HISTORY + 2;
/** Sets looked at for those before the newest; the newest itself is looked for to the end. */
const LOOKED_AT = 4 * BATCH;
/** Folders without a manifest that are listed one by one; a schedule that fails for a week leaves hundreds. */
const UNFINISHED_LISTED = BATCH;
/** Two clocks that differ by more are not merely two clocks. */
const SKEW_MS = 10 * 60_000;

/** The folder of a run that has not written a manifest: one under way, or one that ended without a set. */
export interface UnfinishedRun {
  readonly id: string;
  /** When the oldest object in it was written, and the newest: a run that is alive writes its claim every half minute. */
  readonly begunAt: Date;
  readonly writtenAt: Date;
}

/** What of a set its health goes by. Its manifest may be megabytes, and a kind has many. */
export interface SeenSet {
  readonly id: string;
  readonly slot: Date;
  readonly state: SetState;
  /** Nothing where the manifest cannot be read. */
  readonly made: MadeSet | undefined;
  /** When its newest verification was made. */
  readonly verifiedAt: Date | undefined;
  /** Whether the manifest cannot be read because it lies in an archive class. */
  readonly archived: boolean;
}

export interface MadeSet {
  readonly snapshotAt: Date;
  readonly finishedAt: Date;
  /** From the first to the last of the run, by one clock; one that was turned back in between says nothing. */
  readonly minutes: number;
  /** What went into it, before compression and encryption: neither has a say in it. */
  readonly bytes: number;
}

export type VerifiedSet = SeenSet & { readonly made: MadeSet };

/** What was read of a kind, from the newest slot down as far as it takes. */
export interface KindHistory {
  readonly kind: Kind;
  /** Every folder of the kind, newest slot first. */
  readonly ids: readonly SetId[];
  /** Sets among those looked at, whatever their state, newest slot first. */
  readonly sets: readonly SeenSet[];
  /** Verified ones with a snapshot that has been, newest snapshot first. */
  readonly verified: readonly VerifiedSet[];
  /** Ids of sets whose snapshot is still to come, by the clock that reads them: they are fresh by no clock. */
  readonly ahead: readonly string[];
  readonly unfinished: readonly UnfinishedRun[];
  /** Folders among those looked at that hold no manifest, listed or not. */
  readonly withoutManifest: number;
  /** What could not be read, with the reason. */
  readonly problems: readonly string[];
}

/**
 * Reads as much of a kind as its health takes: the list of its folders, and manifests from the newest slot down until there
 * are enough verified ones.
 * @param wanted verified sets that are looked for
 * @throws StorageError when the folders cannot be listed, or none of those at the top can be read
 */
export async function readHistory(
  store: ObjectStore,
  kind: Kind,
  wanted: number,
  now: Date,
): Promise<KindHistory> {
  const ids = (await listSetIds(store, [kind])).sort((a, b) => b.slot.getTime() - a.slot.getTime());
  const latest = now.getTime() + SKEW_MS;
  const seen: Seen = { sets: [], without: [], problems: [] };
  const verifiedOnes = () =>
    seen.sets.filter(
      (set): set is VerifiedSet =>
        set.state === 'verified' && set.made !== undefined && snapshotOf(set) <= latest,
    );
  for (let from = 0; from < ids.length; from += BATCH) {
    const found = verifiedOnes();
    // one made for a slot to come is no newer than its snapshot
    const newestFound = found.some(({ slot }) => slot <= now);
    if (newestFound && (found.length >= wanted || from >= Math.max(LOOKED_AT, 2 * wanted))) break;
    await readBatch(store, ids.slice(from, from + BATCH), seen);
  }
  const { sets, without, problems } = seen;
  const unfinished = await Promise.all(
    without.slice(0, UNFINISHED_LISTED).map((id) => listUnfinished(store, id, problems)),
  );
  return {
    kind,
    ids,
    sets,
    verified: verifiedOnes().sort((a, b) => snapshotOf(b) - snapshotOf(a)),
    ahead: sets.filter((entry) => snapshotOf(entry) > latest).map(({ id }) => id),
    unfinished: unfinished.filter((run) => run !== undefined),
    withoutManifest: without.length,
    problems,
  };
}

interface Seen {
  readonly sets: SeenSet[];
  readonly without: SetId[];
  readonly problems: string[];
}

/** One set that cannot be read hides no other; where none can be, going on would only take longer. */
async function readBatch(store: ObjectStore, ids: readonly SetId[], seen: Seen): Promise<void> {
  const read = await Promise.all(
    ids.map((id) => readSeen(store, id).catch((error: unknown) => ({ id, error: storageErrorOf(error) }))),
  );
  const failed = read.filter((each) => each !== undefined && 'error' in each);
  const [first] = failed;
  if (first !== undefined && failed.length === read.length) throw first.error;
  for (const [at, each] of read.entries()) {
    const id = ids[at];
    if (each === undefined) {
      if (id !== undefined) seen.without.push(id);
    } else if ('error' in each) seen.problems.push(`${formatSetId(each.id)}: ${reason(each.error)}`);
    else seen.sets.push(each);
  }
}

async function readSeen(store: ObjectStore, id: SetId): Promise<SeenSet | undefined> {
  const entry = await readSet(store, id);
  return entry && seenSet(entry);
}

function seenSet({ id, slot, state, manifest, verification, problem }: CatalogEntry): SeenSet {
  return {
    ...{ id, slot, state },
    made: manifest && madeSet(manifest),
    verifiedAt: verification && new Date(verification.at),
    archived: problem instanceof ManifestArchivedError,
  };
}

function madeSet({ snapshot, startedAt, finishedAt, objects }: Manifest): MadeSet {
  return {
    snapshotAt: new Date(snapshot.time),
    finishedAt: new Date(finishedAt),
    minutes: Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 60_000,
    bytes: objects.reduce((sum, { plain }) => sum + plain.bytes, 0),
  };
}

async function listUnfinished(
  store: ObjectStore,
  id: SetId,
  problems: string[],
): Promise<UnfinishedRun | undefined> {
  try {
    const times = (await store.listObjects(setFolder(id))).map(({ modified }) => modified.getTime());
    // lifecycle was faster
    if (times.length === 0) return undefined;
    const [begunAt, writtenAt] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
    return { id: formatSetId(id), begunAt, writtenAt };
  } catch (error) {
    problems.push(`${formatSetId(id)}: ${reason(storageErrorOf(error))}`);
    return undefined;
  }
}

/** What S3 refuses is an answer here; what is broken in this product is not. */
export function storageErrorOf(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  throw error;
}

/** Milliseconds; of a set without a readable manifest its slot. */
export function snapshotOf({ made, slot }: SeenSet): number {
  return (made?.snapshotAt ?? slot).getTime();
}
