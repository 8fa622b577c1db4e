import { describe, expect, it } from 'vitest';
import { ObjectArchivedError, StorageError } from '../../../core/errors/index.ts';
import { measureKind } from '../../../core/health/health.ts';
import type { Kind } from '../../../core/kinds.ts';
import { formatSlot, setFolder } from '../../../core/set-id.ts';
import { ago, DAY, expecting, HealthStore, MINUTE, NOW, strategyExpectations } from '../../support/health.ts';

const EXPECTED = expecting();
const measure = (store: HealthStore, kind: Kind = 'daily', expected = EXPECTED) =>
  measureKind(store, kind, expected, NOW);
const idOf = (kind: Kind, minutesAgo: number) => `${kind}-${formatSlot(ago(minutesAgo))}`;
const refused = (key: string) => new StorageError(`reading ${key}`, new Error('AccessDenied'));

describe('the newest verified set of a kind', () => {
  it('is as old as its snapshot, in minutes', async () => {
    const store = new HealthStore().addRow('daily', 2, 1440, 419.5);
    expect(await measure(store)).toMatchObject({
      made: 'yes',
      sets: 2,
      verified: 2,
      newest: { id: expect.stringMatching(/^daily-/), snapshotAt: ago(419.5), ageMinutes: 419.5 },
      rpoMinutes: 1440,
      staleAfterMinutes: 27 * 60,
      problems: [],
    });
  });

  it('is not one made long ago for a slot that is still to come', async () => {
    const store = new HealthStore()
      .add('daily', ago(4 * 1440), 'verified', { slot: ago(-365 * 1440) })
      .add('daily', ago(420), 'verified');
    expect((await measure(store)).newest?.id).toBe(idOf('daily', 420));
  });

  it('is none of those that are unverified, damaged, unreadable or without a manifest', async () => {
    const store = new HealthStore()
      .add('daily', ago(3000), 'verified')
      .add('daily', ago(1440), 'failed')
      .add('daily', ago(1000))
      .put(`${setFolder({ kind: 'daily', slot: ago(900) })}manifest.json`, '{')
      .addUnfinished('daily', ago(800));
    const { newest, sets } = await measure(store);
    expect(newest?.id).toBe(idOf('daily', 3000));
    expect(sets).toBe(4);
  });

  it('is none whose snapshot lies ahead: it would be fresh until that day', async () => {
    const store = new HealthStore()
      .add('daily', ago(-300 * 1440), 'verified')
      .add('daily', ago(420), 'verified');
    expect(await measure(store)).toMatchObject({
      newest: { id: idOf('daily', 420) },
      ahead: [idOf('daily', -300 * 1440)],
      verified: 1,
    });
  });

  it('is never younger than nothing, though two clocks differ by minutes', async () => {
    const store = new HealthStore().add('daily', ago(-3), 'verified');
    expect((await measure(store)).newest?.ageMinutes).toBe(0);
  });

  it('is looked for to the end, however many are not verified', async () => {
    const store = new HealthStore();
    for (let minutes = 15; minutes < 3000; minutes += 15) store.add('critical', ago(minutes));
    store.add('critical', ago(3000), 'verified');
    expect((await measure(store, 'critical')).newest?.ageMinutes).toBe(3000);
  });

  it('is nothing where there is none, and where nobody said that there should be, that is said', async () => {
    expect(await measure(new HealthStore())).toMatchObject({ made: 'yes', sets: 0, newest: undefined });
    const open = strategyExpectations();
    expect(await measure(new HealthStore(), 'critical', open)).toMatchObject({ made: 'not-here' });
    const some = new HealthStore().addUnfinished('critical', ago(3));
    expect(await measure(some, 'critical', open)).toMatchObject({ made: 'yes', newest: undefined });
  });

  it('takes no other object for a manifest', async () => {
    const folder = setFolder({ kind: 'daily', slot: ago(10) });
    const store = new HealthStore()
      .put(`${folder}run-1/manifest.json`, '{}')
      .put(`${folder}manifest.json/x`, '{}')
      .put('daily/notes/manifest.json', '{}');
    expect(await measure(store)).toMatchObject({ folders: 1, sets: 0 });
  });
});

