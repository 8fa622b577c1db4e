import type { DrillReport, PastDrill, Trend } from './report.ts';

/** Drills whose times are the measure of the next. */
const MEASURE = 6;
/** With fewer a median is chance. */
const LEAST = 3;
/** A drill this much slower than the median is a regression. */
const REGRESSION = 4 / 3;
/** Past drills that a report shows. */
const SHOWN = 24;

/**
 * How the time to recover has moved (spec D4).
 * @param past drills in any order; those of another kind of target measured something else and are left out
 * @param current nothing where this drill measured no time
 */
export function trendOf(past: readonly PastDrill[], target: string, current: number | null): Trend {
  const same = past
    .filter((drill) => drill.target === target)
    .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))
    .slice(-SHOWN);
  const measured = same.flatMap(({ recoverySeconds }) => (recoverySeconds === null ? [] : [recoverySeconds]));
  const last = measured.slice(-MEASURE);
  const medianSeconds = last.length < LEAST ? null : median(last);
  // nothing is slower than no time at all
  const ratio =
    medianSeconds === null || medianSeconds === 0 || current === null ? null : current / medianSeconds;
  return {
    past: same,
    medianSeconds,
    ratio: ratio === null ? null : Math.round(ratio * 1000) / 1000,
    regression: ratio !== null && ratio > REGRESSION,
  };
}

export function pastOf(report: DrillReport): PastDrill {
  return {
    id: report.id,
    startedAt: report.startedAt,
    verdict: report.verdict,
    target: report.target.kind,
    recoverySeconds: report.recoverySeconds,
    plainBytes: report.set?.plainBytes ?? null,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number) => sorted[index] ?? 0;
  return Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle));
}
