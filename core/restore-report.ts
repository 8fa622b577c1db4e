import { z } from 'zod';
import { engineEnd } from './failure/causes.ts';
import { EXIT } from './names.ts';
import {
  type Caught,
  endOf,
  LONGEST_LINE,
  LONGEST_TEXT,
  type RunEnd,
  resultOf,
  shortened,
} from './run-end.ts';

/** How much was brought back; nothing of what the kind of restore does not count. */
export interface RestoreCounts {
  readonly tables: number | null;
  readonly rows: string | null;
  /** Rows, of a restore of tables or rows. */
  readonly changed: { readonly inserted: number; readonly updated: number; readonly deleted: number } | null;
  /** Storage files, of a restore of them. */
  readonly files?: number | undefined;
}

/** The engine's result in the shape the workflow takes: every member is always there. */
export interface RestoreReport {
  readonly ended: RunEnd;
  readonly exitCode: number | null;
  readonly outcome: string | null;
  readonly restoreId: string | null;
  readonly setId: string | null;
  /** What could not be proved, by name. */
  readonly notVerified: readonly string[];
  /** Name of the database that was there before, where one is kept. */
  readonly keptAs: string | null;
  readonly counts: RestoreCounts;
  /** What a plan says would be done, as the engine says it. */
  readonly plan: unknown;
  readonly error: { readonly name: string; readonly message: string } | null;
}

/** A state may hold 256 KiB, and this is one part of it. */
const LONGEST_PLAN = 60_000;
const LONGEST_LIST = 50;

const changes = z.looseObject({
  inserted: z.number().default(0),
  updated: z.number().default(0),
  deleted: z.number().default(0),
});

const resultSchema = z.looseObject({
  outcome: z.string().optional(),
  exitCode: z.number().optional(),
  id: z.string().optional(),
  restoreId: z.string().optional(),
  notVerified: z.array(z.string()).optional(),
  replacedDatabaseKeptAs: z.string().nullish(),
  /** Of a full restore their number; of one of tables and rows what was done to each. */
  tables: z.union([z.number(), z.array(changes)]).optional(),
  rows: z.string().optional(),
  plan: z.unknown().optional(),
  /** Of a restore of Storage files: how many are back, and why others are not. */
  verified: z.number().optional(),
  failures: z.array(z.string()).default([]),
  error: z.object({ name: z.string(), message: z.string() }).optional(),
});

/**
 * Judges a run by what it wrote and by how its task ended. The exit code of the task counts where both speak: what was
 * written may be of a run that was killed right afterwards.
 * @param text the result object; nothing where the engine came to write none
 * @param caught what the state caught; nothing where the task ended with 0
 */
export function reportOf(text: string | undefined, caught: Caught | undefined): RestoreReport {
  const result = resultOf(text, resultSchema);
  const task = caught === undefined ? undefined : engineEnd(caught.Cause);
  const exitCode = caught === undefined ? EXIT.verified : task?.exitCode;
  const ended = endOf(exitCode, caught);
  const unproved = (result?.notVerified ?? [])
    .slice(0, LONGEST_LIST)
    .map((text) => shortened(text, LONGEST_LINE));
  return {
    ended,
    exitCode: exitCode ?? null,
    outcome: result?.outcome ?? null,
    restoreId: result?.restoreId ?? null,
    setId: result?.id ?? null,
    notVerified:
      ended === 'not-verified' && unproved.length === 0
        ? ['what was not verified could not be read; the log of the task names it']
        : unproved,
    keptAs: result?.replacedDatabaseKeptAs ?? null,
    counts: countsOf(result),
    plan: shortPlan(result?.plan),
    error: errorOf(result),
  };
}

function errorOf(result: z.output<typeof resultSchema> | undefined): RestoreReport['error'] {
  if (result?.error !== undefined)
    return { name: result.error.name, message: shortened(result.error.message, LONGEST_TEXT) };
  if (result === undefined || result.failures.length === 0) return null;
  return {
    name: 'FilesNotRestored',
    message: shortened(result.failures.slice(0, LONGEST_LIST).join('; '), LONGEST_TEXT),
  };
}

/** A plan that the workflow itself has made, in the form of one by the engine. */
export function plannedReport(plan: unknown): RestoreReport {
  return {
    ...{
      ended: 'verified',
      exitCode: null,
      outcome: 'planned',
      restoreId: null,
      setId: null,
      notVerified: [],
    },
    ...{ keptAs: null, counts: { tables: null, rows: null, changed: null }, plan, error: null },
  };
}

function countsOf(result: z.output<typeof resultSchema> | undefined): RestoreCounts {
  const { tables, rows = null, verified: files } = result ?? {};
  if (files !== undefined) return { tables: null, rows: null, changed: null, files };
  if (!Array.isArray(tables)) return { tables: tables ?? null, rows, changed: null };
  const sum = (what: 'inserted' | 'updated' | 'deleted') =>
    tables.reduce((total, table) => total + table[what], 0);
  const changed = { inserted: sum('inserted'), updated: sum('updated'), deleted: sum('deleted') };
  return { tables: tables.length, rows, changed };
}

function shortPlan(plan: unknown): unknown {
  if (plan === undefined) return null;
  const text = JSON.stringify(plan);
  return Buffer.byteLength(text) <= LONGEST_PLAN
    ? plan
    : { shortened: true, begins: text.slice(0, LONGEST_TEXT) };
}
