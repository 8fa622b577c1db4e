import { z } from 'zod';

/** From which figures on the monitor speaks up (spec M1). The age of sets has limits of its own, `staleAfterMinutes`. */
export const healthSchema = z
  .strictObject({
    /** Rows of the newest verified set, in bytes before compression, by the median of the sets before it. */
    size: z
      .strictObject({
        /** Less counts as lost data until somebody knows better. */
        least: z.number().gt(0).lt(1).default(0.5),
        /** More is something that grows without end, and is billed. */
        most: z.number().gt(1).max(1000).default(3),
        /** Below it a set may be any number of times as large as another: somebody tries things out. */
        ignoreBelowMiB: z.number().min(0).max(1_000_000).default(1),
      })
      .prefault({}),
    /** Minutes that the newest verified set took, by the median of the sets before it. */
    duration: z
      .strictObject({
        most: z.number().gt(1).max(1000).default(3),
        /** A run that takes less is no concern, however quick the others were. */
        ignoreBelowMinutes: z.number().min(0).max(1440).default(10),
      })
      .prefault({}),
    /** Share of its time limit that a run may take: a database grows, and the run that no longer fits is stopped. */
    shareOfTimeLimit: z.number().gt(0).max(1).default(0.8),
    /**
     * Days that a set may outstay `keepDays`: one until retention marks it, one until the midnight at which lifecycle looks,
     * and one that S3 may take for the rest.
     */
    retentionGraceDays: z.int().min(2).max(30).default(3),
    /** @default - an hour more than the longest run may take: what is open by then nobody is writing to */
    openUploadHours: z.int().min(1).max(720).optional(),
  })
  .prefault({});
