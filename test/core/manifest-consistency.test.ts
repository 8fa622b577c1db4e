import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSet, readSet } from '../../core/catalog.ts';
import { ManifestContradictionError, ManifestUnreadableError } from '../../core/errors/index.ts';
import { type Manifest, parseManifest, type SetObject, serializeManifest } from '../../core/manifest.ts';
import { contradictions } from '../../core/manifest-consistency.ts';
import { parseSetId, sliceKey } from '../../core/set-id.ts';
import { MemoryStore, makeManifest } from '../support/manifests.ts';

const SLOT = '20261123T170000Z';
const KEY = `daily/${SLOT}/manifest.json`;

function entry(name: string, slices: number): Manifest['tables'][number] {
  return {
    schema: 'public',
    name,
    level: 'normal',
    rows: '5',
    checksum: '1',
    columns: ['a'],
    columnTypes: ['integer'],
    primaryKey: [],
    partitionOf: null,
    looseColumns: [],
    looseChecksum: null,
    storedIn: slices > 0 ? 'slices' : 'rest',
    condition: '',
    wandersWithin: null,
  };
}

function sliceOf(table: string, index: number, of: number): SetObject {
  const [plain] = makeManifest('daily', SLOT).objects.map((object) => object.plain);
  if (plain === undefined) throw new Error('there are objects');
  const slice = { schema: 'public', table, index, of };
  return { key: sliceKey('public', table, index), role: 'slice', plain, stored: plain, slice };
}

/** A set as a backup writes it: so many tables, each with so many slices, none for one in the rest. */
const anySet = fc
  .uniqueArray(fc.record({ name: fc.string({ minLength: 1, unit: 'binary' }), slices: fc.nat({ max: 4 }) }), {
    selector: ({ name }) => name,
    maxLength: 6,
  })
  .map((tables) =>
    makeManifest('daily', SLOT, {
      tables: tables.map(({ name, slices }) => entry(name, slices)),
      objects: [
        ...makeManifest('daily', SLOT).objects,
        ...tables.flatMap(({ name, slices }) =>
          Array.from({ length: slices }, (_, i) => sliceOf(name, i + 1, slices)),
        ),
      ],
    }),
  );

describe('a manifest as a backup writes it', () => {
  it('contradicts nothing and comes back', () => {
    fc.assert(
      fc.property(anySet, (manifest) => {
        expect(contradictions(manifest)).toEqual([]);
        expect(parseManifest(serializeManifest(manifest), KEY)).toEqual(manifest);
      }),
    );
  });

  it('is refused without any one of its objects, and with any one of them twice', () => {
    fc.assert(
      fc.property(anySet, fc.nat(), (manifest, n) => {
        const { objects } = manifest;
        const at = n % objects.length;
        expect(contradictions({ ...manifest, objects: objects.toSpliced(at, 1) })).not.toEqual([]);
        const again = objects.flatMap((object, i) => (i === at ? [object, object] : [object]));
        expect(contradictions({ ...manifest, objects: again })).not.toEqual([]);
      }),
    );
  });

  it('is refused when any number or text in it is another', () => {
    fc.assert(
      fc.property(anySet, fc.nat(), fc.nat({ max: 9 }), (manifest, n, digit) => {
        const text = serializeManifest(manifest);
        const digits = Array.from(text.matchAll(/\d/g));
        const place = digits[n % digits.length];
        fc.pre(place !== undefined && place[0] !== String(digit));
        const at = place?.index ?? 0;
        const changed = text.slice(0, at) + digit + text.slice(at + 1);
        // a number with a zero before it is no JSON
        expect(() => parseManifest(changed, KEY)).toThrow(
          expect.toSatisfy(
            (error) =>
              error instanceof ManifestContradictionError || error instanceof ManifestUnreadableError,
          ),
        );
      }),
    );
  });
});

