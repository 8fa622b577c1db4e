import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatalogEntry, SetState } from '../../../core/catalog.ts';
import { type Config, configSchema } from '../../../core/config.ts';
import { measureObjectives } from '../../../core/drill/objectives.ts';
import type { Kind } from '../../../core/kinds.ts';
import type { Manifest, TableEntry } from '../../../core/manifest.ts';
import { setFolder } from '../../../core/set-id.ts';
import { makeManifest } from '../../support/manifests.ts';

const NOW = new Date('2026-11-27T02:00:00Z');
const CONFIG = configSchema.parse({ levels: { critical: ['users', 'payments'], important: ['videos'] } });

const table = (qualified: string, more: Partial<TableEntry> = {}): TableEntry => {
  const [schema = '', name = ''] = qualified.split('.');
  return {
    ...{ schema, name, level: 'normal', rows: '1', checksum: '1', looseColumns: [], looseChecksum: '0' },
    ...{ columns: ['id'], columnTypes: ['integer'], primaryKey: ['id'], partitionOf: null },
    ...{ storedIn: 'rest', condition: '', wandersWithin: null, ...more },
  };
};
const ALL = ['public.users', 'public.payments', 'public.videos', 'public.likes'];

/** A set of tables whose snapshot is so many minutes old. */
function set(
  kind: Kind,
  minutes: number,
  {
    tables = ALL,
    state = 'verified',
    ...more
  }: { tables?: (string | TableEntry)[]; state?: SetState } & Partial<
    Pick<Manifest, 'limitedTo' | 'platform'>
  > = {},
): CatalogEntry {
  const time = new Date(NOW.getTime() - minutes * 60_000);
  const names = tables.filter((each) => typeof each === 'string');
  const manifest = makeManifest(kind, new Date(Math.floor(time.getTime() / 1000) * 1000).toISOString(), {
    ...(kind === 'critical' || kind === 'important' ? { limitedTo: names } : {}),
    snapshot: { time: time.toISOString(), lsn: null },
    tables: tables.map((each) => (typeof each === 'string' ? table(each) : each)),
    ...more,
  });
  const slot = new Date(manifest.slot);
  const about = { id: manifest.id, kind, slot, folder: setFolder({ kind, slot }) };
  return { ...about, state, manifest, verification: undefined, problem: undefined };
}

const measure = (entries: CatalogEntry[], recoverySeconds: number | null = 60, config: Config = CONFIG) => {
  const levels = measureObjectives(config, { recoverySeconds, entries, now: NOW });
  return Object.fromEntries(levels.map((each) => [each.level, each]));
};
const ages = (entries: CatalogEntry[], config?: Config) =>
  Object.values(measure(entries, 60, config)).map(({ rpo }) => rpo.measuredMinutes);

const CRITICAL = ['public.users', 'public.payments'];

