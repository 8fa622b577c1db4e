/**
 * Kinds of backup set, what each covers and where it lives (spec P3–P5). Levels say how much loss and how long
 * an outage a table may suffer (spec P1); kinds say which sets make that true.
 */

/** Kinds that are made by the clock: each has a schedule, a bound for the loss, an alarm for its age. */
export const SCHEDULED_KINDS = ['daily', 'weekly', 'important', 'critical'] as const;
export type ScheduledKind = (typeof SCHEDULED_KINDS)[number];

/** All kinds. `prerestore` holds a target as it was before a restore replaced it (spec R4): made by need, by no clock. */
export const KINDS = [...SCHEDULED_KINDS, 'prerestore'] as const;
export type Kind = (typeof KINDS)[number];

export const LEVELS = ['critical', 'important', 'normal'] as const;
export type Level = (typeof LEVELS)[number];

/** Key prefix of each kind, without a slash. The weekly kind is the long-term archive. */
export const KIND_PREFIX: Readonly<Record<Kind, string>> = {
  daily: 'daily',
  weekly: 'archive',
  important: 'important',
  critical: 'critical',
  prerestore: 'prerestore',
};

/** Kinds that hold the whole database; the others hold the tables of one level. */
export const WHOLE_KINDS: readonly Kind[] = ['daily', 'weekly', 'prerestore'];

/** Kinds whose sets take over what has not changed since the last one of the kind; the others read everything, always. */
export const REUSING_KINDS: readonly Kind[] = ['critical', 'important'];

/** Kinds among which `latest` looks for a whole database: what somebody wanted rid of is restored by its id only. */
export const FULL_KINDS: readonly Kind[] = ['daily', 'weekly'];

export function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}
