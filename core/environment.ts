import { z } from 'zod';
import { configSchema } from './config.ts';
import { contradictions } from './contradictions.ts';
import { costSchema } from './cost/config.ts';
import { cronSchema } from './cron.ts';
import { deployedDrillSchema } from './drill/deployed.ts';
import { ConfigurationError } from './errors/index.ts';
import { deployedFilesSchema } from './files/deployed.ts';
import { healthSchema } from './health/config.ts';
import { policySchema } from './policy.ts';
import { problemsOf } from './problems.ts';
import { AROUND_RUN_MINUTES } from './run-limit.ts';
import { isTimeZone } from './skipped-hour.ts';
import { supabaseSettingsSchema } from './supabase/settings.ts';

const kindMinutes = (daily: number, weekly: number, important: number, critical: number, least = 1) => {
  const minutes = z.int().min(least);
  return z.strictObject({
    daily: minutes.default(daily),
    weekly: minutes.default(weekly),
    important: minutes.default(important),
    critical: minutes.default(critical),
  });
};
const perKind = (daily: number, weekly: number, important: number, critical: number) =>
  kindMinutes(daily, weekly, important, critical).prefault({});
const schedule = (cron: string) =>
  z.strictObject({ enabled: z.boolean().default(true), cron: cronSchema.default(cron) }).prefault({});

/** Languages people are told in. */
export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const HOUR = 60;
const DAY = 24 * HOUR;

/** The sizes Fargate has: memory in MiB for each number of CPU units. */
const FARGATE_MEMORY: Readonly<Record<number, { least: number; most: number; step: number }>> = {
  256: { least: 512, most: 2048, step: 512 },
  512: { least: 1024, most: 4096, step: 1024 },
  1024: { least: 2048, most: 8192, step: 1024 },
  2048: { least: 4096, most: 16_384, step: 1024 },
  4096: { least: 8192, most: 30_720, step: 1024 },
  8192: { least: 16_384, most: 61_440, step: 4096 },
  16384: { least: 32_768, most: 122_880, step: 8192 },
};

/** What CloudWatch Logs takes; anything else fails at deployment only. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const schedules = z
  .strictObject({
    daily: schedule('0 2 * * ? *'),
    weekly: schedule('0 1 ? * SUN *'),
    important: schedule('0 * * * ? *'),
    critical: schedule('0/15 * * * ? *'),
    /** Between the daily set and the working day; the workflow of each set runs it for its own kind besides. */
    retention: schedule('30 5 * * ? *'),
    /** Seven minutes after the critical sets are due, so that it sees them. */
    monitor: schedule('7/15 * * * ? *'),
    /** The first of the month, when nobody makes videos and the daily set is fresh. */
    drill: schedule('30 4 1 * ? *'),
  })
  .prefault({});

const task = z
  .strictObject({
    /** Units of 1/1024 of a core. One core keeps up with what a database of some 10 GB sends. */
    cpu: z
      .int()
      .default(1024)
      .refine((cpu) => FARGATE_MEMORY[cpu] !== undefined, {
        error: ({ input }) =>
          `Fargate has no ${input} CPU units; take one of ${Object.keys(FARGATE_MEMORY).join(', ')}`,
      }),
    /** The engine stays below 400 MB; the rest is for pg_dump, gpg and zstd beside it. */
    memoryMiB: z.int().default(2048),
    /**
     * Hard end of one task of each kind, at which the workflow stops it. The engine ends itself some minutes sooner
     * (core/run-limit.ts): stopping a task is best effort, and what was not stopped must end by itself.
     */
    timeoutMinutes: kindMinutes(4 * HOUR, 6 * HOUR + AROUND_RUN_MINUTES, 50, 30, 2 * AROUND_RUN_MINUTES)
      .extend({
        /** Of a restore; it writes indexes anew, so it takes longer than the set took to make. */
        restore: z
          .int()
          .min(2 * AROUND_RUN_MINUTES)
          .default(6 * HOUR),
      })
      .prefault({}),
  })
  .prefault({})
  .superRefine(({ cpu, memoryMiB }, context) => {
    const has = FARGATE_MEMORY[cpu];
    if (has === undefined) return;
    if (memoryMiB >= has.least && memoryMiB <= has.most && (memoryMiB - has.least) % has.step === 0) return;
    context.addIssue({
      code: 'custom',
      path: ['memoryMiB'],
      message: `with ${cpu} CPU units Fargate takes ${has.least} to ${has.most} MiB in steps of ${has.step}, got ${memoryMiB}`,
    });
  });

