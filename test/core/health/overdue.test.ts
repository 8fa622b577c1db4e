import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHistory } from '../../../core/health/history.ts';
import { findOverdue } from '../../../core/health/overdue.ts';
import { judgedSets, planRetention } from '../../../core/retention.ts';
import { formatSlot } from '../../../core/set-id.ts';
import { ago, DAY, expecting, HealthStore, NOW } from '../../support/health.ts';

const EXPECTED = expecting();
const GRACE = EXPECTED.health.retentionGraceDays;

async function overdue(store: HealthStore, kind: 'daily' | 'prerestore' = 'daily') {
  const ofKind = EXPECTED.kinds[kind];
  const history = await readHistory(store, kind, Number.POSITIVE_INFINITY, NOW);
  return findOverdue(store, history, ofKind, EXPECTED.health, NOW);
}

describe('sets that should be gone', () => {
  it('are none while retention and lifecycle do what they do', async () => {
    const store = new HealthStore().addRow('daily', 9, 1440, 10);
    expect(await overdue(store)).toEqual({ sets: 0, oldest: undefined, more: false });
    expect(store.asked.objects).toBe(0);
  });

  it('are those that retention would have let go more than the grace ago, whatever their state', async () => {
    const store = new HealthStore().addRow('daily', 9, 1440, 10);
    const days = (7 + GRACE) * 1440;
    store.add('daily', ago(days + 60), 'verified').add('daily', ago(days + 2000));
    store.addUnfinished('daily', ago(days + 4000)).add('daily', ago(days - 60), 'verified');
    expect(await overdue(store)).toEqual({
      sets: 3,
      oldest: `daily-${formatSlot(ago(days + 4000))}`,
      more: false,
    });
  });

  it('are none of those that nothing newer replaces', async () => {
    const store = new HealthStore().addRow('daily', 3, 1440, 60 * 1440).add('daily', ago(100));
    expect((await overdue(store)).oldest).toBe(`daily-${formatSlot(ago(62 * 1440))}`);
    const two = new HealthStore().addRow('daily', 2, 1440, 60 * 1440);
    expect((await overdue(two)).sets).toBe(0);
  });

  it('are none that were made lately for a slot long past', async () => {
    const store = new HealthStore()
      .addRow('daily', 3, 1440, 10)
      .add('daily', ago(5), 'verified', { slot: ago(90 * 1440) });
    expect((await overdue(store)).sets).toBe(0);
  });

  it('are counted up to a limit: that there are more is said', async () => {
    const store = new HealthStore().addRow('daily', 60, 1440, 10);
    expect(await overdue(store)).toMatchObject({ sets: 25, more: true });
    expect(store.asked.objects).toBe(25);
  });

  it('are exactly those that the plan of retention says', async () => {
    const set = fc.record({
      age: fc.integer({ min: 1, max: 40 * 24 }),
      late: fc.integer({ min: 0, max: 200 }),
      state: fc.constantFrom('verified', 'failed', undefined),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(set, { selector: ({ age, late }) => age + late, maxLength: 24 }),
        async (sets) => {
          const store = new HealthStore();
          for (const { age, late, state } of sets)
            store.add('daily', ago(age * 60), state as 'verified' | undefined, {
              slot: ago((age + late) * 60),
              minutes: 0,
            });
          const { retention } = policyOf();
          const plan = planRetention(await judgedSets(store, 'daily'), retention, NOW);
          const long = plan.expire.filter(
            ({ time }) => NOW.getTime() - time.getTime() >= (retention.daily.keepDays + GRACE) * DAY,
          );
          expect((await overdue(store)).sets).toBe(long.length);
        },
      ),
    );
  });
});

function policyOf() {
  const kept = (kind: 'daily') => {
    const { keepDays, keepVerified } = EXPECTED.kinds[kind];
    return { keepDays, keepVerified };
  };
  const daily = kept('daily');
  return { retention: { daily, weekly: daily, important: daily, critical: daily, prerestore: daily } };
}
