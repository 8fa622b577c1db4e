import type { ObjectStore } from '../catalog.ts';
import { verifiedDrillAgeDays } from '../drill/age.ts';
import { drillOfFolder } from '../drill/keys.ts';
import { InventoryAheadError, ProductError, reason } from '../errors/index.ts';
import { inventoryAgeMinutes } from '../files/age.ts';
import { KINDS, type Kind } from '../kinds.ts';
import { PREFIX } from '../names.ts';
import type { PitrState } from '../supabase/pitr.ts';
import type { Expectations } from './expectations.ts';
import { HISTORY, readHistory } from './history.ts';
import { type KindHealth, kindHealth } from './kind.ts';
import { findOverdue } from './overdue.ts';

/** What was seen; or why nobody could look, which is never the same as well. */
export type Looked<T> = { readonly seen: T } | { readonly problem: string };

/** An upload in parts that was begun and neither completed nor given up. */
export interface OpenUpload {
  readonly key: string;
  readonly startedAt: Date;
}

/** Where health is read from. */
export interface HealthSources {
  readonly store: ObjectStore;
  readonly openUploads: () => Promise<readonly OpenUpload[]>;
  /** Nothing where nobody here may ask Supabase. */
  readonly pitr?: () => Promise<PitrState>;
}

export interface Health {
  readonly at: Date;
  readonly kinds: readonly { readonly kind: Kind; readonly looked: Looked<KindHealth> }[];
  readonly uploads: Looked<UploadsHealth>;
  /** Nothing where files are not backed up. */
  readonly files: Looked<FilesHealth> | undefined;
  /** Nothing where no drills are held. */
  readonly drill: Looked<DrillHealth> | undefined;
  /** Nothing where nobody asked. */
  readonly pitr: Looked<PitrState> | undefined;
}

export interface UploadsHealth {
  readonly open: number;
  readonly oldest: { readonly key: string; readonly ageHours: number } | undefined;
}

export interface FilesHealth {
  readonly made: 'yes' | 'not-here';
  /** Of the newest inventory; nothing where there is none. */
  readonly ageMinutes: number | undefined;
}

export interface DrillHealth {
  /** Whether any was ever held. */
  readonly held: boolean;
  /** Since the newest verified one; where there is none since the first set; nothing where there are no sets either. */
  readonly ageDays: number | undefined;
}

const HOUR_MS = 60 * 60_000;
/** Two clocks that differ by more are not merely two clocks. */
const SKEW_MINUTES = 10;

/**
 * Looks at everything there is about the backups, from what lies in the bucket alone: a scheduler that believes to have run
 * proves nothing (spec M1). What cannot be looked at hides nothing else.
 */
export async function measureHealth(
  { store, openUploads, pitr }: HealthSources,
  expected: Expectations,
  now: Date,
): Promise<Health> {
  const kinds: Health['kinds'][number][] = [];
  // one after the other: a manifest may be megabytes
  for (const kind of KINDS)
    kinds.push({ kind, looked: await look(() => measureKind(store, kind, expected, now)) });
  return {
    at: now,
    kinds,
    uploads: await look(async () => uploadsHealth(await openUploads(), now)),
    files: expected.files.made === 'no' ? undefined : await look(() => filesHealth(store, expected, now)),
    drill: expected.drill.made === 'no' ? undefined : await look(() => drillHealth(store, now)),
    pitr: pitr && (await look(pitr)),
  };
}

/** Measures one kind. @throws StorageError when nothing of it can be seen */
export async function measureKind(
  store: ObjectStore,
  kind: Kind,
  expected: Expectations,
  now: Date,
): Promise<KindHealth> {
  const ofKind = expected.kinds[kind];
  const wanted = Math.max(HISTORY + 1, ofKind.keepVerified);
  const history = await readHistory(store, kind, wanted, now);
  const overdue = await findOverdue(store, history, ofKind, expected.health, now);
  return kindHealth(history, overdue, ofKind, expected.health, now);
}

/** Only what the product knows as a failure is an answer; anything else is a fault of its own, and must not look like one. */
async function look<T>(at: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { seen: await at() };
  } catch (error) {
    if (!(error instanceof ProductError)) throw error;
    return { problem: reason(error) };
  }
}

function uploadsHealth(uploads: readonly OpenUpload[], now: Date): UploadsHealth {
  const [oldest] = uploads.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  const ageHours = (since: Date) => Math.max(0, now.getTime() - since.getTime()) / HOUR_MS;
  return {
    open: uploads.length,
    oldest: oldest && { key: oldest.key, ageHours: ageHours(oldest.startedAt) },
  };
}

async function filesHealth(
  store: ObjectStore,
  { files }: Pick<Expectations, 'files'>,
  now: Date,
): Promise<FilesHealth> {
  const ageMinutes = await inventoryAgeMinutes(store, now);
  if (ageMinutes !== undefined && ageMinutes < -SKEW_MINUTES) throw new InventoryAheadError(-ageMinutes, now);
  const made = files.made === 'yes' || ageMinutes !== undefined ? 'yes' : 'not-here';
  return { made, ageMinutes: ageMinutes === undefined ? undefined : Math.max(0, ageMinutes) };
}

async function drillHealth(store: ObjectStore, now: Date): Promise<DrillHealth> {
  const folders = await store.listFolders(`${PREFIX.drills}/`);
  return {
    held: folders.some((folder) => drillOfFolder(folder) !== undefined),
    ageDays: await verifiedDrillAgeDays(store, now),
  };
}
