import { z } from 'zod';
import { AROUND_RUN_MINUTES } from '../run-limit.ts';

const HOUR = 60;
export const WORKFLOW_TARGETS = ['task', 'supabase'] as const;
export type WorkflowTarget = (typeof WORKFLOW_TARGETS)[number];

/** How drills run in the cloud (spec D1, D2). */
export const deployedDrillSchema = z
  .strictObject({
    /** What the schedule restores into: a PostgreSQL inside the task, for cents, or a Supabase project made for it. */
    target: z.enum(WORKFLOW_TARGETS).default('task'),
    /** Hard end of one drill. */
    timeoutMinutes: z
      .int()
      .min(2 * AROUND_RUN_MINUTES)
      .default(5 * HOUR),
    /** The database runs in the task as well: more than a backup takes, once a month. */
    cpu: z.int().default(2048),
    memoryMiB: z.int().default(8192),
    /** The restored database lies on the task's disk, with its indexes: twice the size of the source and some. */
    ephemeralStorageGiB: z.int().min(21).max(200).default(50),
    /** Age of the newest verified drill at which the alarm goes. */
    staleAfterDays: z.int().min(1).max(366).default(35),
  })
  .prefault({});
