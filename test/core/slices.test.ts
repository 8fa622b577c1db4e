import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSlices, type SliceCandidate, type SlicingLimits } from '../../core/slices.ts';

const MIB = 1024 ** 2;
const PAGE = 8192;
/** Below this a table is not worth a stream of its own, unless the threshold is lower still. */
const WORTH_IT = 4 * MIB;

const table: fc.Arbitrary<SliceCandidate> = fc
  .record({
    heapPages: fc.oneof(fc.nat(200), fc.nat(500_000)),
    toastBytes: fc.oneof(fc.constant(0), fc.nat(100 * MIB), fc.nat(2 ** 34)),
    sliceable: fc.boolean(),
    divisible: fc.boolean(),
  })
  .map(({ heapPages, toastBytes, ...rest }) => ({
    heapPages,
    totalBytes: heapPages * PAGE + toastBytes,
    ...rest,
  }));
const limits: fc.Arbitrary<SlicingLimits> = fc
  .record({
    workers: fc.integer({ min: 1, max: 64 }),
    thresholdMiB: fc.integer({ min: 1, max: 1024 }),
    minSliceMiB: fc.integer({ min: 1, max: 128 }),
    more: fc.nat(2048),
  })
  .map(({ more, ...rest }) => ({ ...rest, maxSliceMiB: rest.minSliceMiB + more }));
const plans = fc.tuple(fc.array(table, { maxLength: 30 }), limits);

const sum = (tables: readonly SliceCandidate[]) =>
  tables.reduce((all, { totalBytes }) => all + totalBytes, 0);

describe('a plan of slices', () => {
  it('covers each sliced table from its first page to the end of time, without gap or overlap', () => {
    fc.assert(
      fc.property(plans, ([tables, limit]) => {
        for (const ranges of planSlices(tables, limit).filter((list) => list.length > 0)) {
          expect(ranges[0]?.from).toBe(0);
          expect(ranges.at(-1)?.to).toBeNull();
          ranges.slice(1).forEach((range, i) => {
            expect(range.from).toBe(ranges[i]?.to);
            expect(range.from).toBeGreaterThan(ranges[i]?.from ?? Number.POSITIVE_INFINITY);
          });
        }
      }),
    );
  });

  it('has one entry for each table, in their order, and slices none that cannot be', () => {
    fc.assert(
      fc.property(plans, ([tables, limit]) => {
        const planned = planSlices(tables, limit);
        expect(planned).toHaveLength(tables.length);
        planned.forEach((ranges, i) => {
          if (tables[i]?.sliceable === false) expect(ranges).toEqual([]);
        });
      }),
    );
  });

  it('gives one slice to a table that can only be read as a whole', () => {
    const limit = { workers: 4, thresholdMiB: 64, minSliceMiB: 32, maxSliceMiB: 512 };
    const whole = { heapPages: 131_072, totalBytes: 1024 * MIB, sliceable: true, divisible: false };
    expect(planSlices([whole], limit)).toEqual([[{ from: 0, to: null }]]);
  });

  it('slices every table over the threshold that can be', () => {
    fc.assert(
      fc.property(plans, ([tables, limit]) => {
        planSlices(tables, limit).forEach((ranges, i) => {
          const { sliceable = false, totalBytes = 0 } = tables[i] ?? {};
          if (sliceable && totalBytes >= limit.thresholdMiB * MIB) expect(ranges.length).toBeGreaterThan(0);
        });
      }),
    );
  });

  it('leaves a rest no longer than one worker’s share, unless nothing worth it is left to slice', () => {
    fc.assert(
      fc.property(plans, ([tables, limit]) => {
        const planned = planSlices(tables, limit);
        const left = tables.filter((_, i) => planned[i]?.length === 0);
        const share = Math.max(sum(tables) / limit.workers, limit.minSliceMiB * MIB);
        const couldGo = left.filter(({ sliceable, totalBytes }) => sliceable && totalBytes >= WORTH_IT);
        if (sum(left) > share) expect(couldGo).toEqual([]);
      }),
    );
  });

  it('slices every table of one percent of a large database', () => {
    const sizes = [600, 60, 50, 9, 8.5, 8, 7, 1];
    const tables = sizes.map((mib) => ({
      heapPages: mib * 128,
      totalBytes: mib * MIB,
      sliceable: true,
      divisible: true,
    }));
    const planned = planSlices(tables, { workers: 2, thresholdMiB: 64, minSliceMiB: 32, maxSliceMiB: 512 });
    expect(sizes.filter((_, i) => planned[i]?.length === 0)).toEqual([7, 1]);
  });

  it('leaves tables under the threshold in the rest while the rest is short', () => {
    const small = Array.from({ length: 4 }, () => ({
      heapPages: 640,
      totalBytes: 5 * MIB,
      sliceable: true,
      divisible: true,
    }));
    const limit = { workers: 2, thresholdMiB: 64, minSliceMiB: 32, maxSliceMiB: 512 };
    expect(planSlices(small, limit)).toEqual([[], [], [], []]);
  });

  it('slices the largest of many small tables when the rest would be one long stream', () => {
    const tables = [40, 10, 50, 60].map((mib) => ({
      heapPages: mib * 128,
      totalBytes: mib * MIB,
      sliceable: true,
      divisible: true,
    }));
    const planned = planSlices(tables, { workers: 4, thresholdMiB: 64, minSliceMiB: 32, maxSliceMiB: 512 });
    expect(planned.map((ranges) => ranges.length > 0)).toEqual([true, false, true, true]);
  });

  it('gives each worker several slices of one large table', () => {
    const tables = [{ heapPages: 1_310_720, totalBytes: 10 * 1024 * MIB, sliceable: true, divisible: true }];
    const [ranges = []] = planSlices(tables, {
      workers: 4,
      thresholdMiB: 64,
      minSliceMiB: 32,
      maxSliceMiB: 512,
    });
    expect(ranges.length).toBeGreaterThanOrEqual(16);
  });

  it('divides by what is read, not by the heap alone: wide rows live in TOAST', () => {
    const tables = [{ heapPages: 1000, totalBytes: 4096 * MIB, sliceable: true, divisible: true }];
    const [ranges = []] = planSlices(tables, {
      workers: 2,
      thresholdMiB: 64,
      minSliceMiB: 32,
      maxSliceMiB: 512,
    });
    expect(ranges.length).toBeGreaterThanOrEqual(8);
  });
});
