import { z } from 'zod';
import { drillSchema } from './drill/config.ts';
import { ConfigurationError } from './errors/index.ts';
import { filesSchema } from './files/config.ts';
import { integritySchema } from './integrity/rules.ts';
import type { Kind, Level } from './kinds.ts';
import { problemsOf } from './problems.ts';
import { qualified, tableEntry } from './table-entry.ts';

/** Whether runs are rows in the table backup_audit_log: where a team has made it, made where it is missing, or never. */
export const AUDIT_TABLE_MODES = ['if-there', 'create', 'off'] as const;

/** How content is proved equal: `full` counts rows and hashes every value, `counts` only counts. */
export const CHECKSUM_MODES = ['full', 'counts'] as const;

const tables = (names: readonly string[]) =>
  z
    .array(tableEntry)
    .min(1)
    .default([...names]);
const zstdLevel = (level: number) => z.int().min(1).max(19).default(level);

/**
 * The VideoPlanet policy (spec P1) is the default of every part, so `{}` is a complete configuration.
 * Levels list critical and important tables; every other table is normal.
 */
export const configSchema = z.strictObject({
  levels: z
    .strictObject({
      critical: tables(['users', 'profiles', 'projects', 'stories', 'scenarios', 'video_generations']),
      important: tables([
        'prompts',
        'assets',
        'brand_policies',
        'feedbacks',
        'versions',
        'usage_api_calls',
        'usage_storage',
      ]),
    })
    .prefault({}),
  backup: z
    .strictObject({
      /** Schemas left out altogether, structure and rows. */
      excludeSchemas: z.array(z.string().min(1)).default([]),
      /** Supabase: the vault's secrets go into the set, decrypted by the database and encrypted to the set's recipients. */
      vaultSecrets: z.boolean().default(false),
      checksums: z.enum(CHECKSUM_MODES).default('full'),
      /** Streams at once; 0 means one for each core. */
      workers: z.int().min(0).max(64).default(0),
      /** How long locks may take to be granted before the run gives up and lets a migration through; no less than a millisecond. */
      lockTimeoutSeconds: z.number().min(0.001).max(3600).default(60),
      /** zstd level of each kind; the weekly archive is kept for years and read seldom (spec P4). */
      compressionLevel: z
        .strictObject({
          daily: zstdLevel(3),
          weekly: zstdLevel(12),
          important: zstdLevel(3),
          critical: zstdLevel(3),
          /** A restore waits for it. */
          prerestore: zstdLevel(3),
        })
        .prefault({}),
      slicing: z
        .strictObject({
          /** A table of at least this size always gets slices of its own. */
          thresholdMiB: z.number().positive().default(64),
          /** No slice is planned smaller than this … */
          minSliceMiB: z.number().min(0.5).default(32),
          /** … nor larger than this. */
          maxSliceMiB: z.number().min(0.5).default(512),
        })
        .prefault({}),
      /** Critical and important sets: tables whose rows are those of the last set are copied within S3, not read again. */
      reuse: z
        .strictObject({
          enabled: z.boolean().default(true),
          /**
           * A table of at least this size has slices of its own, without which it could not be copied. In Seoul copying an
           * object and marking it once it may go are two requests at $0.0045 a thousand, as much as Supabase takes for
           * sending 100 kB at $0.09 a GB; the next power of two.
           */
          minTableKiB: z.number().min(1).max(1_048_576).default(128),
          /**
           * Rows are read anew when they were read so long ago, whether they changed or not. Far less than sets are kept
           * for, so that never all of them stem from one reading.
           */
          rereadAfterHours: z.number().positive().max(8784).default(6),
        })
        .prefault({}),
    })
    .prefault({}),
  upload: z
    .strictObject({
      /** First size of a part; it grows along a stream, so that 10,000 parts are never too few. */
      firstPartMiB: z.number().min(5).max(512).default(8),
      /** S3's own limit; lower for services that take fewer. */
      maxParts: z.int().min(2).max(10_000).default(10_000),
      /** Attempts for one request, the first included. */
      attempts: z.int().min(1).max(20).default(5),
    })
    .prefault({}),
  thaw: z
    .strictObject({
      /** How often a run that waits for archived objects looks at them; the fastest take minutes, most take hours. */
      pollSeconds: z.number().min(0.01).max(3600).default(600),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /**
       * Hard end of one run, inside the container too: a stopped workflow does not always stop its task. The workflow
       * asks for less where the task of a kind has less time (core/run-limit.ts). 24 days at most.
       */
      runMinutes: z.number().positive().max(34_560).default(360),
      /** Largest share of the target's memory setting one index build may ask for; PostgreSQL takes less than 2 TiB. */
      maintenanceMemoryMiB: z.int().min(1).max(2_097_151).default(256),
    })
    .prefault({}),
  audit: z
    .strictObject({
      /** `create` lets the role that backs up make a table in the database: nobody's but the team's decision. */
      table: z.enum(AUDIT_TABLE_MODES).default('if-there'),
    })
    .prefault({}),
  files: filesSchema,
  drill: drillSchema,
  /** What must be true of the rows (spec V1), besides every foreign key and every sequence. */
  integrity: integritySchema,
});

/** Everything that can be set, complete. Sizes in MiB, times in the unit their name says. */
export type Config = z.infer<typeof configSchema>;

/** The policy of the team, as it stands without a configuration file. */
export const DEFAULT_CONFIG: Config = configSchema.parse({});

/**
 * Reads a configuration.
 * @param value parsed JSON
 * @param origin where it came from, for the message
 * @throws ConfigurationError naming every path that is wrong and what was expected there
 */
export function parseConfig(value: unknown, origin: string): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(origin, problemsOf(parsed.error, 'whole file'));
}

/**
 * Level of a table under the policy; a bare name in the policy means schema `public`.
 * @param names the table's own qualified name and that of the partitioned table it is a leaf of, which speaks for it
 */
export function levelOf(config: Config, names: readonly string[]): Level {
  const named = (list: readonly string[]) => list.some((entry) => names.includes(qualified(entry)));
  if (named(config.levels.critical)) return 'critical';
  if (named(config.levels.important)) return 'important';
  return 'normal';
}

/** Tables a kind is limited to, qualified; nothing for the kinds that hold the whole database. */
export function tablesOfKind(config: Config, kind: Kind): readonly string[] | undefined {
  if (kind === 'critical') return config.levels.critical.map(qualified);
  if (kind === 'important') return config.levels.important.map(qualified);
  return undefined;
}

/** The configuration as a kind goes by it: what a restore is about to replace goes into its set whole, left-out schemas included. */
export function configOfKind(config: Config, kind: Kind): Config {
  return kind === 'prerestore' ? { ...config, backup: { ...config.backup, excludeSchemas: [] } } : config;
}
