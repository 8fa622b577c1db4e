import { describe, expect, it } from 'vitest';
import { listSets } from '../../core/catalog.ts';
import type { Kind } from '../../core/kinds.ts';
import type { Manifest, TableEntry } from '../../core/manifest.ts';
import { pointInTime } from '../../core/point-in-time.ts';
import type { Verification } from '../../core/verification.ts';
import { MemoryStore, makeManifest } from '../support/manifests.ts';

const table = (name: string, rows: string, more: Partial<TableEntry> = {}): TableEntry => ({
  schema: 'public',
  name,
  level: 'normal',
  rows,
  checksum: rows,
  looseColumns: [],
  looseChecksum: null,
  columns: ['id'],
  columnTypes: ['integer'],
  primaryKey: ['id'],
  partitionOf: null,
  storedIn: 'rest',
  condition: '',
  wandersWithin: null,
  ...more,
});
const leaf = (name: string, rows: string) =>
  table(name, rows, { partitionOf: { schema: 'public', name: 'calls' } });
const sequence = (lastValue: string) => ({ schema: 'public', name: 'ids', lastValue, isCalled: true });

type Made = [
  Kind,
  hour: number,
  tables: TableEntry[],
  outcome?: Verification['outcome'],
  more?: Partial<Manifest>,
];

async function at(hour: number, ...sets: Made[]) {
  const store = new MemoryStore();
  for (const [kind, made, tables, outcome = 'verified', more = {}] of sets) {
    const limitedTo =
      kind === 'daily' || kind === 'weekly' ? null : tables.map(({ name }) => `public.${name}`);
    const slot = `20261124T${String(made).padStart(2, '0')}0000Z`;
    store.putSet(makeManifest(kind, slot, { tables, limitedTo, ...more }), outcome);
  }
  return pointInTime(await listSets(store), new Date(Date.UTC(2026, 10, 24, hour)));
}

const BASE: Made = ['daily', 2, [table('users', '1'), table('prompts', '1'), table('tags', '1')]];

describe('the state of an instant', () => {
  it('is nothing before the first whole set', async () => {
    expect(await at(1, BASE, ['critical', 1, [table('users', '9')]])).toBeUndefined();
  });

  it('is the whole set where nothing is newer', async () => {
    const found = await at(
      2,
      BASE,
      ['critical', 1, [table('users', '9')]],
      ['critical', 3, [table('users', '9')]],
    );
    expect(found).toMatchObject({ base: { id: 'daily-20261124T020000Z' }, overlays: [], notRestored: [] });
    expect(found?.manifest).toEqual(found?.base.manifest);
    expect(found?.levels).toEqual([{ set: 'daily-20261124T020000Z', tables: 3, ageMinutes: 0 }]);
  });

  it('has of each level the newest, at the very instant too, and says how old each is', async () => {
    const found = await at(
      6,
      BASE,
      ['critical', 4, [table('users', '4')]],
      ['critical', 6, [table('users', '6')], 'verified', { sequences: [sequence('60')] }],
      ['critical', 7, [table('users', '7')]],
      ['important', 5, [table('prompts', '5')]],
    );
    expect(found?.manifest.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['users', '6'],
      ['prompts', '5'],
      ['tags', '1'],
    ]);
    expect(found?.levels).toEqual([
      { set: 'daily-20261124T020000Z', tables: 1, ageMinutes: 240 },
      { set: 'important-20261124T050000Z', tables: 1, ageMinutes: 60 },
      { set: 'critical-20261124T060000Z', tables: 1, ageMinutes: 0 },
    ]);
  });

  it('takes no damaged set, and one that is not verified only without a verified one', async () => {
    const levels = async (...sets: Made[]) =>
      (await at(9, BASE, ...sets))?.overlays.map(({ entry }) => entry.id);
    const users = (hour: number, outcome: Verification['outcome']): Made => [
      'critical',
      hour,
      [table('users', '4')],
      outcome,
    ];
    expect(await levels(users(4, 'verified'), users(5, 'failed'))).toEqual(['critical-20261124T040000Z']);
    expect(await levels(users(4, 'failed'))).toEqual([]);
  });

  it('has a table that is in two of them from the newer one', async () => {
    const found = await at(
      9,
      BASE,
      ['important', 4, [table('users', '4'), table('prompts', '4')]],
      ['critical', 5, [table('users', '5')]],
    );
    expect(found?.overlays.map(({ tables }) => tables.map(({ entry }) => entry.name))).toEqual([
      ['prompts'],
      ['users'],
    ]);
    expect(found?.manifest.tables.map(({ rows }) => rows)).toEqual(['5', '4', '1']);
  });

  it('has sequences where the newest set has them', async () => {
    const base: Made = [...BASE];
    base[3] = 'verified';
    base[4] = { sequences: [sequence('10')] };
    const found = await at(9, base, [
      'critical',
      5,
      [table('users', '5')],
      'verified',
      { sequences: [sequence('60')] },
    ]);
    expect(found?.manifest.sequences).toEqual([sequence('60')]);
  });

  it('names tables that came later, and columns that changed', async () => {
    const found = await at(9, BASE, [
      'critical',
      5,
      [table('users', '5', { columns: ['id', 'name'], columnTypes: ['integer', 'text'] }), table('new', '1')],
    ]);
    expect(found?.notRestored).toEqual([
      'public.new is in critical-20261124T050000Z and not yet in daily-20261124T020000Z: it was not restored',
    ]);
    expect(found?.unmatched).toEqual(['public.users.name is only in critical-20261124T050000Z']);
  });

  it('matches leaves of a partitioned table by name, and by the table where leaves came or went', async () => {
    const base: Made = ['daily', 2, [leaf('a', '1'), leaf('b', '2')]];
    const same = await at(9, base, ['critical', 5, [leaf('a', '10'), leaf('b', '20')]]);
    expect(same?.manifest.tables.map(({ rows, wandersWithin }) => [rows, wandersWithin])).toEqual([
      ['10', null],
      ['20', null],
    ]);
    const other = await at(9, base, ['critical', 5, [leaf('b', '20'), leaf('c', '30')]]);
    expect(
      other?.manifest.tables.map(({ rows, checksum, wandersWithin }) => [rows, checksum, wandersWithin]),
    ).toEqual([
      ['50', '50', 'public.calls'],
      ['0', '0', 'public.calls'],
    ]);
    expect(other?.overlays[0]?.tables.map(({ into }) => into.name)).toEqual(['calls', 'calls']);
    expect(other?.notRestored).toEqual([]);
  });
});
