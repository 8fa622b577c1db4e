import { z } from 'zod';

/** A plan of the workflow itself, which no engine made, as far as people are told of it. */
export const supabasePlanSchema = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('pitr'),
    project: z.object({ ref: z.string(), name: z.string(), status: z.string() }),
    at: z.string(),
    earliest: z.string(),
    latest: z.string(),
    lostMinutes: z.number(),
    confirmNeeded: z.string(),
    kept: z.boolean(),
  }),
  z.object({
    mode: z.literal('new-project'),
    name: z.string(),
    organization: z.object({ slug: z.string(), name: z.string(), plan: z.string() }),
    region: z.string(),
    size: z.string(),
    price: z.string(),
    load: z.object({
      sizeBytes: z.number(),
      tables: z.number(),
      objects: z.number(),
      storedBytes: z.number(),
    }),
    withFiles: z.boolean(),
    diskMayFill: z.boolean(),
    replacesSecretOf: z.string().nullable(),
  }),
]);
export type SupabasePlan = z.output<typeof supabasePlanSchema>;
export type PitrPlanFacts = Extract<SupabasePlan, { mode: 'pitr' }>;
export type ProjectPlanFacts = Extract<SupabasePlan, { mode: 'new-project' }>;

/** What the engine's plan of a restore of files says, as far as people want to know it at once. */
export const filesPlanSchema = z.looseObject({
  id: z.string(),
  project: z.string(),
  files: z.number(),
  bytes: z.number(),
  create: z.number(),
  overwrite: z.number(),
  equal: z.number(),
  withoutContent: z.number(),
  overwritten: z.array(z.string()).default([]),
});
export type FilesPlanFacts = z.output<typeof filesPlanSchema>;

/** A project that was made for a restore, as far as people are told of it. */
export const handoverSchema = z.looseObject({
  ref: z.string(),
  name: z.string(),
  price: z.string(),
  apiUrl: z.string(),
  dashboard: z.string(),
  secret: z.string(),
  checklist: z.object({ en: z.array(z.string()), ko: z.array(z.string()) }),
});
export type HandoverFacts = z.output<typeof handoverSchema>;

/** What people are told of Supabase projects, in one language. */
export interface SupabaseMessages {
  pitrPlan(plan: PitrPlanFacts): string[];
  projectPlan(plan: ProjectPlanFacts): string[];
  filesPlan(plan: FilesPlanFacts): string[];
  /** @param minutes from the request until everything answered */
  pitrDone(minutes: number): string;
  handover(project: HandoverFacts): string[];
}

/** `1 h 05 min` */
export function hoursAndMinutes(minutes: number): { readonly hours: number; readonly minutes: number } {
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}
