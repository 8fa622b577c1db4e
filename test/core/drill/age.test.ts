import { describe, expect, it } from 'vitest';
import { verifiedDrillAgeDays } from '../../../core/drill/age.ts';
import { drillFolder } from '../../../core/drill/keys.ts';
import { formatSlot } from '../../../core/set-id.ts';
import { failedDrill, verifiedDrill } from '../../support/drill-reports.ts';
import { ago, DAY, HealthStore, NOW } from '../../support/health.ts';

const DAY_MINUTES = 1440;

function withDrills(...drills: { days: number; verified: boolean }[]): HealthStore {
  const store = new HealthStore().add('daily', ago(50 * DAY_MINUTES), 'verified');
  for (const { days, verified } of drills) {
    const began = new Date(NOW.getTime() - days * DAY);
    const id = `drill-${formatSlot(began)}-0a1b2c`;
    const report = { ...(verified ? verifiedDrill() : failedDrill()), id, startedAt: began.toISOString() };
    store.put(`${drillFolder(id)}report.json`, JSON.stringify(report));
  }
  return store;
}
const age = (store: HealthStore) => verifiedDrillAgeDays(store, NOW);

describe('the age of the newest drill that verified everything', () => {
  it('is in days, whatever other drills came to', async () => {
    const store = withDrills(
      { days: 40, verified: true },
      { days: 12, verified: true },
      { days: 2, verified: false },
    );
    expect(await age(store)).toBe(12);
  });

  it('is that of the first set where there was none, and nothing without a set', async () => {
    expect(await age(withDrills({ days: 2, verified: false }))).toBe(50);
    expect(await age(new HealthStore())).toBeUndefined();
  });

  it('is not that of one that is still to come: it would be fresh until that day', async () => {
    expect(await age(withDrills({ days: -400, verified: true }, { days: 12, verified: true }))).toBe(12);
    // two clocks may differ a little
    expect(await age(withDrills({ days: -1 / 1440, verified: true }))).toBe(0);
  });
});
