import { z } from 'zod';
import { engineEnd } from '../failure/causes.ts';
import { LEVELS } from '../kinds.ts';
import { EXIT } from '../names.ts';
import {
  type Caught,
  endOf,
  LONGEST_LINE,
  LONGEST_TEXT,
  type RunEnd,
  resultOf,
  shortened,
} from '../run-end.ts';
import { VERDICTS } from './report.ts';

const objective = z.looseObject({
  targetMinutes: z.number(),
  measuredMinutes: z.number().nullable(),
  state: z.string(),
});
const sentences = z.array(z.string()).default([]);

/** What the engine says of a drill, as far as people are told of it. */
const resultSchema = z.looseObject({
  id: z.string().nullish(),
  verdict: z.enum(VERDICTS).nullish(),
  report: z.string().nullish(),
  signed: z.boolean().nullish(),
  set: z.string().nullish(),
  recoverySeconds: z.number().nullish(),
  regression: z.boolean().default(false),
  medianSeconds: z.number().nullish(),
  levels: z.array(z.looseObject({ level: z.enum(LEVELS), rto: objective, rpo: objective })).default([]),
  checks: z.record(z.string(), z.number()).default({}),
  failed: sentences,
  notVerified: sentences,
  notRun: sentences,
  error: z.looseObject({ name: z.string(), message: z.string() }).nullish(),
});

/** A drill in the shape that the workflow takes: every member is always there. */
export interface DrillOutcome {
  readonly ended: RunEnd;
  readonly exitCode: number | null;
  readonly drill: string | null;
  /** Key of the page in the bucket. */
  readonly report: string | null;
  readonly bucket: string;
  readonly signed: boolean | null;
  readonly set: string | null;
  readonly recoverySeconds: number | null;
  readonly medianSeconds: number | null;
  readonly regression: boolean;
  readonly levels: readonly {
    readonly level: (typeof LEVELS)[number];
    readonly rto: z.output<typeof objective>;
    readonly rpo: z.output<typeof objective>;
  }[];
  readonly checks: Readonly<Record<string, number>>;
  readonly failed: readonly string[];
  readonly notVerified: readonly string[];
  readonly notRun: readonly string[];
  readonly error: { readonly name: string; readonly message: string } | null;
}

/** Most lines of each list that are told. */
const LISTED = 20;

/**
 * Judges a drill by what it wrote and by how its task ended.
 * @param text the result object; nothing where the engine came to write none
 * @param caught what the state caught; nothing where the task ended with 0
 */
export function outcomeOfDrill(
  text: string | undefined,
  caught: Caught | undefined,
  bucket: string,
): DrillOutcome {
  const result = resultOf(text, resultSchema);
  const exitCode = caught === undefined ? EXIT.verified : engineEnd(caught.Cause)?.exitCode;
  const short = (list: readonly string[] = []) =>
    list.slice(0, LISTED).map((line) => shortened(line, LONGEST_LINE));
  return {
    ended: endOf(exitCode, caught),
    exitCode: exitCode ?? null,
    drill: result?.id ?? null,
    report: result?.report ?? null,
    bucket,
    signed: result?.signed ?? null,
    set: result?.set ?? null,
    recoverySeconds: result?.recoverySeconds ?? null,
    medianSeconds: result?.medianSeconds ?? null,
    regression: result?.regression ?? false,
    levels: result?.levels ?? [],
    checks: result?.checks ?? {},
    failed: short(result?.failed),
    notVerified: short(result?.notVerified),
    notRun: short(result?.notRun),
    error:
      result?.error == null
        ? null
        : { name: result.error.name, message: shortened(result.error.message, LONGEST_TEXT) },
  };
}
