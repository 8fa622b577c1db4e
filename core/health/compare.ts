import { median } from '../median.ts';
import { runMinutesOf } from '../run-limit.ts';
import type { Expectations } from './expectations.ts';
import { HISTORY } from './history.ts';

/** Sets before the newest one without which there is no telling what is usual. */
export const LEAST_HISTORY = 3;
const MIB = 1024 ** 2;

/** A figure of the newest set, beside those of the sets before it. */
export interface Compared {
  readonly newest: number;
  /** Of the sets before it, 14 at the most; nothing where they are too few. */
  readonly median: number | undefined;
  /** The newest by the median; nothing where there is none, or where both are too small to say anything. */
  readonly ratio: number | undefined;
}

/** @param newestFirst figures of verified sets */
export function compareSizes(newestFirst: readonly number[], { size }: Expectations['health']): Compared {
  // what lost all of it is smaller than any limit, and it is what it lost that counts
  return compare(newestFirst, (newest, median) => Math.max(newest, median) >= size.ignoreBelowMiB * MIB);
}

/** @param newestFirst figures of verified sets */
export function compareDurations(
  newestFirst: readonly number[],
  { duration }: Expectations['health'],
): Compared {
  return compare(newestFirst, (newest) => newest >= duration.ignoreBelowMinutes);
}

/** Share of the time that the engine has before it ends itself. */
export function shareOfLimit(minutes: number, timeLimitMinutes: number): number {
  return minutes / runMinutesOf(timeLimitMinutes);
}

function compare(
  [newest = 0, ...before]: readonly number[],
  counts: (newest: number, median: number) => boolean,
): Compared {
  const known = before.slice(0, HISTORY);
  if (known.length < LEAST_HISTORY) return { newest, median: undefined, ratio: undefined };
  const usual = median(known);
  return { newest, median: usual, ratio: usual > 0 && counts(newest, usual) ? newest / usual : undefined };
}