describe('a manifest that contradicts itself', () => {
  const base = makeManifest('daily', SLOT, {
    tables: [entry('large', 3), entry('small', 0)],
    objects: [
      ...makeManifest('daily', SLOT).objects,
      ...[1, 2, 3].map((index) => sliceOf('large', index, 3)),
    ],
  });
  const without = (role: SetObject['role']) => base.objects.filter((object) => object.role !== role);
  const replaced = (at: number, object: SetObject) => base.objects.with(at, object);
  const last = base.objects.length - 1;

  it.each<[string, Partial<Manifest>, RegExp]>([
    ['no structure', { objects: without('schema') }, /0 schema objects/],
    ['no rest', { objects: without('rest') }, /0 rest objects/],
    ['no roles', { objects: without('roles') }, /0 roles objects/],
    ['no instructions', { objects: without('instructions') }, /0 instructions objects/],
    ['no slices', { objects: without('slice') }, /the slices of public\.large are none/],
    ['all but the last slice', { objects: base.objects.slice(0, -1) }, /public\.large are 1 of 3, 2 of 3/],
    ['another number of slices', { objects: replaced(last, sliceOf('large', 3, 4)) }, /3 of 4/],
    ['slices of a table it does not list', { tables: [entry('small', 0)] }, /slices of public\.large, which/],
    ['slices of a table in the rest', { tables: [entry('large', 0)] }, /slices of public\.large, which/],
    ['an object twice', { objects: [...base.objects, sliceOf('large', 3, 3)] }, /0003.* is listed twice/],
    ['a table twice', { tables: [...base.tables, entry('small', 0)] }, /table public\.small is listed twice/],
    ['another slot', { slot: '2026-11-24T17:00:00.000Z' }, /its id is daily-20261123T170000Z/],
    ['another kind', { kind: 'weekly' }, /those of weekly-20261123T170000Z/],
    ['only some tables', { limitedTo: ['public.small'] }, /of the whole database, this one is not/],
    [
      'a structure under the name of the rest',
      { objects: base.objects.with(0, { ...(base.objects[0] as SetObject), role: 'rest' }) },
      /schema\.dump\.zst\.gpg is not named as its role is, rest/,
    ],
  ])('is neither written nor named as a set: %s', (_, change, says) => {
    const changed = { ...base, ...change };
    expect(contradictions(changed)).toEqual(expect.arrayContaining([expect.stringMatching(says)]));
    expect(() => serializeManifest(changed)).toThrow(ManifestContradictionError);
  });

  const critical = makeManifest('critical', SLOT, {
    tables: [
      { ...entry('large', 1), copied: { from: 'critical-20261123T164500Z', readAt: '2026-11-23T16:45:00Z' } },
    ],
    objects: [...makeManifest('critical', SLOT).objects, sliceOf('large', 1, 1)],
  });
  const copiedFrom = (from: string, readAt = '2026-11-23T16:45:00Z') => ({
    tables: [{ ...entry('large', 1), copied: { from, readAt } }],
  });

  it('has no part in a table that was copied as it should be', () => {
    expect(contradictions(critical)).toEqual([]);
    const key = `critical/${SLOT}/manifest.json`;
    expect(parseManifest(serializeManifest(critical), key)).toEqual(critical);
  });

  it.each<[string, Partial<Manifest>, RegExp]>([
    ['itself', copiedFrom(critical.id), /copied from critical-20261123T170000Z, which is no other/],
    ['a set of another kind', copiedFrom('important-20261123T160000Z'), /which is no other critical set/],
    ['what is no set', copiedFrom('critical-yesterday'), /which is no other critical set/],
    [
      'what was read later',
      copiedFrom('critical-20261123T164500Z', '2026-11-23T17:00:01Z'),
      /after the set's own/,
    ],
    ['where nothing is hashed', { checksums: 'counts' }, /its rows are not hashed/],
    [
      'into the rest',
      {
        tables: critical.tables.map((table) => ({ ...table, storedIn: 'rest' })),
        objects: critical.objects.filter(({ role }) => role !== 'slice'),
      },
      /and not in slices/,
    ],
    [
      'into a set that reads everything',
      { kind: 'daily', id: `daily-${SLOT}`, limitedTo: null, ...copiedFrom('daily-20261122T170000Z') },
      /a daily set reads every table/,
    ],
  ])('has a table copied from %s', (_, change, says) => {
    const changed = { ...critical, ...change };
    expect(contradictions(changed)).toEqual(expect.arrayContaining([expect.stringMatching(says)]));
    expect(() => serializeManifest(changed)).toThrow(ManifestContradictionError);
  });

  it('or does not lie where it belongs is shown as unreadable and never picked', async () => {
    const store = new MemoryStore().put(`daily/20261124T170000Z/manifest.json`, serializeManifest(base));
    const found = await readSet(store, parseSetId('daily-20261124T170000Z'));
    expect(found).toMatchObject({ state: 'unreadable', manifest: undefined });
    await expect(findSet(store, 'daily-20261124T170000Z')).rejects.toThrow(
      /it belongs to daily\/20261123T170000Z\/manifest\.json/,
    );
    await expect(findSet(store, 'latest')).rejects.toThrow('there is no backup set');
  });
});
