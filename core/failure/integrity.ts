import { z } from 'zod';

/** What the check of the rules says, as far as people are told of it: names of rules and counts, never rows. */
export const integrityOutcomeSchema = z.looseObject({
  outcome: z.enum(['verified', 'violated', 'could-not-verify']).optional(),
  findings: z
    .array(
      z.looseObject({
        name: z.string(),
        state: z.string(),
        severity: z.string().optional(),
        violations: z.string().nullish(),
        reason: z.string().optional(),
      }),
    )
    .default([]),
});
export type IntegrityOutcome = z.output<typeof integrityOutcomeSchema>;

const SHOWN = 8;

/** The rules that are broken and make the outcome what it is, with the number of rows that break them. */
export function brokenRules({ findings }: IntegrityOutcome): string {
  const broken = findings.filter(({ state, severity }) => state === 'violated' && severity !== 'warning');
  return inWords(
    broken.map(({ name, violations }) => (violations == null ? name : `${name} (${violations} rows)`)),
  );
}

/** The rules that nobody could check, with the reason. */
export function uncheckedRules({ findings }: IntegrityOutcome): string {
  const unchecked = findings.filter(({ state }) => state === 'could-not-check');
  return inWords(unchecked.map(({ name, reason }) => (reason === undefined ? name : `${name} (${reason})`)));
}

function inWords(rules: readonly string[]): string {
  const more = rules.length - SHOWN;
  return rules.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
