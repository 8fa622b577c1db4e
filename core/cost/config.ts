import { z } from 'zod';
import { cronSchema, isCron, longestGapMinutes, shortestGapMinutes } from '../cron.ts';

const share = (value: number) => z.number().min(0).max(1).default(value);
const amount = (value: number) => z.number().min(0).max(1_000_000).default(value);

/**
 * What the database and its use are like, for the estimate of the month. The defaults are a database of some gigabytes;
 * put in your own numbers, for the estimate is as good as they are. GB are those AWS bills: 1024³ bytes.
 */
export const workloadSchema = z
  .strictObject({
    /** Rows as they are sent, uncompressed and without indexes: half to two thirds of pg_database_size. */
    databaseGb: amount(2),
    /** Share of it that the tables of the critical level hold. */
    criticalShare: share(0.1),
    /** … and those of the important level. */
    importantShare: share(0.2),
    /**
     * Of a kind's bytes, the share that a run reads from the database, on the average of a month: a table in which one row
     * changed since the last set is read whole, the others are copied. An assumption, for lack of anybody's figures: for
     * twelve hours of a day somebody writes to every table of the level, for the other twelve nobody does. A run logs what
     * it was (`readBytes`, `copiedBytes`); 1 where `engine.backup.reuse.enabled` is false, whatever is said here.
     */
    readShare: z.strictObject({ important: share(0.5), critical: share(0.5) }).prefault({}),
    /** Bytes of rows for one byte of a set. */
    compressionRatio: z.number().min(1).max(100).default(4),
    /** Tables with rows, of all levels. */
    tables: z.int().min(1).max(100_000).default(60),
    /** Rows that one task reads and compresses in a second; verifying takes as long. */
    throughputMiBps: z.number().min(0.1).max(10_000).default(20),
    /** Files of Storage; they count where files are backed up. */
    files: z
      .strictObject({
        gb: amount(50),
        growthGbPerMonth: amount(5),
        averageMb: z.number().min(0.001).max(1_000_000).default(2),
      })
      .prefault({}),
    /** Restores a month that replace something, and so keep what was there. */
    restoresPerMonth: z.number().min(0).max(10_000).default(1),
    drillsPerMonth: z.number().min(0).max(10_000).default(1),
    /** Hours that the Supabase project of one drill lives. */
    drillHours: z.number().min(0).max(744).default(2),
    /** Who bills what the database sends; `free` for one within the same network. */
    egress: z.enum(['supabase', 'free']).default('supabase'),
    /** Of the 250 GB that Supabase includes for an organization and month, what the application leaves to backups. */
    egressLeftGb: z.number().min(0).max(250).default(125),
  })
  .prefault({});

export type Workload = z.output<typeof workloadSchema>;

/** Tags that the stacks carry anyway, with values that others in the account may have too. */
const TAGS_OF_OURS: readonly string[] = ['application', 'environment'];
const DAY_MINUTES = 24 * 60;

const costTag = z
  .string()
  .regex(/^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,127}$/iu, 'expected the key of a tag, such as cost-center')
  .refine((key) => !TAGS_OF_OURS.includes(key), {
    error: ({ input }) =>
      `the stacks carry ${input} already, with a value that others may have; take another key`,
  });

const dailyCron = cronSchema.superRefine((cron, context) => {
  // what is wrong with a cron itself has been said
  if (!isCron(cron)) return;
  if (shortestGapMinutes(cron) === DAY_MINUTES && longestGapMinutes(cron) === DAY_MINUTES) return;
  context.addIssue({
    code: 'custom',
    message:
      `${cron} is not once a day: Cost Explorer bills every request, and what is told on one day of the month needs a ` +
      'run on that day; take a time of day, such as 0 10 * * ? *',
  });
});

/** What of a bill is counted: all of the account, or what carries the tag that the stacks are given for it. */
const scope = z.union([z.literal('account'), z.strictObject({ tag: costTag })]);
export type CostScope = z.output<typeof scope>;

/** What a month may cost, by what it is estimated (spec C1), and who watches what it really costs (spec C2). */
export const costSchema = z
  .strictObject({
    /**
     * In US dollars, without tax. What is estimated above it is not deployed. The strategy is some $60 for 2 GB of rows,
     * and a Supabase project with point-in-time recovery of seven days some $100 more.
     */
    monthlyCeilingUsd: z.number().positive().max(1_000_000).default(250),
    /** The month after the first set that is estimated: the archive fills up, and files grow, until then. */
    afterMonths: z.int().min(1).max(1200).default(12),
    workload: workloadSchema,
    /** AWS's own watch over the bill: it tells at 50, 80 and 100 % of the ceiling, and when it foresees 100 %. */
    budget: z
      .strictObject({
        enabled: z.boolean().default(true),
        /**
         * What budget and guard count. `account` is right for an account that holds nothing else, and no second environment.
         * `{ tag }` counts what carries this tag, which somebody must activate as a cost allocation tag.
         */
        scope: scope.default('account'),
      })
      .prefault({}),
    /** AWS's detection of unusual cost. An account has one monitor of services: where there is one, a second fails to deploy. */
    anomalyMonitor: z.boolean().default(false),
    /** Looks once a day at what could become a surprise. 10:00 in Seoul is 01:00 in UTC, by which AWS bills. */
    guard: z.strictObject({ cron: dailyCron.default('0 10 * * ? *') }).prefault({}),
  })
  .prefault({});