describe('the RPO of a level', () => {
  it('is the age of the newest verified set that holds its tables', () => {
    const entries = [
      set('daily', 600),
      set('weekly', 3000),
      set('important', 50, { tables: ['public.videos'] }),
      set('critical', 10, { tables: CRITICAL }),
      set('critical', 20, { tables: CRITICAL }),
    ];
    const { critical, important, normal } = measure(entries);
    expect(critical).toMatchObject({ rpo: { measuredMinutes: 10, targetMinutes: 15, state: 'met' } });
    expect(critical?.newestSet).toMatch(/^critical-/);
    expect(important?.rpo).toEqual({ measuredMinutes: 50, targetMinutes: 60, state: 'met' });
    expect(normal?.rpo).toEqual({ measuredMinutes: 600, targetMinutes: 1440, state: 'met' });
    expect(normal?.newestSet).toMatch(/^daily-/);
  });

  it('is that of a whole set where that is newer', () => {
    expect(ages([set('weekly', 5), set('daily', 600), set('critical', 10, { tables: CRITICAL })])).toEqual([
      5, 5, 5,
    ]);
  });

  it.each<[string, SetState]>([
    ['unverified', 'unverified'],
    ['found damaged', 'failed'],
  ])('is never that of a set that is %s', (_, state) => {
    const spoilt = [set('daily', 5, { state }), set('critical', 1, { tables: CRITICAL, state })];
    expect(ages([...spoilt, set('daily', 700)])).toEqual([700, 700, 700]);
    expect(measure(spoilt).critical).toMatchObject({
      rpo: { measuredMinutes: null, state: 'unknown' },
      newestSet: null,
    });
  });

  it('is never that of what a restore has put aside', () => {
    expect(ages([set('prerestore', 1), set('daily', 700)])).toEqual([700, 700, 700]);
  });

  it('is not that of a set that a table of the level is not in', () => {
    const daily = set('daily', 600);
    expect(ages([daily, set('critical', 10, { tables: ['public.users'] })])[0]).toBe(600);
    // the older one has it
    const older = set('critical', 40, { tables: CRITICAL });
    expect(ages([daily, older, set('critical', 10, { tables: ['public.users'] })])[0]).toBe(40);
  });

  it('goes by the levels as they are configured now', () => {
    const config = configSchema.parse({ levels: { critical: ['users'], important: ['videos', 'payments'] } });
    const entries = [
      set('daily', 600, {
        tables: [
          table('public.users', { level: 'critical' }),
          table('public.payments', { level: 'critical' }),
        ],
      }),
      set('critical', 10, { tables: ['public.users'] }),
      set('important', 20, { tables: ['public.videos'] }),
    ];
    expect(ages(entries, config)).toEqual([10, 600, 600]);
  });

  it('does not miss a table that was dropped before the set was made', () => {
    const dropped = set('critical', 10, { tables: ['public.users'], limitedTo: CRITICAL });
    expect(ages([set('daily', 600), dropped])[0]).toBe(10);
  });

  it('knows leaves of a partitioned table by its root', () => {
    const leaf = (name: string) => table(name, { partitionOf: { schema: 'public', name: 'payments' } });
    const daily = set('daily', 600, { tables: [leaf('public.payments_2025'), leaf('public.payments_2026')] });
    const newLeaf = { tables: [leaf('public.payments_2027')], limitedTo: CRITICAL };
    expect(ages([daily, set('critical', 10, newLeaf)])[0]).toBe(10);
    expect(ages([daily, set('critical', 10, { ...newLeaf, limitedTo: ['public.users'] })])[0]).toBe(600);
  });

  it('holds accounts of a project to be critical, whatever the configuration says', () => {
    const platform = { name: 'supabase', schemas: ['auth'], left: [] } as const;
    const whole = { platform: { ...platform, schemas: ['auth'], left: [] }, tables: [...ALL, 'auth.users'] };
    const daily = set('daily', 600, whole);
    expect(ages([daily, set('critical', 10, { tables: CRITICAL })])[0]).toBe(600);
    expect(ages([daily, set('critical', 10, { tables: [...CRITICAL, 'auth.users'] })])[0]).toBe(10);
    // a schema of that name in any other database is somebody's own
    const own = set('daily', 600, { tables: [...ALL, 'auth.users'] });
    expect(ages([own, set('critical', 10, { tables: CRITICAL })])[0]).toBe(10);
  });

  it('is 0 for a set from a clock a little ahead, and not that of one from next year', () => {
    expect(ages([set('daily', -3), set('daily', 600)])).toEqual([0, 0, 0]);
    expect(ages([set('daily', -500_000), set('daily', 600)])).toEqual([600, 600, 600]);
    expect(ages([set('daily', -500_000)])).toEqual([null, null, null]);
  });

  it('is unknown without any set, and without a manifest that can be read', () => {
    const unreadable = { ...set('daily', 1), manifest: undefined, state: 'unreadable' } as const;
    expect(ages([])).toEqual([null, null, null]);
    expect(ages([unreadable])).toEqual([null, null, null]);
  });

  it('is no worse for one more verified whole set', () => {
    const minutes = fc.integer({ min: 0, max: 5000 });
    fc.assert(
      fc.property(fc.array(minutes, { maxLength: 6 }), minutes, (before, more) => {
        const entries = before.map((age) => set('daily', age));
        const [was] = ages(entries);
        const [is] = ages([...entries, set('weekly', more)]);
        expect(is).toBe(Math.min(was ?? Number.POSITIVE_INFINITY, more));
      }),
    );
  });
});

describe('the RTO', () => {
  it('is one for all levels, each against its own target', () => {
    const { critical, important, normal } = measure([], 2 * 3600);
    expect(critical?.rto).toEqual({ targetMinutes: 60, measuredMinutes: 120, state: 'missed' });
    expect(important?.rto).toEqual({ targetMinutes: 240, measuredMinutes: 120, state: 'met' });
    expect(normal?.rto).toEqual({ targetMinutes: 1440, measuredMinutes: 120, state: 'met' });
  });

  it('is unknown where the restore did not end', () => {
    expect(measure([], null).critical?.rto).toEqual({
      targetMinutes: 60,
      measuredMinutes: null,
      state: 'unknown',
    });
  });

  it('is met to the very second, and missed a moment later, which its number shows', () => {
    expect(measure([], 3600).critical?.rto).toMatchObject({ measuredMinutes: 60, state: 'met' });
    expect(measure([], 3600.06).critical?.rto).toMatchObject({ measuredMinutes: 60.01, state: 'missed' });
  });

  it('says by its number what it says by its state', () => {
    const milliseconds = fc.integer({ min: 1, max: 1e8 });
    fc.assert(
      fc.property(milliseconds, milliseconds, (ms, target) => {
        const config = configSchema.parse({
          drill: { targets: { critical: { rtoMinutes: target / 60_000 } } },
        });
        const { rto } = measure([], ms / 1000, config).critical ?? {};
        expect(rto?.state).toBe(ms <= target ? 'met' : 'missed');
        expect((rto?.measuredMinutes ?? 0) <= target / 60_000).toBe(ms <= target);
      }),
    );
  });
});
