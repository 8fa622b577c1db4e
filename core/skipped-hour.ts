import cronParser from 'aws-cron-parser';
import { shortestGapMinutes } from './cron.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Two years from a fixed day, so that the answer is the same every day and meets both changes of each year. */
const START = Date.UTC(2026, 0, 1);
const LOOK_DAYS = 2 * 366;
/** What is due more often than clocks skip loses nothing: the hour that is left out takes no time. */
const SKIPPED_MINUTES = 60;

/**
 * A time on the clocks of a zone at which a schedule is due and which does not exist, for the clocks are put forward over
 * it: EventBridge leaves that start out. Nothing where there is none.
 * @param cron as `cronSchema` takes it
 * @returns such as `2027-03-28 02:00`
 */
export function skippedStart(cron: string, timeZone: string): string | undefined {
  if (shortestGapMinutes(cron) <= SKIPPED_MINUTES) return undefined;
  const parsed = cronParser.parse(cron);
  for (const { from, to } of skippedHours(timeZone)) {
    // the parser reads the clock as if it were UTC, and so do the bounds
    const due = cronParser.next(parsed, new Date(from - 1))?.getTime();
    if (due !== undefined && due >= from && due < to)
      return new Date(due).toISOString().slice(0, 16).replace('T', ' ');
  }
  return undefined;
}

/** Whether there is a zone of that IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    // RangeError: that is how Intl says that it knows no such zone
    return false;
  }
}

/** Spans of the zone's clock that are skipped, as if it showed UTC. */
function skippedHours(timeZone: string): { from: number; to: number }[] {
  const offset = offsetIn(timeZone);
  const spans: { from: number; to: number }[] = [];
  for (let day = START; day < START + LOOK_DAYS * DAY_MS; day += DAY_MS) {
    if (offset(day + DAY_MS) <= offset(day)) continue;
    const change = firstMinuteWith(offset, day, day + DAY_MS);
    spans.push({ from: change + offset(day), to: change + offset(change) });
  }
  return spans;
}

/** The first whole minute of a span that has the offset of its end. */
function firstMinuteWith(offset: (time: number) => number, from: number, to: number): number {
  let [before, after] = [from, to];
  while (after - before > 60_000) {
    const middle = before + Math.floor((after - before) / 2 / 60_000) * 60_000;
    if (offset(middle) === offset(to)) after = middle;
    else before = middle;
  }
  return after;
}

/** How far the zone's clock is ahead of UTC at an instant; milliseconds. */
function offsetIn(timeZone: string): (time: number) => number {
  const clock = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return (time) => {
    const name = clock.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  };
}
