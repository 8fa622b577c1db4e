import cronParser from 'aws-cron-parser';
import { z } from 'zod';

const FIELD = /^[0-9A-Z,\-*/?#]+$/;
/** A Monday. Gaps are looked for from here, so that the answer is the same every day. */
const START = Date.UTC(2026, 0, 5);
/** Long enough to meet every weekend, and the turn of a month. */
const LOOK_MS = 35 * 24 * 60 * 60_000;
/** What comes less than monthly is looked at so often at least. */
const LOOK_TIMES = 14;

/** When a schedule fires: the six fields of EventBridge's `cron(…)`, without the word and its parentheses. */
export const cronSchema = z.string().superRefine((text, context) => {
  const problem = problemOf(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

export function isCron(text: string): boolean {
  return cronSchema.safeParse(text).success;
}

/**
 * The longest time between two firings, in minutes.
 * @param cron as `cronSchema` takes it
 */
export function longestGapMinutes(cron: string): number {
  return Math.max(...gapsMinutes(cron));
}

/**
 * The shortest time between two firings, in minutes: how long a late start may be late.
 * @param cron as `cronSchema` takes it
 */
export function shortestGapMinutes(cron: string): number {
  return Math.min(...gapsMinutes(cron));
}

function gapsMinutes(cron: string): number[] {
  const firings = firingsOf(cron);
  return firings.slice(1).map((time, i) => (time - (firings[i] ?? time)) / 60_000);
}

function problemOf(text: string): string | undefined {
  const expected = 'expected the six fields of an EventBridge cron, such as 0 2 * * ? * for 02:00';
  const fields = text.split(' ');
  if (fields.length !== 6 || !fields.every((field) => FIELD.test(field)))
    return `${JSON.stringify(text)}: ${expected}`;
  if ((fields[2] === '?') === (fields[4] === '?'))
    return `${text}: one of day of month and day of week must be ?, and not both`;
  if (fields[5] !== '*') return `${text} ends; a schedule must go on, so the year must be *`;
  try {
    firingsOf(text);
    return undefined;
  } catch (error) {
    return `${text}: ${error instanceof Error ? error.message : error}; ${expected}`;
  }
}

function firingsOf(cron: string): number[] {
  const parsed = cronParser.parse(cron);
  const times: number[] = [];
  let time: Date | null = new Date(START);
  do {
    time = cronParser.next(parsed, time);
    if (time !== null) times.push(time.getTime());
  } while (time !== null && (time.getTime() < START + LOOK_MS || times.length <= LOOK_TIMES));
  return times;
}
