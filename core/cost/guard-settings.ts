import { z } from 'zod';
import { curveSchema } from './curve.ts';

/** What the cost guard goes by; the stack says it in one variable. */
export const guardSettingsSchema = z.object({
  ceilingUsd: z.number().positive(),
  /** Whose costs are counted: those of the account, or of what carries a tag with this value. */
  scope: z.union([z.literal('account'), z.object({ tag: z.string(), value: z.string() })]),
  curve: curveSchema,
  /** Longest time limit of any task: what runs longer is not ours, or was not stopped. */
  longestTaskMinutes: z.number().positive(),
  /** Whether drills make Supabase projects, so that something may be left of them. */
  projects: z.boolean(),
});

export type GuardSettings = z.output<typeof guardSettingsSchema>;
