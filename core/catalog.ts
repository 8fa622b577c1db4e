import { createHash } from 'node:crypto';
import PQueue from 'p-queue';
import {
  ManifestArchivedError,
  NoSuchSetError,
  ObjectArchivedError,
  ProductError,
  StorageError,
} from './errors/index.ts';
import { KIND_PREFIX, KINDS, type Kind, SCHEDULED_KINDS } from './kinds.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { OBJECT } from './names.ts';
import { formatSetId, parseSetId, type SetId, setFolder, setOfFolder } from './set-id.ts';
import { parseVerification, type Verification } from './verification.ts';

/** What the catalog needs of a bucket; both sides of the product bring their own client. */
export interface CatalogStore {
  /** Folders directly below a prefix that ends in a slash, each with its trailing slash. */
  listFolders(prefix: string): Promise<string[]>;
  /**
   * Text of an object, or nothing when there is none.
   * @throws ObjectArchivedError when it has to be thawed first
   */
  getText(key: string): Promise<string | undefined>;
}

/** A bucket whose objects can be listed one by one, with the time each was written. */
export interface ObjectStore extends CatalogStore {
  /** All objects whose key begins with the prefix. */
  listObjects(prefix: string): Promise<StoredObject[]>;
}

export interface StoredObject {
  readonly key: string;
  readonly modified: Date;
}

/** `verified` only when the newest verification is of this very manifest. */
export type SetState = 'verified' | 'unverified' | 'failed' | 'unreadable';

export interface CatalogEntry {
  readonly id: string;
  readonly kind: Kind;
  readonly slot: Date;
  readonly folder: string;
  readonly state: SetState;
  readonly manifest: Manifest | undefined;
  readonly verification: Verification | undefined;
  /** Why the manifest cannot be used, where it cannot. */
  readonly problem: ProductError | undefined;
}

/** An entry whose manifest can be read. */
export type UsableEntry = CatalogEntry & { readonly manifest: Manifest };

/** Requests under way at once while listing: enough to hide latency, few enough not to be throttled. */
const LIST_CONCURRENCY = 32;

/** Ids of all folders that look like a set's, in no order: with a manifest or without. */
export async function listSetIds(store: CatalogStore, kinds: readonly Kind[] = KINDS): Promise<SetId[]> {
  const folders = (await Promise.all(kinds.map((kind) => store.listFolders(`${KIND_PREFIX[kind]}/`)))).flat();
  return folders.map(setOfFolder).filter((id) => id !== undefined);
}

/** All sets of the kinds, newest slot first. A folder without a manifest is no backup and is not listed (spec B4). */
export async function listSets(store: CatalogStore, kinds: readonly Kind[] = KINDS): Promise<CatalogEntry[]> {
  const ids = await listSetIds(store, kinds);
  const queue = new PQueue({ concurrency: LIST_CONCURRENCY });
  const entries = await queue.addAll(ids.map((id) => () => readSet(store, id)));
  return entries.filter((entry) => entry !== undefined).sort((a, b) => b.slot.getTime() - a.slot.getTime());
}

/** One set, or nothing when it has no manifest. */
export async function readSet(store: CatalogStore, id: SetId): Promise<CatalogEntry | undefined> {
  const folder = setFolder(id);
  const about = { id: formatSetId(id), kind: id.kind, slot: id.slot, folder };
  const unreadable = { ...about, state: 'unreadable', manifest: undefined } as const;
  let verification: Verification | undefined;
  try {
    const text = await store.getText(folder + OBJECT.manifest);
    if (text === undefined) return undefined;
    const found = await store.getText(folder + OBJECT.verification);
    verification = found === undefined ? undefined : parseVerification(found);
    const manifest = parseManifest(text, folder + OBJECT.manifest);
    const state = stateOf(verification, manifestSha256(text));
    return { ...about, state, manifest, verification, problem: undefined };
  } catch (error) {
    // one set that was moved away must not hide the others
    if (error instanceof ObjectArchivedError)
      return { ...unreadable, verification, problem: new ManifestArchivedError(about.id) };
    if (!(error instanceof ProductError) || error instanceof StorageError) throw error;
    return { ...unreadable, verification, problem: error };
  }
}

/** Ties a verification to the manifest it was made of. */
export function manifestSha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function stateOf(verification: Verification | undefined, sha256: string): SetState {
  if (verification === undefined || verification.manifestSha256 !== sha256) return 'unverified';
  return verification.outcome;
}

/**
 * The set an operator means: an id, or `latest` for the newest usable set of the given kinds at or before `at`. Without
 * kinds, of those that are scheduled: a pre-restore set is the state that somebody wanted rid of. Only sets that fit count,
 * where the caller says which do.
 * Verified sets win over newer unverified ones; sets known to be damaged are never picked (spec R7).
 * @throws NoSuchSetError when there is none
 * @throws UsageError when the text is neither `latest` nor an id
 */
export async function findSet(
  store: CatalogStore,
  asked: string,
  options: { kinds?: readonly Kind[]; at?: Date; fits?: (manifest: Manifest) => boolean } = {},
): Promise<UsableEntry> {
  if (asked !== 'latest') {
    const found = await readSet(store, parseSetId(asked));
    if (found === undefined)
      throw new NoSuchSetError(
        asked,
        (await listSets(store)).map((entry) => entry.id),
      );
    return usable(found);
  }
  const { fits = () => true } = options;
  const all = await listSets(store, options.kinds ?? SCHEDULED_KINDS);
  const sets = all.filter(({ manifest }) => manifest === undefined || fits(manifest));
  const found = newestAt(sets, options.at);
  if (found === undefined) {
    const wanted = options.at ? `at or before ${options.at.toISOString()}` : 'latest';
    throw new NoSuchSetError(
      wanted,
      sets.map((entry) => entry.id),
    );
  }
  return usable(found);
}

/** Newest verified set whose snapshot is not after `at`; failing that, the newest that was not found damaged. */
export function newestAt(entries: readonly CatalogEntry[], at?: Date): UsableEntry | undefined {
  const candidates = entries.filter(
    (entry): entry is UsableEntry =>
      entry.manifest !== undefined &&
      entry.state !== 'failed' &&
      (at === undefined || Date.parse(entry.manifest.snapshot.time) <= at.getTime()),
  );
  const newestFirst = candidates.sort((a, b) => snapshotTime(b) - snapshotTime(a));
  return newestFirst.find((entry) => entry.state === 'verified') ?? newestFirst[0];
}

function snapshotTime(entry: CatalogEntry): number {
  return entry.manifest === undefined ? 0 : Date.parse(entry.manifest.snapshot.time);
}

function usable(entry: CatalogEntry): UsableEntry {
  if (entry.problem !== undefined) throw entry.problem;
  return entry as UsableEntry;
}
