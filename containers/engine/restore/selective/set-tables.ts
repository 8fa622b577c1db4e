import { NoSuchTableError, UnsuitableSetError, UsageError } from '../../../../core/errors/index.ts';
import type { Manifest, SetObject, TableEntry } from '../../../../core/manifest.ts';
import { keyOf, nameOf, type TableName } from '../../../../core/table-names.ts';
import { sliceTable } from '../slice.ts';

/** A table of a set as people name it: one that holds rows itself, or a partitioned one with all its leaves. */
export interface SetTable extends TableName {
  /** What holds its rows in the set. */
  readonly entries: readonly TableEntry[];
  readonly columns: readonly string[];
  /** Types of those columns in the source. */
  readonly columnTypes: readonly string[];
  readonly primaryKey: readonly string[];
}

/** Every table of the set, leaves of partitioned ones under their root and by themselves. */
export function tablesOf(manifest: Manifest): SetTable[] {
  const roots = new Map<string, TableEntry[]>();
  for (const entry of manifest.tables) {
    if (entry.partitionOf === null) continue;
    const key = keyOf(entry.partitionOf);
    roots.set(key, [...(roots.get(key) ?? []), entry]);
  }
  return [
    ...manifest.tables.map((entry) => made(entry, [entry])),
    ...[...roots.values()].flatMap((entries) => {
      const root = entries[0]?.partitionOf ?? undefined;
      return root === undefined ? [] : [made(root, entries)];
    }),
  ];
}

function made({ schema, name }: TableName, entries: readonly TableEntry[]): SetTable {
  const [first] = entries;
  // leaves may have their columns in another order than the root, which does not matter here, but all have all of them
  return {
    schema,
    name,
    entries,
    columns: first?.columns ?? [],
    columnTypes: first?.columnTypes ?? [],
    primaryKey: first?.primaryKey ?? [],
  };
}

/**
 * The table of a set that somebody means.
 * @param asked `name`, which is in schema public, or `schema.name`; either part in double quotes where it holds a dot
 * @throws NoSuchTableError with the nearest name
 * @throws UsageError when the name fits several tables
 */
export function findTable(manifest: Manifest, asked: string): SetTable {
  const tables = tablesOf(manifest);
  const quoted = /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/u.exec(asked);
  const part = (text: string) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
  const exact =
    quoted === null ? undefined : { schema: part(quoted[1] ?? 'public'), name: part(quoted[2] ?? '') };
  const found = tables.filter(
    (table) => (exact !== undefined && keyOf(table) === keyOf(exact)) || nameOf(table) === asked,
  );
  const [only, ...others] = found;
  if (only === undefined)
    throw new NoSuchTableError([asked.includes('.') ? asked : `public.${asked}`], tables.map(nameOf));
  if (others.length > 0)
    throw new UsageError(`${asked} fits several tables; put the parts of the name into double quotes`);
  return only;
}

/**
 * The tables that are asked for, each once.
 * @throws UnsuitableSetError when a leaf is asked for whose rows a set keeps under its root
 */
export function findTables(manifest: Manifest, asked: readonly string[]): SetTable[] {
  const found = new Map(asked.map((name) => findTable(manifest, name)).map((table) => [keyOf(table), table]));
  for (const table of found.values()) {
    const [entry] = table.entries;
    if (entry === undefined || entry.wandersWithin === null || keyOf(entry) !== keyOf(table)) continue;
    throw new UnsuitableSetError(
      `rows of ${nameOf(table)} may belong into another partition on this server; bring back ${entry.wandersWithin} as a whole`,
    );
  }
  const inTwo = [...found.values()].find((table) => {
    const { partitionOf } = table.entries[0] ?? {};
    return partitionOf != null && keyOf(partitionOf) !== keyOf(table) && found.has(keyOf(partitionOf));
  });
  if (inTwo !== undefined)
    throw new UsageError(`${nameOf(inTwo)} is part of another table that is named; leave it out`);
  return [...found.values()];
}

/** The objects that hold rows of these tables, the rest archive among them where it holds some. */
export function objectsOf(manifest: Manifest, tables: readonly Pick<SetTable, 'entries'>[]): SetObject[] {
  const entries = tables.flatMap((table) => table.entries);
  const sliced = new Set(entries.filter(({ storedIn }) => storedIn === 'slices').map(keyOf));
  const rest = entries.some(({ storedIn }) => storedIn === 'rest');
  return manifest.objects.filter(
    (object) =>
      (rest && object.role === 'rest') ||
      (object.slice !== undefined && sliced.has(keyOf(sliceTable(object)))),
  );
}
