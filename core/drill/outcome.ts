import { z } from 'zod';
import { engineEnd } from '../failure/causes.ts';
import { LEVELS } from '../kinds.ts';
import { EXIT } from '../names.ts';
import type { caughtSchema } from '../restore-report.ts';
import { VERDICTS } from './report.ts';

/** How the run of a drill ended, as the workflow branches on it. */
export const DRILL_ENDS = [
  'verified',
  'not-verified',
  'failed',
  'refused',
  'not-started',
  'timed-out',
  'killed',
] as const;
export type DrillEnd = (typeof DRILL_ENDS)[number];

type Caught = z.output<typeof caughtSchema>;

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
  readonly ended: DrillEnd;
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

/** A state may hold 256 KiB; a message shows far less. */
const LISTED = 20;
const LONGEST_LINE = 300;
const LONGEST_MESSAGE = 2000;

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
  const result = readResult(text);
  const exitCode = caught === undefined ? EXIT.verified : engineEnd(caught.Cause)?.exitCode;
  const short = (list: readonly string[] = []) =>
    list.slice(0, LISTED).map((line) => cut(line, LONGEST_LINE));
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
        : { name: result.error.name, message: cut(result.error.message, LONGEST_MESSAGE) },
  };
}

function endOf(exitCode: number | undefined, caught: Caught | undefined): DrillEnd {
  if (caught?.Error === 'States.Timeout') return 'timed-out';
  switch (exitCode) {
    case EXIT.verified:
      return 'verified';
    case EXIT.unverified:
      return 'not-verified';
    case EXIT.failed:
      return 'failed';
    case EXIT.badInput:
      return 'refused';
    case undefined:
      return 'not-started';
    default:
      return 'killed';
  }
}

function readResult(text: string | undefined): z.output<typeof resultSchema> | undefined {
  if (text === undefined) return undefined;
  try {
    return resultSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // half a line would be a fault of S3; the exit code says how the run ended
    return undefined;
  }
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
