import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectArchivedError, PitrStateImplausible, StorageError } from '../../../core/errors/index.ts';
import {
  FILES_FORMAT,
  type FilesManifest,
  inventoryFolder,
  inventoryId,
  serializeFilesManifest,
} from '../../../core/files/manifest.ts';
import type { Expectations } from '../../../core/health/expectations.ts';
import { figuresOf } from '../../../core/health/figures.ts';
import type { Finding } from '../../../core/health/finding.ts';
import { type HealthSources, measureHealth } from '../../../core/health/health.ts';
import { judge } from '../../../core/health/judge.ts';
import { METRIC } from '../../../core/names.ts';
import { RUNBOOK } from '../../../core/runbook.ts';
import { setFolder } from '../../../core/set-id.ts';
import type { PitrState } from '../../../core/supabase/pitr.ts';
import {
  ago,
  expecting,
  HealthStore,
  healthyStore,
  NOW,
  strategyExpectations,
} from '../../support/health.ts';

const EXPECTED = expecting();
const refused = (key: string) => new StorageError(`reading ${key}`, new Error('AccessDenied'));

/** Of a bucket in which a drill was held, so that nothing is said of drills. */
async function judged(
  sources: HealthSources,
  expected: Expectations = EXPECTED,
): Promise<{ findings: Finding[]; short: string[]; figures: Record<string, number> }> {
  const health = await measureHealth(sources, expected, NOW);
  const findings = judge(health, expected).filter(
    ({ heading, severity }) => heading !== 'Drill/Stale' || severity !== 'warning',
  );
  const figures = Object.fromEntries(figuresOf(health).map(({ name, value }) => [name, value]));
  return { findings, short: findings.map(({ severity, heading }) => `${severity} ${heading}`), figures };
}
const ofStore = (store: HealthStore, expected?: Expectations) => judged(store.sources(), expected);
const withPitr = (pitr: () => Promise<PitrState>) => judged({ ...healthyStore().sources(), pitr });

function putInventory(store: HealthStore, startedAt: Date): HealthStore {
  const at = startedAt.toISOString();
  const none = { files: 0, bytes: 0, read: 0, readBytes: 0, unchanged: 0, duplicates: 0 };
  const manifest: FilesManifest = {
    ...FILES_FORMAT,
    ...{ id: inventoryId(startedAt), slot: at, startedAt: at, finishedAt: at },
    source: { project: 'p', storageHost: 'h' },
    inventory: { key: 'inventory.jsonl.zst', bytes: 0, sha256: '', lines: 0 },
    counts: { ...none, missing: 0, failed: 0, excluded: 0, vanished: 0 },
    ...{ buckets: [], exclude: [], recipients: [], seconds: {} },
  };
  return store.put(`${inventoryFolder(startedAt)}manifest.json`, serializeFilesManifest(manifest));
}

describe('backups that are well', () => {
  it('are green, and every count is 0', async () => {
    const { findings, figures } = await ofStore(healthyStore());
    expect(findings).toEqual([]);
    expect(figures).toEqual({
      [METRIC.smallestSizeRatio]: 1,
      [METRIC.largestSizeRatio]: 1,
      [METRIC.longestDurationRatio]: 1,
      [METRIC.longestShareOfTimeLimit]: 2 / 25,
      [METRIC.setsDamaged]: 0,
      [METRIC.setsUnverified]: 0,
      [METRIC.runsStuck]: 0,
      [METRIC.setsOverdue]: 0,
      [METRIC.oldestOpenUploadHours]: 0,
    });
  });

  it('are judged by the kinds that are made: those that are off are missed by nobody', async () => {
    const store = new HealthStore().addRow('daily', 5, 1440, 60).addRow('weekly', 2, 7 * 1440, 60);
    const off = { important: { enabled: false }, critical: { enabled: false } };
    expect((await ofStore(store, expecting({ schedules: off }))).findings).toEqual([]);
    expect((await ofStore(store)).short).toEqual([
      'alarm Backup/ImportantStale',
      'alarm Backup/CriticalStale',
    ]);
    // nobody says what is to be there: what there is
    expect((await ofStore(store, strategyExpectations())).findings).toEqual([]);
  });
});

