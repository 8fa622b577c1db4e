import { z } from 'zod';

/** What the check of the rules says, as far as people are told of it: names of rules and counts, never rows. */
export const integritySchema = z.looseObject({
  outcome: z.enum(['ok', 'violated', 'could-not-check']).optional(),
  /** Why it could not be checked. */
  problem: z.string().optional(),
  violations: z.array(z.looseObject({ rule: z.string(), count: z.number().optional() })).optional(),
});

const SHOWN = 8;

/** The rules that are broken, in one sentence. */
export function integrityFindings({ violations = [] }: z.output<typeof integritySchema>): string {
  const named = violations
    .slice(0, SHOWN)
    .map(({ rule, count }) => (count === undefined ? rule : `${rule} (${count})`));
  const more = violations.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
