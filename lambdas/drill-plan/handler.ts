import { createHash } from 'node:crypto';
import { z } from 'zod';
import { WORKFLOW_TARGETS, type WorkflowTarget } from '../../core/drill/deployed.ts';
import { parseDrillInput } from '../../core/drill/input.ts';
import { newDrillId } from '../../core/drill/keys.ts';
import { drillsOff, skippedWords } from '../../core/drill/switch.ts';
import { LANGUAGES } from '../../core/environment.ts';
import { DrillInputInvalid } from '../../core/errors/index.ts';
import { LAMBDA_ENV, PREFIX } from '../../core/names.ts';
import { runMinutesOf } from '../../core/run-limit.ts';
import { drillProjectName } from '../../core/supabase/drill-name.ts';
import { readDrillSwitch } from '../common/drill-switch.ts';
import { parseEvent } from '../common/event.ts';
import { requireEnv } from '../common/settings.ts';
import { logger } from '../common/telemetry.ts';

const eventSchema = z.object({
  /** Of the execution, as somebody or something typed it. */
  input: z.unknown(),
  execution: z.object({ id: z.string(), name: z.string(), startedAt: z.string() }),
});

/** What the states of a drill take. Every member is always there. */
export interface DrillPlan {
  /** Whether it runs at all; drills may be off for the month (spec C2). */
  readonly run: boolean;
  /** Why not, for people. */
  readonly skipped: { readonly en: string; readonly ko: string };
  readonly target: WorkflowTarget;
  readonly drill: string;
  /** Name of the project that is made for it, if one is. */
  readonly project: string;
  /** Arguments of the engine. */
  readonly command: readonly string[];
  readonly resultKey: string;
  readonly taskTimeoutSeconds: number;
  /** Minutes, as text, for a variable of the container. */
  readonly runMinutes: string;
}

/**
 * First step of a drill: checks the input and says what the engine is to do.
 * @throws DrillInputInvalid in words for an operator, in both languages
 */
export async function handler(event: unknown): Promise<DrillPlan> {
  const { input, execution } = parseEvent(eventSchema, event);
  const usual = z
    .enum(WORKFLOW_TARGETS)
    .parse(requireEnv(LAMBDA_ENV.drillTarget, 'what a drill restores into'));
  const { target, backup, aboveCeiling } = parseDrillInput(input, usual);
  if (target === 'supabase' && process.env[LAMBDA_ENV.supabaseDrill] === undefined)
    throw new DrillInputInvalid(
      'target: supabase, and this environment has no supabase.drill to make projects in',
    );
  const minutes = z.coerce
    .number()
    .int()
    .positive()
    .parse(requireEnv(LAMBDA_ENV.drillTimeoutMinutes, 'the minutes a drill may take'));
  const language = z
    .enum(LANGUAGES)
    .parse(requireEnv(LAMBDA_ENV.language, 'the language people are told in'));
  const startedAt = new Date(execution.startedAt);
  // the same for a step that is repeated
  const drill = newDrillId(startedAt, createHash('sha256').update(execution.id).digest('hex').slice(0, 6));
  const off = aboveCeiling ? undefined : await offNow();
  logger.info('drill planned', { drill, target, backup, aboveCeiling, off });
  return {
    run: off === undefined,
    skipped: skippedWords(off),
    target,
    drill,
    project: drillProjectName(requireEnv(LAMBDA_ENV.environment, 'the name of the environment'), {
      id: execution.id,
      startedAt,
    }),
    command: [
      ...['drill', '--target', target, '--backup', backup, '--drill-id', drill],
      ...['--began', startedAt.toISOString(), '--language', language],
    ],
    resultKey: `${PREFIX.restores}/${encodeURIComponent(execution.name)}/drill.json`,
    taskTimeoutSeconds: 60 * minutes,
    runMinutes: String(runMinutesOf(minutes)),
  };
}

/** A guard of costs must not keep a drill from running by being broken: what cannot be read is on. */
async function offNow(): Promise<ReturnType<typeof drillsOff>> {
  try {
    return drillsOff(await readDrillSwitch(), new Date());
  } catch (error) {
    logger.warn('the switch of drills cannot be read, so they are on', { error });
    return undefined;
  }
}
