import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyRanges, LARGEST_COPY_BYTES, partBytes } from '../../core/part-sizes.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const TIB = 1024 ** 4;
const MOST_PARTS = 10_000;

function total(firstPartMiB: number): number {
  let bytes = 0;
  for (let number = 1; number <= MOST_PARTS; number += 1) bytes += partBytes(number, firstPartMiB);
  return bytes;
}

describe('the sizes of the parts of one upload', () => {
  // the configuration takes fractions of a MiB too
  const firstSizes = fc.oneof(fc.integer({ min: 5, max: 512 }), fc.double({ min: 5, max: 512, noNaN: true }));

  it('are what S3 takes, and never shrink, whatever the first size', () => {
    fc.assert(
      fc.property(firstSizes, fc.integer({ min: 1, max: MOST_PARTS }), (first, number) => {
        const size = partBytes(number, first);
        expect(size).toBeGreaterThanOrEqual(5 * MIB);
        expect(size).toBeLessThanOrEqual(5 * GIB);
        if (number > 1) expect(size).toBeGreaterThanOrEqual(partBytes(number - 1, first));
      }),
      { numRuns: 500 },
    );
  });

  it('begin with the first size', () => {
    fc.assert(fc.property(fc.integer({ min: 5, max: 512 }), (first) => partBytes(1, first) === first * MIB));
  });

  it('reach over 2 TiB in 10,000 parts from 8 MiB', () => {
    expect(total(8)).toBeGreaterThan(2 * TIB);
  });

  it('reach over 1 TiB from the smallest first size that is allowed', () => {
    expect(total(5)).toBeGreaterThan(1 * TIB);
  });

  it('stay at 40 MiB and below for a stream of 39 GB, for the memory they take', () => {
    let bytes = 0;
    let largest = 0;
    for (let number = 1; bytes < 39e9; number += 1) {
      largest = Math.max(largest, partBytes(number, 8));
      bytes += partBytes(number, 8);
    }
    expect(largest).toBeLessThanOrEqual(40 * MIB);
  });
});

describe('the ranges an object is copied in', () => {
  it('are the whole of it, one after the other, none larger than S3 copies and no more than it takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 48 * TIB }), (bytes) => {
        const ranges = copyRanges(bytes);
        let next = 0;
        for (const [i, { number, from, to }] of ranges.entries()) {
          if (number !== i + 1 || from !== next || to < from || to - from + 1 > LARGEST_COPY_BYTES)
            return false;
          next = to + 1;
        }
        return next === bytes && ranges.length <= MOST_PARTS;
      }),
    );
  });

  it.each([
    [1, 1],
    [GIB, 1],
    [GIB + 1, 2],
    [LARGEST_COPY_BYTES + 1, 6],
  ])('of %i bytes are %i', (bytes, count) => {
    expect(copyRanges(bytes)).toHaveLength(count);
  });
});
