/** Bytes of a MiB. */
export const MIB = 1024 * 1024;
/** A step of the ramp: this many parts share one size. */
const PARTS_PER_STEP = 1000;
/** Steps that grow by the first size; the ones after them double. */
const LINEAR_STEPS = 5;
/** S3's largest part. */
const MAX_PART_BYTES = 5 * 1024 * MIB;

/**
 * Size of part `number` (from 1) of a stream whose length nobody knows. Fixed 8 MiB parts would end at 78 GiB;
 * this ramp starts as small and reaches 2.5 TiB in 10,000 parts, while a stream under 39 GiB never holds parts
 * larger than 40 MiB in memory. Whatever the first size, all parts but the last are of 5 MiB or more.
 * @param firstPartMiB size of the first thousand parts
 */
export function partBytes(number: number, firstPartMiB: number): number {
  const step = Math.floor((number - 1) / PARTS_PER_STEP);
  const factor = step < LINEAR_STEPS ? step + 1 : LINEAR_STEPS * 2 ** (step - LINEAR_STEPS + 1);
  return Math.min(firstPartMiB * MIB * factor, MAX_PART_BYTES);
}

/** What S3 copies in one request, and in one part of several: 5 GiB. */
export const LARGEST_COPY_BYTES = 5 * 1024 * MIB;
/** Of larger objects, so much at a time unless that would be too many parts. */
const COPY_PART_BYTES = 1024 * MIB;
const MOST_PARTS = 10_000;

/** A part of an object that is copied in several: its number from 1, its first byte and its last one. */
export interface CopyRange {
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

/** Divides an object of so many bytes into ranges that S3 copies one by one; together they are the whole of it. */
export function copyRanges(bytes: number): CopyRange[] {
  const size = Math.max(COPY_PART_BYTES, Math.ceil(bytes / MOST_PARTS));
  return Array.from({ length: Math.ceil(bytes / size) }, (_, i) => ({
    number: i + 1,
    from: i * size,
    to: Math.min((i + 1) * size, bytes) - 1,
  }));
}
