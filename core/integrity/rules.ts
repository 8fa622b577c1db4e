import { z } from 'zod';
import { tableEntry } from '../table-entry.ts';

/** `error`: the data are wrong, exit code 1. `warning`: told, and no more. */
export const SEVERITIES = ['error', 'warning'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The first four the catalogue gives, the others a configuration. */
export const RULE_KINDS = [
  'foreign-key',
  'sequence',
  'not-validated',
  'invalid-index',
  'orphans',
  'values',
  'sql',
] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

const common = {
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9_-]{0,62}$/,
      'expected up to 63 of a-z, 0-9, - and _, beginning with a letter or digit',
    )
    .refine(
      (name) => !(RULE_KINDS as readonly string[]).includes(name),
      'expected a name that is no kind of check',
    ),
  severity: z.enum(SEVERITIES).default('error'),
};

const column = z.string().min(1);

/** Rows that refer to what is gone, with or without a foreign key that says so. */
const orphansRule = z.strictObject({
  ...common,
  /** Table whose rows are looked at. */
  orphans: tableEntry,
  /**
   * `table.column` to the table whose primary key it holds. Followed from parent to parent: a row is an orphan, too,
   * when its parent is one. A column or parent that the database lacks is passed over.
   */
  along: z.record(
    z.string().regex(/^[^\s.]+(\.[^\s.]+){1,2}$/u, 'expected table.column or schema.table.column'),
    tableEntry,
  ),
});

/** Rows whose column holds something else than one of these, or nothing. */
const valuesRule = z.strictObject({
  ...common,
  table: tableEntry,
  column,
  values: z.array(z.string()).min(1),
});

/** Rows that a query returns. */
const sqlRule = z.strictObject({
  ...common,
  /**
   * One SELECT that returns the keys of the rows that are wrong, every name with its schema. What it returns is shown:
   * let it return keys only.
   */
  sql: z.string().min(1),
});

export const ruleSchema = z.union([sqlRule, orphansRule, valuesRule], {
  error:
    'expected name, severity (error or warning) and one of: sql; orphans and along; table, column and values',
});

export type ConfiguredRule = z.output<typeof ruleSchema>;

/** From a video back to the project, by whichever of these columns there are. */
const ALONG = {
  'stories.project_id': 'projects',
  'scenarios.story_id': 'stories',
  'scenarios.project_id': 'projects',
  'prompts.scenario_id': 'scenarios',
  'video_generations.prompt_id': 'prompts',
  'video_generations.scenario_id': 'scenarios',
  'video_generations.story_id': 'stories',
  'video_generations.project_id': 'projects',
};

/** VideoPlanet's own rules (spec V1). */
const VIDEOPLANET: z.input<typeof ruleSchema>[] = [
  { name: 'orphaned-stories', orphans: 'stories', along: ALONG },
  { name: 'orphaned-video-generations', orphans: 'video_generations', along: ALONG },
  { name: 'user-roles', table: 'users', column: 'role', values: ['admin', 'user', 'guest'] },
];

/** Part of the engine's configuration. */
export const integritySchema = z
  .strictObject({
    /** How long one rule may take before it counts as not checked. */
    ruleTimeoutSeconds: z.number().min(0.001).max(86_400).default(300),
    rules: z
      .array(ruleSchema)
      .max(1000)
      .default(VIDEOPLANET.map((rule) => ruleSchema.parse(rule)))
      .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, {
        error: 'expected a different name for each rule',
      }),
  })
  .prefault({});

export type IntegrityConfig = z.output<typeof integritySchema>;
