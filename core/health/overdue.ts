import type { ObjectStore } from '../catalog.ts';
import { OBJECT } from '../names.ts';
import { formatSetId, setFolder } from '../set-id.ts';
import type { Expectations, KindExpectation } from './expectations.ts';
import { type KindHistory, snapshotOf } from './history.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Folders that are looked into: one proves that retention or lifecycle stands still, more say how long. */
const LOOKED_INTO = 25;

/** Sets that are there long after they could have gone: retention does not mark, or lifecycle does not expire. */
export interface Overdue {
  /** Those that were looked into and are overdue. */
  readonly sets: number;
  /** The oldest of them. */
  readonly oldest: string | undefined;
  /** Whether there are more that nobody looked into. */
  readonly more: boolean;
}

/**
 * Counts what retention would have let go (core/retention.ts) more than the grace ago. By slots first, which takes nothing;
 * then by when the objects were written, for a set may be made long after it was due.
 */
export async function findOverdue(
  store: ObjectStore,
  { ids, verified }: Pick<KindHistory, 'ids' | 'verified'>,
  { keepDays, keepVerified }: Pick<KindExpectation, 'keepDays' | 'keepVerified'>,
  { retentionGraceDays }: Pick<Expectations['health'], 'retentionGraceDays'>,
  now: Date,
): Promise<Overdue> {
  const before = now.getTime() - (keepDays + retentionGraceDays) * DAY_MS;
  const spared = verified[keepVerified - 1];
  if (spared === undefined) return { sets: 0, oldest: undefined, more: false };
  const limit = Math.min(before, snapshotOf(spared) - 1);
  // newest slot first, so the oldest are the last
  const candidates = ids.filter(({ slot }) => slot.getTime() <= limit).reverse();
  const looked = candidates.slice(0, LOOKED_INTO);
  const written = await Promise.all(looked.map((id) => writtenAt(store, setFolder(id))));
  const overdue = looked.filter((_, at) => (written[at] ?? Number.POSITIVE_INFINITY) <= limit);
  const [oldest] = overdue;
  return {
    sets: overdue.length,
    oldest: oldest === undefined ? undefined : formatSetId(oldest),
    more: overdue.length > 0 && candidates.length > looked.length,
  };
}

/** When the set was finished, or without a manifest when the last of it was written; nothing where it is gone. */
async function writtenAt(store: ObjectStore, folder: string): Promise<number | undefined> {
  const objects = await store.listObjects(folder);
  if (objects.length === 0) return undefined;
  const manifest = objects.find(({ key }) => key === folder + OBJECT.manifest);
  return manifest?.modified.getTime() ?? Math.max(...objects.map(({ modified }) => modified.getTime()));
}
