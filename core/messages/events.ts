import { z } from 'zod';
import { RUN_ENDS } from '../run-end.ts';
import { costEventSchema } from './cost.ts';
import { STOPS, WORKFLOWS } from './notice-words.ts';
import { handoverSchema } from './supabase.ts';

const execution = z.object({ id: z.string(), name: z.string(), startedAt: z.string().optional() });
const description = z.object({ en: z.string(), ko: z.string() });
const report = z.looseObject({
  restoreId: z.string().nullish(),
  keptAs: z.string().nullish(),
  counts: z.object({
    tables: z.number().nullable(),
    rows: z.string().nullable(),
    changed: z
      .object({ inserted: z.number(), updated: z.number(), deleted: z.number() })
      .nullable()
      .default(null),
    files: z.number().optional(),
  }),
  plan: z.unknown().optional(),
  /** Of a project that went back in time. */
  minutes: z.number().optional(),
});
/** Empty where no project was made. */
const handover = z.union([handoverSchema, z.object({}).transform(() => undefined)]).optional();
/** Of an execution, as EventBridge tells of its end. */
const ended = z.object({
  executionArn: z.string(),
  name: z.string(),
  /** Milliseconds since 1970. */
  startDate: z.number(),
  /** JSON; left out where it is too long. */
  input: z.string().nullish(),
  output: z.string().nullish(),
});

/** What people can be told of, as a workflow, a rule of EventBridge or a function says it. */
export const slackEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('restore-started'), execution, description }),
  z.object({
    kind: z.literal('restore-thawing'),
    execution,
    description,
    thaw: z.object({
      objects: z.number(),
      bytes: z.number(),
      waitSeconds: z.number(),
      readyAt: z.string().nullish(),
      costUsd: z.number().nullish(),
    }),
  }),
  z.object({ kind: z.literal('restore-planned'), execution, description, report }),
  z.object({ kind: z.literal('restore-verified'), execution, description, report, handover }),
  z.object({ kind: z.literal('drill'), execution, outcome: z.looseObject({ ended: z.enum(RUN_ENDS) }) }),
  /** The cost guard had switched drills off. */
  z.object({ kind: z.literal('drill-skipped'), execution, description }),
  z.object({
    kind: z.literal('failed'),
    workflow: z.enum(WORKFLOWS),
    execution,
    /** As the execution was started with it. */
    input: z.unknown().optional(),
    explained: z.object({
      error: z.string(),
      cause: z.string(),
      remains: description.nullish(),
      log: z.string().optional(),
    }),
  }),
  /** Ended from outside: no state of it could tell. */
  z.object({
    kind: z.literal('stopped'),
    workflow: z.enum(WORKFLOWS),
    detail: ended.extend({ status: z.enum(STOPS) }),
  }),
  /** A run that went well after others that did not. */
  z.object({
    kind: z.literal('works-again'),
    workflow: z.enum(WORKFLOWS),
    execution,
    input: z.unknown().optional(),
    failures: z.number(),
    since: z.iso.datetime(),
  }),
  /** A CloudWatch alarm that went on or is over. */
  z.object({
    kind: z.literal('alarm'),
    at: z.string(),
    region: z.string(),
    detail: z.object({
      alarmName: z.string(),
      state: z.object({ value: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']) }),
      previousState: z.object({ value: z.string() }).optional(),
      configuration: z.object({ description: z.string().nullish() }).optional(),
    }),
  }),
  costEventSchema,
]);
export type SlackEvent = z.output<typeof slackEventSchema>;
export type EventOf<Kind extends SlackEvent['kind']> = Extract<SlackEvent, { kind: Kind }>;

/** A run that went well, of which people hear only where one before it did not. */
export const succeededSchema = z.object({
  kind: z.literal('succeeded'),
  workflow: z.enum(WORKFLOWS),
  detail: ended,
});
export type Succeeded = z.output<typeof succeededSchema>;

/** The input of an execution that EventBridge tells of; nothing where it was left out. */
export function inputOf({ input }: z.output<typeof ended>): unknown {
  try {
    return JSON.parse(input ?? 'null');
  } catch {
    // whatever it is, nothing can be read from it
    return null;
  }
}

const backupInput = z.object({ kind: z.string(), slot: z.string().optional() });

/** What a backup was of, as far as its input says. */
export function backupOf(
  input: unknown,
): { readonly kind: string; readonly slot?: string | undefined } | undefined {
  return backupInput.safeParse(input).data;
}

const ranOutput = z.looseObject({ plan: z.looseObject({ run: z.boolean() }).optional() });

/** Whether an execution did its work: one that found a set there, or another run at it, ends well and has done nothing. */
export function hasRun({ output }: Succeeded['detail']): boolean {
  try {
    const said = ranOutput.parse(JSON.parse(output ?? ''));
    return said.plan?.run !== false;
  } catch {
    // nobody knows: what is broken stays so until a run says that it is not
    return false;
  }
}
