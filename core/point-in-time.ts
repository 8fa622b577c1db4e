import { type CatalogEntry, newestAt } from './catalog.ts';
import { FULL_KINDS, type Kind } from './kinds.ts';
import type { Manifest, SequenceEntry, TableEntry } from './manifest.ts';
import { keyOf, nameOf, type TableName } from './table-names.ts';

type Usable = CatalogEntry & { readonly manifest: Manifest };

/** Rows of a set that take the place of those of the base. */
export interface Overlay {
  readonly entry: Usable;
  /** Entries of this set, and the table their rows go into: the table itself, or its root where leaves differ. */
  readonly tables: readonly { readonly entry: TableEntry; readonly into: TableName }[];
  /** Tables of the base whose own rows are not wanted then. */
  readonly replaced: readonly TableEntry[];
}

/** The state of an instant, put together of sets that were made before it. */
export interface PointInTime {
  readonly base: Usable;
  /** Oldest first. */
  readonly overlays: readonly Overlay[];
  /** The base's manifest with what the overlays say of their tables and sequences: what is to be there in the end. */
  readonly manifest: Manifest;
  /** How old the data of each set is at the instant. */
  readonly levels: readonly { readonly set: string; readonly tables: number; readonly ageMinutes: number }[];
  /** Tables that only an overlay has, as sentences. */
  readonly notRestored: readonly string[];
  /** Columns that only one of two sets has, as phrases. */
  readonly unmatched: readonly string[];
}

/** Kinds that hold some tables only, and are made more often than the others. */
export const LEVEL_KINDS: readonly Kind[] = ['important', 'critical'];

/**
 * The newest verified set of the whole database not after `at`, and over it the newest verified important and critical ones
 * between it and `at` (spec R7). A set that is not verified is taken only where there is no verified one; one that is damaged never.
 * @returns nothing where there is no base
 */
export function pointInTime(entries: readonly CatalogEntry[], at: Date): PointInTime | undefined {
  const base = newestAt(ofKinds(entries, FULL_KINDS), at);
  if (!isUsable(base)) return undefined;
  const newer = newerLevels(entries, base, at);
  const placed = newer.map((entry) => place(entry, base.manifest, newer));
  const overlays = placed.map(({ overlay }) => overlay).filter(({ replaced }) => replaced.length > 0);
  const replaced = overlays.reduce((sum, overlay) => sum + overlay.replaced.length, 0);
  const age = ({ manifest }: Usable) => Math.round((at.getTime() - timeOf(manifest)) / 6000) / 10;
  return {
    base,
    overlays,
    manifest: overlaid(base.manifest, overlays),
    levels: [
      { set: base.id, tables: base.manifest.tables.length - replaced, ageMinutes: age(base) },
      ...overlays.map(({ entry, replaced: own }) => ({
        set: entry.id,
        tables: own.length,
        ageMinutes: age(entry),
      })),
    ],
    notRestored: placed.flatMap(({ unknown, overlay }) =>
      unknown.map(
        (table) =>
          `${nameOf(table)} is in ${overlay.entry.id} and not yet in ${base.id}: it was not restored`,
      ),
    ),
    unmatched: placed.flatMap(({ unmatched }) => unmatched),
  };
}

/** Sets of single levels that are newer than a whole one: one of each kind, oldest first. */
export function newerLevels(entries: readonly CatalogEntry[], base: Usable, at?: Date): Usable[] {
  return LEVEL_KINDS.map((kind) =>
    newestAt(
      ofKinds(entries, [kind]).filter(
        ({ manifest }) => manifest !== undefined && timeOf(manifest) > timeOf(base.manifest),
      ),
      at,
    ),
  )
    .filter(isUsable)
    .sort((a, b) => timeOf(a.manifest) - timeOf(b.manifest));
}

function ofKinds(entries: readonly CatalogEntry[], kinds: readonly Kind[]): CatalogEntry[] {
  return entries.filter(({ kind }) => kinds.includes(kind));
}

function isUsable(entry: CatalogEntry | undefined): entry is Usable {
  return entry?.manifest !== undefined;
}

function timeOf({ snapshot }: Manifest): number {
  return Date.parse(snapshot.time);
}

interface Placed {
  readonly overlay: Overlay;
  readonly unknown: readonly TableEntry[];
  readonly unmatched: readonly string[];
}

