import cronParser from 'aws-cron-parser';
import { CloudCannot } from '../cloud/errors.ts';

/**
 * The instants within a span at which a schedule is due.
 * @param expression as EventBridge Scheduler takes it; only `cron(…)`
 * @param timeZone whose clock the cron reads; one that is put forward or back within the span is not for this
 * @param from first millisecond of the span
 * @param to first millisecond after it
 * @throws {CloudCannot} the expression is no cron
 */
export function dueTimes(expression: string, timeZone: string, from: number, to: number): number[] {
  const [, cron] = /^cron\((.+)\)$/.exec(expression) ?? [];
  if (cron === undefined)
    throw new CloudCannot('a schedule', `it is due at ${expression}`, 'only cron(…) is known here');
  const parsed = cronParser.parse(cron);
  const offset = offsetAt(timeZone, from);
  const times: number[] = [];
  // the parser reads the clock of the zone as if it were UTC
  let next = cronParser.next(parsed, new Date(from + offset - 1));
  while (next !== null && next.getTime() - offset < to) {
    times.push(next.getTime() - offset);
    next = cronParser.next(parsed, next);
  }
  return times;
}

/** How far the zone's clock is ahead of UTC at an instant; milliseconds. */
export function offsetAt(timeZone: string, time: number): number {
  const clock = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const name = clock.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}
