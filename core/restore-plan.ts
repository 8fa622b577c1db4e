import type { CatalogEntry } from './catalog.ts';
import type { Manifest, TableEntry } from './manifest.ts';
import { keyOf } from './table-names.ts';
import type { ThawOption } from './thaw.ts';

/** What a plan says of the set it would read. */
export interface PlannedSet {
  readonly id: string;
  readonly snapshotAt: string;
  readonly ageMinutes: number;
  readonly state: CatalogEntry['state'];
}

/** Rows of a table as they are; a number that took too long to count is the server's own estimate. */
export interface RowsNow {
  readonly rows: string | null;
  readonly how: 'exact' | 'estimate' | 'unknown';
}

/** One table of the set, of the target, or of both. */
export interface PlannedTable {
  readonly schema: string;
  readonly name: string;
  /** Nothing where the set lacks the table, so that it would be gone. */
  readonly rowsInSet: string | null;
  /** Nothing where the target lacks it. */
  readonly rowsNow: RowsNow | null;
}

/** Objects that storage has archived, and a restore would have to wait for. */
export interface Archived {
  readonly objects: number;
  readonly bytes: number;
  /** Ways to thaw them, by set; none where nothing is archived. */
  readonly thaw: readonly { readonly set: string; readonly options: readonly ThawOption[] }[];
}

export interface Estimate {
  readonly value: number;
  /** In words: what the number was taken from, and what it leaves out. */
  readonly basis: string;
}

/** What a restore of the whole database would do (spec R9). */
export interface FullPlan {
  readonly mode: 'full';
  readonly set: PlannedSet;
  /** Newer sets of single levels whose tables take the place of its own, where the state of an instant is asked for. */
  readonly laidOver: readonly PlannedSet[];
  readonly target: {
    readonly database: string;
    readonly holds: 'empty' | 'full';
    readonly way: 'into-empty' | 'replace';
  };
  readonly reads: { readonly objects: number; readonly storedBytes: number };
  readonly tables: readonly PlannedTable[];
  /** What `--confirm` must say; nothing where nothing is overwritten. */
  readonly confirmNeeded: string | null;
  /** Whether a set of the target as it is would come first. */
  readonly preRestoreSet: {
    readonly way: 'taken' | 'given' | 'declined' | 'not needed' | 'missing';
    readonly id?: string;
  };
  readonly estimatedSeconds: Estimate;
  readonly archived: Archived;
  /** What the restore would be refused for as things stand. */
  readonly obstacles: readonly string[];
}

/** What a plan says of a set. */
export function plannedSet(
  { manifest, state }: { manifest: Manifest; state: CatalogEntry['state'] },
  now: Date,
): PlannedSet {
  const { id, snapshot } = manifest;
  const ageMinutes = Math.round((now.getTime() - Date.parse(snapshot.time)) / 60_000);
  return { id, snapshotAt: snapshot.time, ageMinutes, state };
}

/** Bytes and number of objects, of a set or of what is needed of it. */
export function readsOf({ objects }: Pick<Manifest, 'objects'>): FullPlan['reads'] {
  return { objects: objects.length, storedBytes: objects.reduce((sum, { stored }) => sum + stored.bytes, 0) };
}

/** The tables of both sides in one list, by name. */
export function plannedTables(
  inSet: readonly Pick<TableEntry, 'schema' | 'name' | 'rows'>[],
  inTarget: readonly { readonly schema: string; readonly name: string; readonly now: RowsNow }[],
): PlannedTable[] {
  const rows = new Map(inSet.map((table) => [keyOf(table), table.rows]));
  const now = new Map(inTarget.map((table) => [keyOf(table), table.now]));
  return [...new Set([...rows.keys(), ...now.keys()])]
    .map((key) => {
      const [schema, name] = JSON.parse(key) as [string, string];
      return { schema, name, rowsInSet: rows.get(key) ?? null, rowsNow: now.get(key) ?? null };
    })
    .sort((a, b) => compare(a.schema, b.schema) || compare(a.name, b.name));
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

/** A restore writes what a backup only reads, and builds the indexes anew. */
const RESTORE_TAKES = 2;

/**
 * How long a full restore takes, as far as the set itself can tell.
 * @param preserves size of the target in bytes where a set of it comes first
 */
export function estimateFull(manifest: Manifest, preserves: number | undefined): Estimate {
  const made = Math.max((Date.parse(manifest.finishedAt) - Date.parse(manifest.startedAt)) / 1000, 1);
  const first = preserves === undefined ? 0 : (made * preserves) / Math.max(manifest.source.sizeBytes, 1);
  return {
    value: Math.ceil(RESTORE_TAKES * made + first),
    basis:
      `${RESTORE_TAKES} times the ${Math.ceil(made)} s that making the set took, for a restore writes and builds indexes` +
      (preserves === undefined
        ? ''
        : `; and ${Math.ceil(first)} s for the set of the target, by its size beside that of the source`) +
      '; a guess from the set itself, on the machine that made it: no restore of it was measured',
  };
}
