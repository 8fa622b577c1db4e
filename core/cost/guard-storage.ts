import { type EstimateCurve, estimateAt } from './curve.ts';
import { DAYS_OF_MONTH } from './sets.ts';

const GB = 1024 ** 3;
const DAY_MS = 86_400_000;

/** What lay in the bucket on one day, by storage class as CloudWatch names it. Versions that are not current are in it. */
export interface StoredDay {
  readonly at: Date;
  readonly bytes: Readonly<Record<string, number>>;
}

/** How the bucket grows. */
export interface Growth {
  readonly at: Date;
  readonly gb: number;
  /** By storage class, the largest first; classes without a byte are left out. */
  readonly classes: readonly { readonly name: string; readonly gb: number }[];
  /** A week before; nothing where there was no bucket to measure. */
  readonly before: { readonly at: Date; readonly gb: number } | null;
  /** What a month adds at the pace of that week. */
  readonly perMonthGb: number | null;
}

/** Days back at which the bucket is compared: CloudWatch may lack one, and the largest of them is taken. */
const BACK_DAYS = [7, 8, 9];

/** @param days as many as there are, in any order; one without a byte counts as not measured */
export function growthOf(days: readonly StoredDay[]): Growth | undefined {
  const measured = days.filter((day) => total(day) > 0).sort((a, b) => a.at.getTime() - b.at.getTime());
  const now = measured.at(-1);
  if (now === undefined) return undefined;
  const gb = total(now) / GB;
  const back = (day: StoredDay) => Math.round((now.at.getTime() - day.at.getTime()) / DAY_MS);
  const [base] = measured
    .filter((day) => BACK_DAYS.includes(back(day)))
    .sort((a, b) => total(b) - total(a) || b.at.getTime() - a.at.getTime());
  return {
    at: now.at,
    gb,
    classes: Object.entries(now.bytes)
      .map(([name, bytes]) => ({ name, gb: bytes / GB }))
      .filter((each) => each.gb > 0)
      .sort((a, b) => b.gb - a.gb),
    before: base === undefined ? null : { at: base.at, gb: total(base) / GB },
    perMonthGb: base === undefined ? null : ((gb - total(base) / GB) / back(base)) * DAYS_OF_MONTH,
  };
}

function total({ bytes }: StoredDay): number {
  return Object.values(bytes).reduce((sum, each) => sum + each, 0);
}

/** Below it nothing is worth a word: a GB in STANDARD is three cents a month. */
const NOTABLE_GB = 1;
const DOUBLED = 2;
/** Growth is unexpected where it is so many times what was estimated for the same week. */
const UNEXPECTED = 1.5;

/**
 * Whether the bucket has doubled within a week in which it was not meant to. A new one doubles as it fills up.
 * @param ageMonths infinite where it is unknown: then it was not meant to at all
 */
export function doubled({ at, gb, before }: Growth, curve: EstimateCurve, ageMonths: number): boolean {
  if (before === null || gb < DOUBLED * before.gb || gb - before.gb < NOTABLE_GB) return false;
  const weekMonths = (at.getTime() - before.at.getTime()) / DAY_MS / DAYS_OF_MONTH;
  const estimatedNow = estimateAt(curve, ageMonths).storedGb;
  const estimatedBefore = estimateAt(curve, Math.max(0, ageMonths - weekMonths)).storedGb;
  return gb * estimatedBefore > UNEXPECTED * before.gb * estimatedNow;
}

/** Above the estimate by so much, it is of another database. */
const FAR_ABOVE = 2;
const FAR_ABOVE_GB = 10;

/** Whether far more lies there than was estimated for this age. */
export function storesFarMore({ gb }: Growth, estimatedGb: number): boolean {
  return gb > FAR_ABOVE * estimatedGb && gb - estimatedGb > FAR_ABOVE_GB;
}
