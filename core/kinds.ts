/**
 * Kinds of backup set, what each covers and where it lives (spec P3–P5). Levels say how much loss and how long
 * an outage a table may suffer (spec P1); kinds say which sets make that true.
 */

export const KINDS = ['daily', 'weekly', 'important', 'critical'] as const;
export type Kind = (typeof KINDS)[number];

export const LEVELS = ['critical', 'important', 'normal'] as const;
export type Level = (typeof LEVELS)[number];

/** Key prefix of each kind, without a slash. The weekly kind is the long-term archive. */
export const KIND_PREFIX: Readonly<Record<Kind, string>> = {
  daily: 'daily',
  weekly: 'archive',
  important: 'important',
  critical: 'critical',
};

/** Kinds that hold the whole database; the others hold the tables of one level. */
export const FULL_KINDS: readonly Kind[] = ['daily', 'weekly'];

export function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}
