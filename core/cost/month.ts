/**
 * Months as AWS bills them: of UTC, whatever the zone of the team. In Seoul a month of the bill begins at nine in the morning.
 * A month is written `YYYY-MM`, a day `YYYY-MM-DD`.
 */

const DAY_MS = 86_400_000;

/** The month of the bill at an instant. */
export function billingMonth(at: Date): string {
  return at.toISOString().slice(0, 7);
}

/** The day of the bill at an instant. */
export function billingDay(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** Its first instant. */
export function monthStart(month: string): Date {
  return new Date(`${month}-01T00:00:00Z`);
}

export function monthBefore(month: string): string {
  return shifted(month, -1);
}

export function monthAfter(month: string): string {
  return shifted(month, 1);
}

function shifted(month: string, by: number): string {
  const start = monthStart(month);
  return billingMonth(new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + by, 1)));
}

/** Days of its month that are over at an instant: 0 at its beginning, with a fraction. */
export function daysGone(at: Date): number {
  return (at.getTime() - monthStart(billingMonth(at)).getTime()) / DAY_MS;
}

/** Days that a month has. */
export function daysIn(month: string): number {
  return (monthStart(monthAfter(month)).getTime() - monthStart(month).getTime()) / DAY_MS;
}

/** How much of its month is over at an instant, from 0 to 1. */
export function shareGone(at: Date): number {
  return daysGone(at) / daysIn(billingMonth(at));
}
