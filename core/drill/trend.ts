import { median } from '../median.ts';
import type { DrillReport, PastDrill, Trend } from './report.ts';

/** Drills whose times are the measure of the next. */
const MEASURE = 6;
/** With fewer a median is chance. */
const LEAST = 3;
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
    .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const measured = same.flatMap(({ recoverySeconds }) => (recoverySeconds === null ? [] : [recoverySeconds]));
  const last = measured.slice(-MEASURE);
  const medianSeconds = last.length < LEAST ? null : median(last);
  // nothing is slower than no time at all
  const comparable = medianSeconds !== null && medianSeconds > 0 && current !== null;
  return {
    past: same.slice(-SHOWN),
    medianSeconds,
    ratio: comparable ? Math.round((current / medianSeconds) * 1000) / 1000 : null,
    regression: comparable && isRegression(current, medianSeconds),
  };
}

/** More than a third slower. In whole milliseconds, for 40.4 / 30.3 is a little more than 4 / 3 to a computer. */
function isRegression(seconds: number, medianSeconds: number): boolean {
  return Math.round(seconds * 3000) > Math.round(medianSeconds * 4000);
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