describe('an empty bucket', () => {
  it.each([
    ['of an environment', EXPECTED],
    ['of which nobody says what is to be in it', strategyExpectations()],
  ])('%s is an alarm, not green', async (_, expected) => {
    const { findings, short } = await ofStore(new HealthStore(), expected);
    expect(short).toEqual(['alarm Backup/DailyStale']);
    expect(findings[0]?.text.en).toContain('holds no set at all');
  });
});

describe('what is wrong', () => {
  const big = { bytes: 5e8 };
  it.each([
    ['an old set', () => new HealthStore().addRow('daily', 5, 1440, 28 * 60), ['alarm Backup/DailyStale']],
    ['no verified set', () => new HealthStore().add('daily', ago(60)), ['alarm Backup/DailyStale']],
    [
      'a set that lost most of it',
      () => new HealthStore().addRow('daily', 5, 1440, 1500, big).add('daily', ago(60), 'verified'),
      ['alarm Backup/SizeDropped'],
    ],
    [
      'a set that grew out of measure',
      () => new HealthStore().addRow('daily', 5, 1440, 1500).add('daily', ago(60), 'verified', big),
      ['alarm Backup/SizeJumped'],
    ],
    [
      'a set that took far longer than usual',
      () =>
        new HealthStore().addRow('daily', 5, 1440, 1500).add('daily', ago(90), 'verified', { minutes: 30 }),
      ['alarm Backup/Slow'],
    ],
    [
      'sets that hardly fit into their time',
      () => new HealthStore().addRow('daily', 5, 1440, 250, { minutes: 200 }),
      ['alarm Backup/NearTimeLimit'],
    ],
    [
      'a damaged set',
      () => new HealthStore().addRow('daily', 5, 1440, 1500).add('daily', ago(60), 'failed'),
      ['alarm Backup/Damaged'],
    ],
    [
      'a set that was never read back',
      () => new HealthStore().addRow('daily', 5, 1440, 1500).add('daily', ago(400)),
      ['alarm Backup/Unverified'],
    ],
    [
      'a run that hangs',
      () => new HealthStore().addRow('daily', 5, 1440, 1500).addUnfinished('daily', ago(400), ago(0)),
      ['alarm Backup/Stuck'],
    ],
    [
      'sets that should be gone',
      () => new HealthStore().addRow('daily', 5, 1440, 60).addRow('daily', 2, 1440, 20 * 1440),
      ['alarm Retention/NotCompliant'],
    ],
    [
      'a set that was never read back, and newer ones that were',
      () => new HealthStore().addRow('daily', 5, 1440, 60).add('daily', ago(800)),
      ['warning Backup/Unverified'],
    ],
    [
      'a snapshot that is still to come',
      () => new HealthStore().addRow('daily', 5, 1440, 60).add('daily', ago(-9000), 'verified'),
      ['warning Backup/DailyStale'],
    ],
    [
      'sets, and only one of them verified',
      () =>
        new HealthStore().add('daily', ago(60), 'verified').add('daily', ago(1500)).add('daily', ago(2940)),
      ['warning Backup/Unverified', 'warning Backup/Unverified', 'warning Backup/Unverified'],
    ],
  ])('is said of %s', async (_, store, expected) => {
    const daily = { weekly: { enabled: false }, important: { enabled: false }, critical: { enabled: false } };
    const { findings, short } = await ofStore(store(), expecting({ schedules: daily }));
    expect(short).toEqual(expected);
    for (const { text } of findings) {
      expect(text.ko).toMatch(/[가-힣]/);
      expect(text.en).not.toMatch(/undefined|NaN/);
      expect(text.ko).not.toMatch(/undefined|NaN/);
    }
  });

  it('is an upload that nobody can be writing to any more', async () => {
    const open = (hours: number) => [{ key: 'daily/x/rest.dump.zst.gpg', startedAt: ago(hours * 60) }];
    const { short, figures } = await judged(healthyStore().sources([...open(1), ...open(9)]));
    expect(short).toEqual(['alarm Uploads/Stale']);
    expect(figures[METRIC.oldestOpenUploadHours]).toBe(9);
    expect((await judged(healthyStore().sources(open(6)))).short).toEqual([]);
  });

  it('is said for three sets of a kind, not for hundreds; the count is of all that were looked at', async () => {
    const store = new HealthStore().addRow('critical', 16, 15, 5000);
    for (let minutes = 40; minutes < 40 + 15 * 30; minutes += 15)
      store.add('critical', ago(minutes), 'failed');
    const { short, figures } = await ofStore(store);
    expect(short.filter((each) => each === 'alarm Backup/Damaged')).toHaveLength(3);
    expect(figures[METRIC.setsDamaged]).toBe(30);
  });
});

