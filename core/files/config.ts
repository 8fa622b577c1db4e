import { z } from 'zod';

/** How the files of Storage are copied (spec P6). */
export const filesSchema = z
  .strictObject({
    /** What is left out; core/files/patterns.ts says what a pattern means. */
    exclude: z.array(z.string().min(1)).default(['*.tmp', 'cache/*']),
    /** Files on their way at once. Small ones wait for answers most of the time, so more than there are cores. */
    workers: z.int().min(1).max(64).default(8),
    /** All workers together read no more of the project's storage than this in a second; 0 means no limit. */
    bandwidthMiBps: z.number().min(0).max(10_000).default(0),
    /** Largest file that is kept in TMPDIR between hashing and storing it; what is larger is read from the project twice. */
    spoolMiB: z.number().min(0).max(100_000).default(512),
    /** Attempts for one file, the first included. */
    attempts: z.int().min(1).max(20).default(5),
  })
  .prefault({});

export type FilesConfig = z.infer<typeof filesSchema>;
