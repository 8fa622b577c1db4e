import { LANGUAGES, type Language } from '../environment.ts';
import { HEALTH_MESSAGES, type HealthMessages } from '../messages/health.ts';

/** `unknown`: what nobody could look at, which is never the same as well. `warning`: worth knowing, nobody is called. */
export type Severity = 'alarm' | 'unknown' | 'warning';

/** One thing that is not as it should be. */
export interface Finding {
  readonly severity: Severity;
  /** A heading of the runbook. */
  readonly heading: string;
  /** One sentence. */
  readonly text: Readonly<Record<Language, string>>;
}

/** A finding, said in every language. */
export function finding(
  severity: Severity,
  heading: string,
  say: (messages: HealthMessages) => string,
): Finding {
  const text = Object.fromEntries(LANGUAGES.map((language) => [language, say(HEALTH_MESSAGES[language])]));
  return { severity, heading, text: text as Finding['text'] };
}

const ORDER: readonly Severity[] = ['alarm', 'unknown', 'warning'];

export function worstFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
