import { z } from 'zod';

const targets = (rtoMinutes: number, rpoMinutes: number) =>
  z
    .strictObject({
      rtoMinutes: z.number().positive().default(rtoMinutes),
      rpoMinutes: z.number().positive().default(rpoMinutes),
    })
    .prefault({});

const sqlProbe = z.strictObject({
  name: z.string().min(1),
  /** Read-only, in the restored database. */
  query: z.string().min(1),
  /** What the first column of the first row must be, as text; without it at least one row must come. */
  equals: z.string().optional(),
  /** Rows that must come at least. */
  minRows: z.int().min(0).default(1),
});

const httpProbe = z.strictObject({
  name: z.string().min(1),
  /**
   * Absolute, or a path that begins with a slash and is asked of the target's API: with its public key (anon), unless the
   * headers show another.
   */
  url: z
    .string()
    .regex(
      /^(\/|https?:\/\/)/,
      'expected a path beginning with /, or an address beginning with http:// or https://',
    ),
  method: z.enum(['GET', 'POST', 'HEAD']).default('GET'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
  status: z.int().min(100).max(599).default(200),
  /** A text that the answer must hold. */
  contains: z.string().optional(),
});

/** What a drill measures, and what it measures against (spec D1–D4). */
export const drillSchema = z
  .strictObject({
    targets: z
      .strictObject({
        critical: targets(60, 15),
        important: targets(4 * 60, 60),
        normal: targets(24 * 60, 24 * 60),
      })
      .prefault({}),
    /** Files of the newest inventory that are decrypted and compared. */
    files: z
      .strictObject({
        mode: z.enum(['sample', 'all', 'none']).default('sample'),
        sample: z.int().min(1).max(100_000).default(50),
      })
      .prefault({}),
    /** Look at the source to count what would be lost now. It costs the source one reading of every table. */
    dataLoss: z.boolean().default(true),
    pgbench: z
      .strictObject({
        enabled: z.boolean().default(true),
        clients: z.int().min(1).max(1000).default(10),
        threads: z.int().min(1).max(64).default(2),
        /** Of each client. */
        transactions: z.int().min(1).max(1_000_000).default(1000),
        scale: z.int().min(1).max(1000).default(1),
      })
      .prefault({}),
    api: z
      .strictObject({
        /** Requests whose times are the percentiles. */
        requests: z.int().min(10).max(10_000).default(100),
        /** Paths below the API that are asked in turn; without any the tables of the critical level are read. */
        paths: z.array(z.string().startsWith('/')).default([]),
      })
      .prefault({}),
    sqlProbes: z.array(sqlProbe).default([]),
    httpProbes: z.array(httpProbe).default([]),
  })
  .prefault({});

export type SqlProbe = z.infer<typeof sqlProbe>;
export type HttpProbe = z.infer<typeof httpProbe>;