/** Where rows of one set go; a table that a newer one has, too, is that one's. */
function place(entry: Usable, base: Manifest, all: readonly Usable[]): Placed {
  const later = all.slice(all.indexOf(entry) + 1).flatMap(({ manifest }) => manifest.tables.map(treeOf));
  const own = byTree(entry.manifest.tables.filter((table) => !later.includes(treeOf(table))));
  const based = byTree(base.tables);
  const tables: { entry: TableEntry; into: TableName }[] = [];
  const replaced: TableEntry[] = [];
  const unknown: TableEntry[] = [];
  const unmatched: string[] = [];
  for (const [tree, entries] of own) {
    const known = based.get(tree);
    if (known === undefined) {
      unknown.push(...entries);
      continue;
    }
    const same = sameLeaves(entries, known);
    replaced.push(...known);
    for (const table of entries)
      tables.push({ entry: table, into: same ? table : (table.partitionOf ?? table) });
    unmatched.push(...unmatchedColumns(entries[0], known[0], entry.id));
  }
  return { overlay: { entry, tables, replaced }, unknown, unmatched };
}

function unmatchedColumns(
  theirs: TableEntry | undefined,
  ours: TableEntry | undefined,
  set: string,
): string[] {
  const only = (a: TableEntry | undefined, b: TableEntry | undefined) =>
    (a?.columns ?? []).filter((name) => !b?.columns.includes(name));
  const name = theirs === undefined ? '' : nameOf(theirs);
  return [
    ...only(theirs, ours).map((column) => `${name}.${column} is only in ${set}`),
    ...only(ours, theirs).map((column) => `${name}.${column} is not in ${set}`),
  ];
}

/** A table by itself, or the tree of partitions it is a leaf of. */
function treeOf(table: TableEntry): string {
  return keyOf(table.partitionOf ?? table);
}

function byTree(tables: readonly TableEntry[]): Map<string, TableEntry[]> {
  const trees = new Map<string, TableEntry[]>();
  for (const table of tables) trees.set(treeOf(table), [...(trees.get(treeOf(table)) ?? []), table]);
  return trees;
}

function overlaid(base: Manifest, overlays: readonly Overlay[]): Manifest {
  const expected = new Map<string, TableEntry>();
  for (const { tables, replaced } of overlays) {
    const trees = byTree(replaced);
    for (const [tree, leaves] of trees) {
      const own = tables.map(({ entry }) => entry).filter((entry) => treeOf(entry) === tree);
      const asOne = sameLeaves(own, leaves) ? undefined : own;
      for (const [i, leaf] of leaves.entries())
        expected.set(
          keyOf(leaf),
          asOne === undefined ? entryFor(leaf, own) : partOf(leaf, i === 0 ? asOne : [], asOne[0]),
        );
    }
  }
  return {
    ...base,
    // hashes that one of them lacks cannot be compared
    checksums: overlays.some(({ entry }) => entry.manifest.checksums === 'counts')
      ? 'counts'
      : base.checksums,
    tables: base.tables.map((table) => expected.get(keyOf(table)) ?? table),
    sequences: base.sequences.map((sequence) => newestOf(sequence, overlays)),
  };
}

/** What a table of the base is to hold; where its columns lie is as in the base. */
function entryFor(table: TableEntry, own: readonly TableEntry[]): TableEntry {
  const { partitionOf, columns, columnTypes, primaryKey } = table;
  return {
    ...(own.find((entry) => keyOf(entry) === keyOf(table)) ?? table),
    partitionOf,
    columns,
    columnTypes,
    primaryKey,
  };
}

/**
 * The same for a leaf of a tree whose leaves are others in the overlay: they are compared as a sum, to which this one
 * contributes all, or nothing.
 */
function partOf(leaf: TableEntry, counted: readonly TableEntry[], any: TableEntry | undefined): TableEntry {
  const sum = (pick: (entry: TableEntry) => string | null) =>
    counted.reduce((total, entry) => total + BigInt(pick(entry) ?? 0), 0n).toString();
  return {
    ...leaf,
    rows: sum(({ rows }) => rows),
    checksum: any?.checksum === null ? null : sum(({ checksum }) => checksum),
    looseColumns: any?.looseColumns ?? leaf.looseColumns,
    looseChecksum: any?.looseChecksum === null ? null : sum(({ looseChecksum }) => looseChecksum),
    wandersWithin: nameOf(leaf.partitionOf ?? leaf),
  };
}

function sameLeaves(a: readonly TableEntry[], b: readonly TableEntry[]): boolean {
  const names = new Set(b.map(keyOf));
  return a.length === b.length && a.every((table) => names.has(keyOf(table)));
}

/** Of the newest set that has it: sequences move on, up or down. */
function newestOf(sequence: SequenceEntry, overlays: readonly Overlay[]): SequenceEntry {
  const found = overlays.flatMap(({ entry }) =>
    entry.manifest.sequences.filter((other) => keyOf(other) === keyOf(sequence)),
  );
  return found.at(-1) ?? sequence;
}