describe('size and duration', () => {
  const row = (before: readonly number[], newest: number, figure: 'bytes' | 'minutes') => {
    const store = new HealthStore().add('daily', ago(10), 'verified', { [figure]: newest });
    for (const [at, value] of before.entries())
      store.add('daily', ago(10 + (at + 1) * 1440), 'verified', { [figure]: value });
    return store;
  };

  it('are measured by the median of the sets before, 14 at the most', async () => {
    const before = [100, 90, 110, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 9e9, 9e9, 9e9];
    const store = row(
      before.map((millions) => millions * 1e6),
      40e6,
      'bytes',
    );
    const { size } = await measure(store);
    expect(size?.median).toBeCloseTo(100e6, -2);
    expect(size?.ratio).toBeCloseTo(0.4, 4);
  });

  it('say nothing where fewer than three were before', async () => {
    const store = row([5e6, 5e6], 1e9, 'bytes');
    expect((await measure(store)).size).toMatchObject({ median: undefined, ratio: undefined });
  });

  it('say nothing of sets that are tiny anyway, but one that lost nearly all is no tiny one', async () => {
    const tiny = row([1000, 1000, 1000], 90_000, 'bytes');
    expect((await measure(tiny)).size?.ratio).toBeUndefined();
    const lost = row([5e8, 5e8, 5e8], 1000, 'bytes');
    expect((await measure(lost)).size?.ratio).toBeLessThan(0.001);
  });

  it('compare the minutes of runs that take long enough to matter', async () => {
    const slow = row([10, 10, 10, 12], 60, 'minutes');
    expect(await measure(slow)).toMatchObject({
      duration: { newest: 60, median: 10, ratio: 6 },
      shareOfLimit: 60 / 235,
    });
    const quick = row([1, 1, 1], 9, 'minutes');
    expect((await measure(quick)).duration).toMatchObject({ newest: 9, median: 1, ratio: undefined });
  });

  it('are nothing for sets that restores kept: each may be of another database', async () => {
    const store = new HealthStore().addRow('prerestore', 5, 1440, 10);
    expect(await measure(store, 'prerestore')).toMatchObject({
      made: 'no',
      size: undefined,
      duration: undefined,
      shareOfLimit: undefined,
    });
  });
});

describe('a damaged set', () => {
  it('calls people until a newer one is verified, and for a day at least', async () => {
    const store = new HealthStore().add('daily', ago(3000), 'verified').add('daily', ago(1500), 'failed');
    expect((await measure(store)).damaged).toMatchObject([{ id: idOf('daily', 1500), calls: true }]);
    // its verification says that it was found at NOW
    store.add('daily', ago(60), 'verified');
    expect((await measure(store)).damaged).toMatchObject([{ calls: true }]);
    const later = new Date(NOW.getTime() + 2 * DAY);
    expect((await measureKind(store, 'daily', EXPECTED, later)).damaged).toMatchObject([{ calls: false }]);
  });

  it('is one whose manifest cannot be read; one in an archive class is not known to be', async () => {
    const folder = setFolder({ kind: 'daily', slot: ago(30) });
    const store = new HealthStore().addRow('daily', 3, 1440, 60).put(`${folder}manifest.json`, '{');
    expect((await measure(store)).damaged).toMatchObject([{ id: idOf('daily', 30), calls: true }]);
    store.refuses = (key) => (key.startsWith(folder) ? new ObjectArchivedError(key) : undefined);
    expect(await measure(store)).toMatchObject({ damaged: [], archived: [idOf('daily', 30)] });
  });
});

describe('a set that was never read back', () => {
  it('calls people once there was time to, until a newer one is verified', async () => {
    const store = new HealthStore().add('daily', ago(3000), 'verified').add('daily', ago(200));
    expect((await measure(store)).unverified).toEqual([]);
    store.add('daily', ago(300));
    expect((await measure(store)).unverified).toMatchObject([{ id: idOf('daily', 300), calls: true }]);
    store.add('daily', ago(100), 'verified');
    expect((await measure(store)).unverified).toMatchObject([{ id: idOf('daily', 300), calls: false }]);
  });

  it('is one whose verification is of another manifest, or cannot be read', async () => {
    const store = new HealthStore().add('daily', ago(300), 'verified');
    const folder = setFolder({ kind: 'daily', slot: ago(300) });
    store.put(`${folder}verification.json`, '{"outcome":"verified"}');
    expect(await measure(store)).toMatchObject({ newest: undefined, unverified: [{ calls: true }] });
  });
});

