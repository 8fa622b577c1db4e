import { z } from 'zod';
import { LEVELS } from '../kinds.ts';

/**
 * The evidence of one drill (spec D5): what was restored, what was looked at, and what was found. `report.json` is this,
 * `report.html` shows it, and both are signed or neither is.
 */

/** `failed`: it was looked at and is wrong. `could-not-verify`: it should have been looked at. `not-run`: the target has no such thing. */
export const CHECK_STATES = ['verified', 'failed', 'could-not-verify', 'not-run'] as const;
export type CheckState = (typeof CHECK_STATES)[number];

export const VERDICTS = ['verified', 'failed', 'could-not-verify'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Everything a drill looks at, in the order of its table. */
export const CHECK_IDS = [
  /** A set is there, and its newest verification says that it is whole. */
  'set',
  /** One of the set's recipients is the team's key. */
  'key',
  /** The target had nothing in it. */
  'target-empty',
  /** Objects of the set: there, whole, decrypted. */
  'objects',
  /** The restore ran to its end. */
  'restore',
  /** Exact rows and checksum of every table against the manifest. */
  'tables',
  /** Objects of the schema archive are there, each with its owner. */
  'structure',
  'roles',
  'extensions',
  'indexes',
  'constraints',
  /** Row level security and policies as in the source. */
  'row-level-security',
  'privileges',
  'sequences',
  'large-objects',
  'materialized-views',
  /** What only a Supabase project can have: jobs, the vault, the platform's extensions. */
  'platform',
  /** Foreign keys against the rows, orphans, rules of the configuration. */
  'integrity',
  /** Queries of the configuration. */
  'sql-probes',
  'http-probes',
  /** How fast the REST API answers. */
  'api',
  'sign-in',
  /** Files of the newest inventory: decrypted, hash compared. */
  'files',
  /** A file goes into the target's Storage and comes out again. */
  'file-transfer',
  'pgbench',
  'rto',
  'rpo',
  /** Whatever the drill made is gone. */
  'clean-up',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

export const UNITS = [
  'seconds',
  'milliseconds',
  'minutes',
  'tables',
  'rows',
  'objects',
  'files',
  'bytes',
  'requests',
  'rules',
  'probes',
  'transactions-per-second',
] as const;
export type Unit = (typeof UNITS)[number];

/** What figures are of; every page has a word for each in its language. */
export const FIGURE_NAMES = [
  'age',
  'duration',
  'slowest',
  'passed',
  'requests',
  'tables',
  'rows',
  'objects',
  'files',
  'bytes',
  'rules',
  'p50',
  'p95',
  'p99',
  'latency',
  'throughput',
  'upload',
  'download',
  'constraints',
  'extensions',
  'indexes',
  'large-objects',
  'materialized-views',
  'policies',
  'roles',
  'sequences',
  'critical',
  'important',
  'normal',
] as const;
export type FigureName = (typeof FIGURE_NAMES)[number];

/** A measured number. */
const figure = z.strictObject({ name: z.enum(FIGURE_NAMES), value: z.number(), unit: z.enum(UNITS) });
export type Figure = z.infer<typeof figure>;

const check = z.strictObject({
  id: z.enum(CHECK_IDS),
  state: z.enum(CHECK_STATES),
  figures: z.array(figure),
  /** What is wrong, or why it was not looked at, a sentence each; empty where it is verified. */
  findings: z.array(z.string()),
  /** How many more findings there were than are listed. */
  findingsLeftOut: z.int().nonnegative(),
});
export type Check = z.infer<typeof check>;

const instant = z.iso.datetime();
const rows = z.string().regex(/^\d+$/);

const tableFinding = z.strictObject({
  schema: z.string(),
  name: z.string(),
  level: z.enum(LEVELS),
  expectedRows: rows,
  /** Nothing where the table is missing, or its rows could not be counted. */
  foundRows: rows.nullable(),
  checksum: z.enum(['equal', 'differs', 'not-compared']),
  state: z.enum(['verified', 'failed', 'could-not-verify']),
});
export type TableFinding = z.infer<typeof tableFinding>;

const objective = z.strictObject({
  targetMinutes: z.number().positive(),
  /** Nothing where it could not be measured. */
  measuredMinutes: z.number().nonnegative().nullable(),
  state: z.enum(['met', 'missed', 'unknown']),
});
export type Objective = z.infer<typeof objective>;

const level = z.strictObject({
  level: z.enum(LEVELS),
  rto: objective,
  rpo: objective,
  /** The verified set that the measured RPO goes by: the newest that holds the tables of the level. */
  newestSet: z.string().nullable(),
});
export type LevelObjectives = z.infer<typeof level>;

/** Of one table: what would be lost if the source were lost now and this set were all there is. */
const loss = z.strictObject({
  schema: z.string(),
  name: z.string(),
  level: z.enum(LEVELS),
  /** Rows the source has now and the restored database has not: new ones, and the new state of changed ones. */
  rows: rows.nullable(),
  /** Rows the restored database has and the source has no more: deleted ones, and the old state of changed ones. */
  gone: rows.nullable(),
  /** From the snapshot to the look at the source; 0 where nothing has changed. */
  minutes: z.number().nonnegative().nullable(),
  /** Why something is unknown. */
  reason: z.string().optional(),
});
export type TableLoss = z.infer<typeof loss>;

const phase = z.strictObject({
  name: z.string(),
  /** Seconds from the start of the drill. */
  begins: z.number().nonnegative(),
  seconds: z.number().nonnegative(),
});
export type Phase = z.infer<typeof phase>;

const past = z.strictObject({
  id: z.string(),
  startedAt: instant,
  verdict: z.enum(VERDICTS),
  target: z.string(),
  /** From the choice of the set to the proof of the restored database. */
  recoverySeconds: z.number().nonnegative().nullable(),
  plainBytes: z.number().nonnegative().nullable(),
});
export type PastDrill = z.infer<typeof past>;

const trend = z.strictObject({
  /** Oldest first, without this one; drills of the same kind of target. */
  past: z.array(past),
  /** Of the last six that measured one; nothing where there are fewer than three. */
  medianSeconds: z.number().nonnegative().nullable(),
  /** This one's against the median, such as 1.4; nothing without a median. */
  ratio: z.number().nonnegative().nullable(),
  /** More than a third slower than the median. */
  regression: z.boolean(),
});
export type Trend = z.infer<typeof trend>;

export const TARGETS = ['task', 'supabase', 'database'] as const;
export type DrillTarget = (typeof TARGETS)[number];

export const drillReportSchema = z.strictObject({
  format: z.literal('videoplanet-drill'),
  formatVersion: z.literal(1),
  id: z.string(),
  productVersion: z.string(),
  startedAt: instant,
  finishedAt: instant,
  verdict: z.enum(VERDICTS),
  target: z.strictObject({
    kind: z.enum(TARGETS),
    /** Name of the database, or of the project that was made. */
    name: z.string(),
    /** As the server says it; nothing where none was reached. */
    serverVersion: z.string().nullable(),
  }),
  /** Nothing where there was none to restore. */
  set: z
    .strictObject({
      id: z.string(),
      snapshotAt: instant,
      serverVersion: z.string(),
      tables: z.int(),
      rows,
      plainBytes: z.number(),
      storedBytes: z.number(),
      objects: z.int(),
      /** SHA-256 of manifest.json: ties this report to that very set. */
      manifestSha256: z.string(),
      recipients: z.array(z.string()),
    })
    .nullable(),
  phases: z.array(phase),
  /** From the choice of the set to the proof of the restored database; nothing where it did not get there. */
  recoverySeconds: z.number().nonnegative().nullable(),
  checks: z.array(check),
  tables: z.array(tableFinding),
  levels: z.array(level),
  dataLoss: z.strictObject({
    /** When the source was looked at; nothing where it could not be reached, or was not to be. */
    lookedAt: instant.nullable(),
    reason: z.string().optional(),
    tables: z.array(loss),
  }),
  trend,
  /** Everything that was not proved, by name. Empty in a verified drill. */
  notVerified: z.array(z.string()),
  /** Everything that the target has no means for, by name. */
  notRun: z.array(z.string()),
});

/** What `report.json` holds. Times in UTC, sizes in bytes. */
export type DrillReport = z.infer<typeof drillReportSchema>;

export function serializeReport(report: DrillReport): string {
  return `${JSON.stringify(drillReportSchema.parse(report), null, 1)}\n`;
}

/** Nothing when the text is none, or one of a later version. */
export function parseReport(text: string): DrillReport | undefined {
  try {
    return drillReportSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