describe('files and drills', () => {
  const WITH_FILES = expecting({ files: { enabled: true } });

  it('are measured by what lies in the bucket', async () => {
    expect((await ofStore(healthyStore(), WITH_FILES)).short).toEqual(['alarm Files/Stale']);
    const old = putInventory(healthyStore(), ago(28 * 60));
    expect((await ofStore(old, WITH_FILES)).short).toEqual(['alarm Files/Stale']);
    // where nobody says that there should be some, some that are old tell that there should
    expect((await ofStore(old, strategyExpectations())).short).toEqual(['alarm Files/Stale']);
    const fresh = putInventory(healthyStore(), ago(60));
    expect((await ofStore(fresh, WITH_FILES)).short).toEqual([]);
  });

  it('of a run that is still to come are not known, rather than fresh until that day', async () => {
    const ahead = putInventory(healthyStore(), ago(-30 * 1440));
    expect((await ofStore(ahead, WITH_FILES)).short).toEqual(['unknown Monitor/Failing']);
  });

  it('that were never held are an alarm where they are scheduled and sets are old enough', async () => {
    const store = healthyStore().addRow('weekly', 3, 7 * 1440, 36 * 1440);
    expect((await ofStore(store)).short).toEqual(['alarm Drill/Stale']);
    const health = await measureHealth(store.sources(), strategyExpectations(), NOW);
    expect(judge(health, strategyExpectations()).map(({ severity }) => severity)).toEqual(['warning']);
    const off = expecting({ schedules: { drill: { enabled: false } } });
    expect((await ofStore(store, off)).findings).toEqual([]);
  });
});

describe('point-in-time recovery', () => {
  it.each([
    [{ enabled: false }, ['alarm Pitr/Off']],
    [{ enabled: true, days: 0 }, ['alarm Pitr/TooShort']],
    [{ enabled: true, days: 6.5, newestAgeMinutes: 2 }, []],
    [{ enabled: true, days: 3, newestAgeMinutes: 20 }, ['alarm Pitr/Stale', 'alarm Pitr/TooShort']],
  ] as [PitrState, string[]][])('that is %j is %j', async (state, expected) => {
    expect((await withPitr(async () => state)).short).toEqual(expected);
  });

  it('of which Supabase says nothing that can be is not known', async () => {
    const { short } = await withPitr(() => Promise.reject(new PitrStateImplausible('has no end', NOW)));
    expect(short).toEqual(['unknown Pitr/NotMeasured']);
  });
});

