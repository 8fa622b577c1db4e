import { z } from 'zod';
import { DrillInputInvalid, UsageError } from '../errors/index.ts';
import { problemsOf } from '../problems.ts';
import { parseSetId } from '../set-id.ts';
import { WORKFLOW_TARGETS, type WorkflowTarget } from './deployed.ts';

const schema = z.strictObject({
  target: z.enum(WORKFLOW_TARGETS).optional(),
  backup: z.string().default('latest'),
  aboveCeiling: z.boolean().default(false),
});

/** What a drill is asked for. */
export interface DrillInput {
  readonly target: WorkflowTarget;
  /** A set id, or `latest`. */
  readonly backup: string;
  /** Whether it is to run although the month has cost more than it may. */
  readonly aboveCeiling: boolean;
}

/**
 * Reads the input of an execution.
 * @param usual the target where the input names none
 * @throws DrillInputInvalid in words for whoever typed it
 */
export function parseDrillInput(input: unknown, usual: WorkflowTarget): DrillInput {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new DrillInputInvalid(problemsOf(parsed.error, 'input').join('; '));
  const { target = usual, backup, aboveCeiling } = parsed.data;
  try {
    if (backup !== 'latest') parseSetId(backup);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new DrillInputInvalid(`backup: ${error.message}`);
  }
  return { target, backup, aboveCeiling };
}
