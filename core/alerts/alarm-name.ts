/** First part of the names of all alarms of an environment. */
const prefixOf = (environment: string) => `videoplanet-backup/${environment}/`;

/** @param heading of the runbook, which is what the alarm is about: `Backup/DailyStale` */
export function alarmName(environment: string, heading: string): string {
  return `${prefixOf(environment)}${heading}`;
}

/** The heading in an alarm's name; the name itself where it is none of this environment. */
export function headingOfAlarm(environment: string, name: string): string {
  const prefix = prefixOf(environment);
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