describe('a run that has made no set', () => {
  it('is under way until its time is over, and stuck from then on', async () => {
    const store = new HealthStore().add('critical', ago(40), 'verified');
    store.addUnfinished('critical', ago(25), ago(0.2));
    expect(await measure(store, 'critical')).toMatchObject({ stuck: [], underWay: 1, sets: 1 });
    const later = new Date(NOW.getTime() + 6 * MINUTE);
    expect((await measureKind(store, 'critical', EXPECTED, later)).stuck).toMatchObject([
      { id: idOf('critical', 25), since: ago(25), calls: true },
    ]);
  });

  it('is made good by a verified set that began after it', async () => {
    const store = new HealthStore().addUnfinished('critical', ago(60)).addRow('critical', 3, 15, 10);
    expect(await measure(store, 'critical')).toMatchObject({ stuck: [], underWay: 0 });
  });

  it('is stuck all the same where it is still writing: nobody stopped it', async () => {
    const store = new HealthStore().addUnfinished('critical', ago(60), ago(0)).addRow('critical', 3, 15, 10);
    expect((await measure(store, 'critical')).stuck).toMatchObject([{ id: idOf('critical', 60) }]);
  });

  it('is nobody else’s matter where no clock makes the kind: whoever started it was told', async () => {
    const off = expecting({ schedules: { critical: { enabled: false } } });
    const store = new HealthStore()
      .addUnfinished('critical', ago(600))
      .addUnfinished('prerestore', ago(9000));
    expect(await measure(store, 'critical', off)).toMatchObject({ made: 'no', stuck: [] });
    expect((await measure(store, 'prerestore')).stuck).toEqual([]);
  });

  it('that has been expired meanwhile is none', async () => {
    const store = new HealthStore().addUnfinished('daily', ago(600));
    store.listObjects = async () => [];
    expect(await measure(store)).toMatchObject({ stuck: [], sets: 0 });
  });
});

describe('what cannot be read', () => {
  it('hides nothing else of the kind', async () => {
    const store = new HealthStore().addRow('daily', 5, 1440, 10);
    const folder = setFolder({ kind: 'daily', slot: ago(10) });
    store.refuses = (key) => (key.startsWith(folder) ? refused(key) : undefined);
    const { newest, problems } = await measure(store);
    expect(newest?.ageMinutes).toBe(1450);
    expect(problems).toEqual([expect.stringContaining(`${idOf('daily', 10)}: S3 failed while reading`)]);
  });

  it('is not gone on with where nothing at all can be', async () => {
    const store = new HealthStore().addRow('critical', 100, 15, 10);
    store.refuses = (key) => (key.endsWith('.json') ? refused(key) : undefined);
    await expect(measure(store, 'critical')).rejects.toThrow(StorageError);
    expect(store.asked.texts).toBeLessThan(40);
  });

  it('is a fault of the product where it is none of S3', async () => {
    const store = new HealthStore().addRow('daily', 2, 1440, 10);
    store.refuses = () => new TypeError('a bug');
    await expect(measure(store)).rejects.toThrow(TypeError);
  });
});

describe('a kind with few verified sets', () => {
  it('is spoken of when there are sets enough, or were; not while it is new', async () => {
    const young = new HealthStore().add('daily', ago(60), 'verified');
    expect((await measure(young)).tooFewVerified).toBe(false);
    const others = new HealthStore().add('daily', ago(60), 'verified').add('daily', ago(1500), 'failed');
    expect((await measure(others)).tooFewVerified).toBe(true);
    const gone = new HealthStore().add('daily', ago(9 * 1440), 'verified');
    expect((await measure(gone)).tooFewVerified).toBe(true);
  });
});

describe('what it takes to look', () => {
  it('is one listing and some thirty small reads, whether there are twenty sets or thousands', async () => {
    const asked = async (sets: number) => {
      const store = new HealthStore().addRow('critical', sets, 15, 10);
      await measure(
        store,
        'critical',
        expecting({ policy: { retention: { critical: { keepDays: 3000 } } } }),
      );
      return store.asked;
    };
    const few = await asked(20);
    expect(few).toEqual({ folders: 1, objects: 0, texts: 32 });
    expect(await asked(5000)).toEqual(few);
  });

  it('is more where retention spares more', async () => {
    const store = new HealthStore().addRow('daily', 60, 1440, 10);
    const many = expecting({ policy: { retention: { daily: { keepVerified: 40, keepDays: 100 } } } });
    expect((await measure(store, 'daily', many)).verified).toBeGreaterThanOrEqual(40);
  });
});
