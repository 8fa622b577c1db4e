import { type ObjectStore, readSet } from './catalog.ts';
import { KIND_PREFIX, type Kind } from './kinds.ts';
import { OBJECT } from './names.ts';
import { setFolder, setOfFolder } from './set-id.ts';

/** How well a kind is provided for. */
export interface Freshness {
  readonly kind: Kind;
  /** Sets there are, verified or not; folders without a manifest are none. */
  readonly sets: number;
  /** The newest verified set and the minutes since its snapshot; nothing where no set is verified. */
  readonly newestVerified: { readonly id: string; readonly ageMinutes: number } | undefined;
}

/**
 * Measures a kind from what is in the bucket alone: a scheduler that believes to have run proves nothing (spec M1).
 * Reads manifests from the newest slot down, and stops at the first that is verified and whose slot has come: one made for
 * a slot to come is no newer than its snapshot.
 */
export async function measureFreshness(store: ObjectStore, kind: Kind, now: Date): Promise<Freshness> {
  const objects = await store.listObjects(`${KIND_PREFIX[kind]}/`);
  const ids = objects
    .map(({ key }) => ({ key, id: setOfFolder(key) }))
    .flatMap(({ key, id }) => (id !== undefined && key === setFolder(id) + OBJECT.manifest ? [id] : []))
    .sort((a, b) => b.slot.getTime() - a.slot.getTime());
  let newest: Freshness['newestVerified'];
  for (const id of ids) {
    const entry = await readSet(store, id);
    if (entry?.state !== 'verified' || entry.manifest === undefined) continue;
    const ageMinutes = (now.getTime() - Date.parse(entry.manifest.snapshot.time)) / 60_000;
    if (newest === undefined || ageMinutes < newest.ageMinutes) newest = { id: entry.id, ageMinutes };
    if (id.slot <= now) break;
  }
  return { kind, sets: ids.length, newestVerified: newest };
}