/**
 * One environment: what is deployed where, and by which policy. Only `name` and `alertEmails` have no default; the rest
 * of an empty one is the team's strategy (spec P1–P10).
 */
export const environmentSchema = z
  .strictObject({
    /** Part of the stacks' names, and dimension of every metric. */
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,19}$/, 'expected up to 20 of a-z, 0-9 and -, beginning with a letter'),
    /** @default - whatever account the credentials of the deployment belong to */
    account: z
      .string()
      .regex(/^\d{12}$/, 'expected the 12 digits of an AWS account')
      .optional(),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'expected a region such as ap-northeast-2')
      .default('ap-northeast-2'),
    /** Zone in which the schedules are read. */
    timeZone: z
      .string()
      .refine(isTimeZone, {
        error: ({ input }) => `${JSON.stringify(input)} is no time zone; expected one such as Asia/Seoul`,
      })
      .default('Asia/Seoul'),
    policy: policySchema.prefault({}),
    schedules,
    /** Largest loss a kind is there to bound (spec P1). A weekly set bounds none; a week is its pace. */
    rpoMinutes: perKind(DAY, 7 * DAY, HOUR, 15),
    /**
     * Age of the newest verified set at which the alarm goes. Just before the next set is verified the age is one
     * interval and one run, so each is that and a margin; critical sets may miss one, for a retry brings the next.
     */
    staleAfterMinutes: perKind(DAY + 3 * HOUR, 7 * DAY + 12 * HOUR, 2 * HOUR + 30, 45),
    /** What of the sets the monitor calls an alarm besides their age. */
    health: healthSchema,
    task,
    /** Files of Supabase Storage; off where there are none. */
    files: deployedFilesSchema,
    drill: deployedDrillSchema,
    /** Who hears of failures; each address must confirm AWS's mail once. At least one: an alarm nobody hears is none. */
    alertEmails: z.array(z.email()).min(1).max(10),
    /** What people are told in Slack is written in it; mails and the runbook are there in English, the runbook in Korean too. */
    language: z.enum(LANGUAGES).default('ko'),
    logRetentionDays: z.literal([...LOG_RETENTION_DAYS]).default(90),
    /** What a month may cost, and what it is estimated by; `npm run cost` shows it. */
    cost: costSchema,
    /** Configuration of the engine itself. */
    engine: configSchema.prefault({}),
    /** @default - the database is no Supabase project, or nobody is to ask Supabase about it */
    supabase: supabaseSettingsSchema.optional(),
  })
  .superRefine((environment, context) => {
    for (const [path, message] of contradictions(environment)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });

/** Everything about one environment, complete. */
export type EnvironmentConfig = z.output<typeof environmentSchema>;
/** An environment as somebody writes it: what is left out is the team's strategy. */
export type EnvironmentInput = z.input<typeof environmentSchema>;

/**
 * Reads an environment.
 * @param value what `core/environments.ts` or a JSON file says
 * @param origin where it came from, for the message
 * @throws ConfigurationError naming every number that is wrong and the rule it breaks
 */
export function parseEnvironment(value: unknown, origin: string): EnvironmentConfig {
  const parsed = environmentSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(origin, problemsOf(parsed.error, 'whole environment'));
}
