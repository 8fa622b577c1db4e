import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateFull, plannedSet, plannedTables, readsOf } from '../../core/restore-plan.ts';
import { makeManifest } from '../support/manifests.ts';

const name = fc.string({ minLength: 1, maxLength: 3 });
const tables = fc.uniqueArray(fc.record({ schema: name, name }), {
  selector: ({ schema, name: table }) => JSON.stringify([schema, table]),
});

describe('the tables of a plan', () => {
  it('are those of both sides, each once, in order', () => {
    fc.assert(
      fc.property(tables, tables, (inSet, inTarget) => {
        const planned = plannedTables(
          inSet.map((table) => ({ ...table, rows: '5' })),
          inTarget.map((table) => ({ ...table, now: { rows: '7', how: 'exact' as const } })),
        );
        const keys = (of: readonly { schema: string; name: string }[]) =>
          of.map((each) => JSON.stringify([each.schema, each.name])).sort();
        expect(keys(planned)).toEqual([...new Set([...keys(inSet), ...keys(inTarget)])].sort());
        expect(planned.filter(({ rowsInSet }) => rowsInSet === '5')).toHaveLength(inSet.length);
        expect(planned.filter(({ rowsNow }) => rowsNow?.rows === '7')).toHaveLength(inTarget.length);
      }),
    );
  });
});

describe('the estimate', () => {
  const manifest = makeManifest('daily', '20261123T170000Z', {
    finishedAt: '2026-11-23T17:01:40.000Z',
    source: { ...makeManifest('daily', '20261123T170000Z').source, sizeBytes: 1000 },
  });

  it('is twice what making the set took, and the set of the target by its size', () => {
    expect(estimateFull(manifest, undefined).value).toBe(200);
    expect(estimateFull(manifest, 500).value).toBe(250);
  });

  it('says what it was taken from', () => {
    expect(estimateFull(manifest, undefined).basis).toContain('2 times the 100 s that making the set took');
    expect(estimateFull(manifest, undefined).basis).not.toContain('for the set of the target');
    expect(estimateFull(manifest, 500).basis).toContain('50 s for the set of the target');
  });

  it('of a set that took no time, of nothing, is still a number above nothing', () => {
    const nothing = makeManifest('daily', '20261123T170000Z', {
      source: { ...manifest.source, sizeBytes: 0 },
    });
    expect(estimateFull(nothing, 0).value).toBe(2);
  });
});

describe('what a plan says of a set', () => {
  it('is its id, its age and what is known of it, and what it weighs', () => {
    const manifest = makeManifest('weekly', '20261123T170000Z');
    expect(plannedSet({ manifest, state: 'unverified' }, new Date('2026-11-23T18:30:10Z'))).toEqual({
      id: 'weekly-20261123T170000Z',
      snapshotAt: '2026-11-23T17:00:00.000Z',
      ageMinutes: 90,
      state: 'unverified',
    });
    expect(readsOf(manifest)).toEqual({ objects: 4, storedBytes: 4 });
  });
});
