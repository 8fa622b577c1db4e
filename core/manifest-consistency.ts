import { REUSING_KINDS, WHOLE_KINDS } from './kinds.ts';
import type { Manifest, SetObject } from './manifest.ts';
import { OBJECT } from './names.ts';
import { formatSetId, isIdOf, sliceKey } from './set-id.ts';

/** Every set has each of these once. */
const ONCE = ['schema', 'rest', 'roles', 'instructions'] as const;
/** Of these there is one or none. */
const AT_MOST_ONCE = ['platform', 'supabase', 'vault'] as const;

/**
 * What in a manifest cannot be true together, one phrase each: a set that lacks an object it must have would be verified
 * and restored without it, and nobody would miss the rows. Empty for every manifest a backup writes.
 */
export function contradictions(manifest: Manifest): string[] {
  return [
    ...aboutItself(manifest),
    ...aboutObjects(manifest),
    ...aboutSlices(manifest),
    ...aboutCopies(manifest),
  ];
}

function aboutItself({ id, kind, slot, limitedTo, tables, sequences }: Manifest): string[] {
  const own = formatSetId({ kind, slot: new Date(slot) });
  const whole = WHOLE_KINDS.includes(kind);
  return [
    ...(id === own ? [] : [`its id is ${id}, its kind and slot are those of ${own}`]),
    ...(whole === (limitedTo === null)
      ? []
      : [`a ${kind} set is ${whole ? 'of the whole database' : 'of some tables'}, this one is not`]),
    ...twice(tables.map(nameOf)).map((name) => `table ${name} is listed twice`),
    ...twice(sequences.map(nameOf)).map((name) => `sequence ${name} is listed twice`),
  ];
}

function aboutObjects({ objects }: Manifest): string[] {
  const numbers = ONCE.map(
    (role) => [role, objects.filter((object) => object.role === role).length] as const,
  );
  return [
    ...numbers.flatMap(([role, number]) =>
      number === 1 ? [] : [`it has ${number} ${role} objects, expected 1`],
    ),
    ...AT_MOST_ONCE.filter((role) => objects.filter((object) => object.role === role).length > 1).map(
      (role) => `it has several ${role} objects, expected one`,
    ),
    ...twice(objects.map(({ key }) => key)).map((key) => `object ${key} is listed twice`),
    ...objects
      .filter((object) => !isBelow(object.key, nameOfObject(object)))
      .map(({ key, role }) => `object ${key} is not named as its role is, ${role}`),
  ];
}

/** Objects of a run that came second lie in a folder of its own. */
function isBelow(key: string, name: string | undefined): boolean {
  return name !== undefined && (key === name || key.endsWith(`/${name}`));
}

/** Nothing where the role and the slice do not go together. */
function nameOfObject({ role, slice }: SetObject): string | undefined {
  if (role === 'slice') return slice && sliceKey(slice.schema, slice.table, slice.index);
  return slice === undefined ? OBJECT[role] : undefined;
}

/** A table in slices has all of them, 1 to n of n, and a slice has a table in slices. */
function aboutSlices({ objects, tables }: Manifest): string[] {
  const found = new Map<string, { index: number; of: number }[]>();
  for (const { slice } of objects) {
    if (slice === undefined) continue;
    const name = nameOf({ schema: slice.schema, name: slice.table });
    found.set(name, [...(found.get(name) ?? []), slice]);
  }
  const inSlices = new Set(tables.filter(({ storedIn }) => storedIn === 'slices').map(nameOf));
  const strays = [...found.keys()].filter((name) => !inSlices.has(name));
  return [
    ...strays.map((name) => `there are slices of ${name}, which is no table in slices`),
    ...[...inSlices].flatMap((name) => {
      const slices = (found.get(name) ?? []).sort((a, b) => a.index - b.index);
      const whole =
        slices.length > 0 && slices.every(({ index, of }, i) => index === i + 1 && of === slices.length);
      const listed = slices.map(({ index, of }) => `${index} of ${of}`).join(', ') || 'none';
      return whole ? [] : [`the slices of ${name} are ${listed}`];
    }),
  ];
}

/** Only whole tables in slices are copied, from another set of the kind, where a hash has proved the rows the same. */
function aboutCopies({ id, kind, tables, checksums, snapshot }: Manifest): string[] {
  return tables.flatMap((table) => {
    const { copied, storedIn, checksum } = table;
    if (copied === undefined) return [];
    const name = nameOf(table);
    return [
      ...(REUSING_KINDS.includes(kind) ? [] : [`${name} is copied, and a ${kind} set reads every table`]),
      ...(storedIn === 'slices' ? [] : [`${name} is copied, and not in slices`]),
      ...(checksums === 'full' && checksum !== null
        ? []
        : [`${name} is copied, and its rows are not hashed`]),
      ...(isIdOf(kind, copied.from) && copied.from !== id
        ? []
        : [`${name} is copied from ${copied.from}, which is no other ${kind} set`]),
      ...(Date.parse(copied.readAt) <= Date.parse(snapshot.time)
        ? []
        : [`${name} was read at ${copied.readAt}, after the set's own instant`]),
    ];
  });
}

/** In quotes where it must be: a name may hold a dot or a line break. */
function nameOf({ schema, name }: { schema: string; name: string }): string {
  const plain = [schema, name].every((part) => /^[\p{L}\p{N}_]+$/u.test(part));
  return plain ? `${schema}.${name}` : `${JSON.stringify(schema)}.${JSON.stringify(name)}`;
}

function twice(names: readonly string[]): string[] {
  const seen = new Set<string>();
  const again = names.filter((name) => seen.size === seen.add(name).size);
  return [...new Set(again)];
}
