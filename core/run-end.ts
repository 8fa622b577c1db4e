import { z } from 'zod';
import { EXIT } from './names.ts';
import { redact } from './redact.ts';

/** How a run of the engine ended, as the workflow branches on it. */
export const RUN_ENDS = [
  'verified',
  'not-verified',
  'failed',
  'refused',
  'not-started',
  'timed-out',
  'killed',
] as const;
export type RunEnd = (typeof RUN_ENDS)[number];

/** What a state caught. */
export const caughtSchema = z.object({ Error: z.string(), Cause: z.string().default('') });
export type Caught = z.output<typeof caughtSchema>;

/** Longest text and longest line of a list that a state takes over: it may hold 256 KiB, and a message shows far less. */
export const LONGEST_TEXT = 2000;
export const LONGEST_LINE = 300;

/**
 * How a run ended.
 * @param exitCode of its task; nothing where there came to be none
 * @param caught what the state caught; nothing where the task ended with 0
 */
export function endOf(exitCode: number | undefined, caught: Caught | undefined): RunEnd {
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

/** What a run wrote of itself; nothing where it wrote none, or what cannot be read. */
export function resultOf<Schema extends z.ZodType>(
  text: string | undefined,
  schema: Schema,
): z.output<Schema> | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    // half a line would be a fault of S3; the exit code says how the run ended
    return undefined;
  }
}

export function shortened(text: string, longest: number): string {
  const known = redact(text);
  return known.length > longest ? `${known.slice(0, longest)}…` : known;
}
