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
