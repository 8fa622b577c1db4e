import type { z } from 'zod';

/**
 * One line for each problem of a value: where it is and what was expected there.
 * @param whole what to call the value itself
 */
export function problemsOf(error: z.ZodError, whole: string): string[] {
  return error.issues.map(
    (issue) => `${issue.path.length === 0 ? `(${whole})` : issue.path.join('.')}: ${issue.message}`,
  );
}
