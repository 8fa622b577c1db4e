import { listSetIds, listSets, type ObjectStore, type SetState } from './catalog.ts';
import { KINDS, type Kind } from './kinds.ts';
import type { Policy } from './policy.ts';
import { formatSetId, type SetId, setFolder } from './set-id.ts';

const DAY_MS = 24 * 60 * 60_000;

/** What retention needs to know of a set, or of the folder of a run that never finished one. */
export interface JudgedSet {
  readonly id: string;
  readonly kind: Kind;
  readonly folder: string;
  /** `incomplete`: without a manifest, so no backup; a run that failed, or one under way. */
  readonly state: SetState | 'incomplete';
  /** How old the data is: the snapshot, or where there is none the slot or the newest object, whichever is later. */
  readonly time: Date;
}

export interface RetentionPlan {
  readonly expire: readonly JudgedSet[];
  readonly keep: readonly { readonly set: JudgedSet; readonly reason: string }[];
}

/**
 * Which sets may go (spec P10): those that are old enough, and have enough newer verified ones of their kind. So the
 * newest verified sets stay whatever happens, and so do older ones for as long as nothing verified has come after them.
 * The same holds for sets that are damaged, unverified, unreadable or incomplete: somebody may want to look at them,
 * and an old unverified set is better than none.
 */
export function planRetention(
  sets: readonly JudgedSet[],
  retention: Policy['retention'],
  now: Date,
): RetentionPlan {
  const verified = newestVerified(sets, retention);
  const judged = sets.map((set) => ({
    set,
    reason: reasonToKeep(set, retention[set.kind], verified[set.kind], now),
  }));
  return {
    expire: judged.flatMap(({ set, reason }) => (reason === undefined ? [set] : [])),
    keep: judged.flatMap(({ set, reason }) => (reason === undefined ? [] : [{ set, reason }])),
  };
}

/** Times of the newest verified sets of each kind, no more than are to be kept. */
function newestVerified(sets: readonly JudgedSet[], retention: Policy['retention']): Record<Kind, Date[]> {
  const ofKind = (kind: Kind): Date[] =>
    sets
      .filter((set) => set.kind === kind && set.state === 'verified')
      .map(({ time }) => time)
      .sort((a, b) => b.getTime() - a.getTime())
      .slice(0, retention[kind].keepVerified);
  return Object.fromEntries(KINDS.map((kind) => [kind, ofKind(kind)])) as Record<Kind, Date[]>;
}

function reasonToKeep(
  { time }: JudgedSet,
  { keepVerified, keepDays }: Policy['retention'][Kind],
  verified: readonly Date[],
  now: Date,
): string | undefined {
  const ageDays = (now.getTime() - time.getTime()) / DAY_MS;
  if (ageDays < keepDays) return `${ageDays.toFixed(1)} days old, kept for ${keepDays}`;
  const newer = verified.filter((each) => each > time).length;
  return newer < keepVerified ? `newer verified sets: ${newer}, wanted: ${keepVerified}` : undefined;
}

/** All sets of a kind as retention sees them, and the folders of runs that made none. */
export async function judgedSets(store: ObjectStore, kind: Kind): Promise<JudgedSet[]> {
  // folders first: one whose manifest comes in between is then a set, not a remnant
  const ids = await listSetIds(store, [kind]);
  const sets = (await listSets(store, [kind])).map(({ id, folder, state, manifest, slot }) => ({
    id,
    kind,
    folder,
    state,
    time: manifest === undefined ? slot : new Date(manifest.snapshot.time),
  }));
  const known = new Set(sets.map(({ id }) => id));
  const without = ids.filter((id) => !known.has(formatSetId(id)));
  return [...sets, ...(await Promise.all(without.map((id) => incomplete(store, id))))];
}

/** A run under way may be for a slot long past: it is as old as the last thing it wrote. */
async function incomplete(store: ObjectStore, id: SetId): Promise<JudgedSet> {
  const folder = setFolder(id);
  const written = (await store.listObjects(folder)).map(({ modified }) => modified.getTime());
  const time = new Date(Math.max(id.slot.getTime(), ...written));
  return { id: formatSetId(id), kind: id.kind, folder, state: 'incomplete', time };
}
