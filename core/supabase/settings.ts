import { z } from 'zod';
import { cronSchema, longestGapMinutes } from '../cron.ts';
import { PROJECT_REF } from './host.ts';

/** Smallest first, as the Management API calls them. */
export const INSTANCE_SIZES = [
  'nano',
  'micro',
  'small',
  'medium',
  'large',
  'xlarge',
  '2xlarge',
  '4xlarge',
  '8xlarge',
  '12xlarge',
  '16xlarge',
  '24xlarge',
  '24xlarge_optimized_memory',
  '24xlarge_optimized_cpu',
  '24xlarge_high_memory',
  '48xlarge',
  '48xlarge_optimized_memory',
  '48xlarge_optimized_cpu',
  '48xlarge_high_memory',
] as const;
export type InstanceSize = (typeof INSTANCE_SIZES)[number];

/** Supabase ships the log every two minutes; less than two such intervals is an alarm for nothing. */
const LEAST_AGE_MINUTES = 5;
const DAY_MINUTES = 24 * 60;

const organization = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'expected the slug of an organization, as in supabase.com/dashboard/org/<slug>');

const dailySweep = cronSchema.superRefine((cron, context) => {
  const problem = sweepProblem(cron);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** Supabase adds regions and calls no list stable, so any is taken here, and Supabase judges. */
const region = z.string().regex(/^[a-z0-9-]+$/, 'expected a region of Supabase such as ap-northeast-2');
const instanceSize = z.enum(INSTANCE_SIZES);

/** Where restores make projects. */
export const newProjectsSchema = z.strictObject({
  organization,
  region,
  /** The least that point-in-time recovery can be switched on for. */
  instanceSize: instanceSize.default('small'),
});
export type NewProjectSettings = z.output<typeof newProjectsSchema>;

/** What there is to know about a database that is a Supabase project; without it nothing asks the Management API. */
export const supabaseSettingsSchema = z.strictObject({
  /** Of the project that is backed up. Nothing ever deletes it. */
  projectRef: z
    .string()
    .regex(
      PROJECT_REF,
      'expected the 20 letters of a project, as in supabase.com/dashboard/project/<reference>',
    ),
  /** Where restores make projects. Without it they restore into what there is. */
  newProjects: newProjectsSchema.optional(),
  pitr: z
    .strictObject({
      /** Off only for a project that has no point-in-time recovery and is not meant to. */
      watch: z.boolean().default(true),
      /**
       * Age of the newest point at which the alarm goes. The log is shipped every two minutes or sooner: fifteen is five
       * of these missed in a row, and what the API itself lags behind. A database in which nothing is written for long
       * ships nothing and needs more.
       */
      maxAgeMinutes: z.int().min(LEAST_AGE_MINUTES).max(DAY_MINUTES).default(15),
      /** Days that recovery must reach back; Supabase sells 7, 14 and 28. */
      minDays: z.int().min(1).max(28).default(7),
    })
    .prefault({}),
  /** Where drills make projects, and what they leave behind is deleted. Best an organization with nothing else in it. */
  drill: z
    .strictObject({
      organization,
      region: region.default('ap-northeast-2'),
      /** A restore into a larger one may take less than the drill measures. The estimate of costs counts micro. */
      instanceSize: instanceSize.default('micro'),
      /** Age at which a project of a drill is left over. A drill must be done by then, for its project is deleted. */
      maxHours: z.int().min(1).max(168).default(6),
      /** When what is left over is looked for: daily at least, for every hour of it is billed. */
      sweep: dailySweep.default('40 6 * * ? *'),
    })
    .optional(),
});

export type SupabaseSettings = z.output<typeof supabaseSettingsSchema>;

/** What is wrong with a cron itself has been said before this is asked. */
function sweepProblem(cron: string): string | undefined {
  if (!cronSchema.safeParse(cron).success) return undefined;
  const gap = longestGapMinutes(cron);
  if (gap <= DAY_MINUTES) return undefined;
  return (
    `${cron} leaves ${gap} minutes between two looks for projects that drills left, and each hour of one is billed; ` +
    'look every day, such as at 40 6 * * ? *'
  );
}