describe('what nobody could look at', () => {
  it('is never green: it is named, and everything else is measured all the same', async () => {
    const store = healthyStore();
    store.refuses = (key) => (key.startsWith('archive/') ? refused(key) : undefined);
    const sources = { store, openUploads: () => Promise.reject(refused('the uploads')) };
    const { findings, short, figures } = await judged(sources);
    // drills go by the first set of all kinds, so they are not known either
    expect(short).toEqual(Array(3).fill('unknown Monitor/Failing'));
    expect(findings[0]?.text.en).toContain('Could not look at the weekly sets: S3 failed while reading');
    // that nothing is wrong with any kind is not known, nor what is the worst of all: no figure ends an alarm
    expect(figures).toEqual({});
  });

  it('is one set whose manifest is refused: the others have an age, and what is wrong with them is counted', async () => {
    const store = healthyStore().add('daily', ago(300), 'failed');
    const folder = setFolder({ kind: 'critical', slot: ago(10) });
    store.refuses = (key) => (key.startsWith(folder) ? refused(key) : undefined);
    const { short, figures } = await ofStore(store);
    expect(short).toEqual(['alarm Backup/Damaged', 'unknown Monitor/Failing']);
    expect(figures[METRIC.setsDamaged]).toBe(1);
    expect(figures[METRIC.setsUnverified]).toBeUndefined();
  });

  it('is no failure of a kind: with none of its sets readable nobody knows whether there is one', async () => {
    const store = healthyStore();
    store.refuses = (key) => (key.startsWith('daily/2') ? refused(key) : undefined);
    expect((await ofStore(store)).short).toEqual(['unknown Monitor/Failing']);
  });

  it('is a manifest in an archive class, by name', async () => {
    const store = healthyStore();
    const folder = setFolder({ kind: 'weekly', slot: ago(3000 + 7 * 1440) });
    store.refuses = (key) => (key.startsWith(folder) ? new ObjectArchivedError(key) : undefined);
    const { findings, short } = await ofStore(store);
    expect(short).toEqual(['warning Backup/Unverified']);
    expect(findings[0]?.text.en).toContain('archive class');
  });
});

describe('a judgement', () => {
  it('is of any bucket: it has headings of the runbook, comes worst first, and is green only with a fresh set of all kinds', async () => {
    const runbook = await readFile(join(import.meta.dirname, '../../..', RUNBOOK), 'utf8');
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    const set = fc.record({
      kind: fc.constantFrom('daily', 'weekly', 'important', 'critical', 'prerestore'),
      age: fc.integer({ min: -20_000, max: 100_000 }),
      outcome: fc.constantFrom('verified', 'verified', 'failed', undefined, 'unfinished'),
      bytes: fc.integer({ min: 1, max: 1e9 }),
      minutes: fc.integer({ min: 0, max: 400 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(set, { maxLength: 40 }), async (sets) => {
        const store = new HealthStore();
        for (const { kind, age, outcome, ...facts } of sets)
          if (outcome === 'unfinished') store.addUnfinished(kind, ago(age));
          else store.add(kind, ago(age), outcome, facts);
        const health = await measureHealth(store.sources(), EXPECTED, NOW);
        const findings = judge(health, EXPECTED);
        const order = findings.map(({ severity }) => ['alarm', 'unknown', 'warning'].indexOf(severity));
        expect(order).toEqual(order.toSorted());
        for (const { heading, text } of findings) {
          expect(headings).toContain(heading);
          expect(`${text.en} ${text.ko}`).not.toMatch(/undefined|NaN|Infinity/);
        }
        const fresh = (['daily', 'weekly', 'important', 'critical'] as const).every((kind) =>
          sets.some(
            (each) =>
              each.kind === kind &&
              each.outcome === 'verified' &&
              each.age >= -10 &&
              each.age <= (EXPECTED.kinds[kind].staleAfterMinutes ?? 0),
          ),
        );
        const alarms = findings.filter(({ severity }) => severity === 'alarm');
        if (!fresh) expect(alarms).not.toEqual([]);
        for (const { name, value } of figuresOf(health)) {
          expect(Number.isFinite(value), name).toBe(true);
          expect(value, name).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
