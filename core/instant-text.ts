/** `2026-11-26T16:23:45Z (2026-11-27 01:23:45 Asia/Seoul)`: for people who read a clock, and for those who read logs. */
export function inBothZones(instant: Date, timeZone: string): string {
  return `${utcSecond(instant)} (${inZone(instant, timeZone)} ${timeZone})`;
}

/** `2026-11-27 01:23:45 Asia/Seoul`: for people alone. */
export function clockText(instant: Date, timeZone: string): string {
  return `${inZone(instant, timeZone)} ${timeZone}`;
}

/** `2026-11-26T16:23:45Z` */
export function utcSecond(instant: Date): string {
  return instant.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `2026-11-27 01:23:45`, what a clock there shows. */
function inZone(instant: Date, timeZone: string): string {
  // Swedish writes a date as ISO 8601 does
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(
    instant,
  );
}
