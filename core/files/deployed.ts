import { z } from 'zod';
import { cronSchema } from '../cron.ts';
import { AROUND_RUN_MINUTES } from '../run-limit.ts';

const HOUR = 60;

/** How the files of Storage are backed up in the cloud; nothing of it is deployed unless it is enabled. */
export const deployedFilesSchema = z
  .strictObject({
    enabled: z.boolean().default(false),
    /** After the daily set: the rows it holds are then not newer than the files. */
    cron: cronSchema.default('30 3 * * ? *'),
    /** Age of the newest inventory at which the alarm goes. */
    staleAfterMinutes: z
      .int()
      .min(1)
      .default(27 * HOUR),
    /** Hard end of one run. One that is stopped has lost nothing: the next goes on where it was. */
    timeoutMinutes: z
      .int()
      .min(2 * AROUND_RUN_MINUTES)
      .default(6 * HOUR + AROUND_RUN_MINUTES),
  })
  .prefault({});

export type DeployedFiles = z.infer<typeof deployedFilesSchema>;
