import { z } from 'zod';
import { UsageError, WorkflowInputInvalid } from './errors/index.ts';
import { SCHEDULED_KINDS, type ScheduledKind } from './kinds.ts';
import { problemsOf } from './problems.ts';
import { parseSlot, type SetId } from './set-id.ts';

/** Two services have two clocks: what is due now must not be refused because one of them is behind. */
const CLOCKS_APART_MS = 5 * 60_000;

/** What an operator or a schedule starts the backup workflow with. */
const schema = z.strictObject({ kind: z.enum(SCHEDULED_KINDS), slot: z.string().optional() });

/**
 * Which set an execution is to make.
 * @param input of the execution, whatever it is
 * @param startedAt of the execution: the slot, where the input names none
 * @throws WorkflowInputInvalid in words for whoever typed it
 */
export function parseBackupInput(
  input: unknown,
  startedAt: string,
): SetId & { readonly kind: ScheduledKind } {
  const parsed = schema.safeParse(input);
  if (!parsed.success)
    throw new WorkflowInputInvalid(`cannot be used: ${problemsOf(parsed.error, 'input').join('; ')}`);
  try {
    const slot = parseSlot(parsed.data.slot ?? startedAt);
    refuseFuture(slot, startedAt);
    return { kind: parsed.data.kind, slot };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new WorkflowInputInvalid(`cannot be used: slot: ${error.message}`);
  }
}

/** The monitor looks at the newest slot first: one to come would be the age it measures until then, whatever is made after it. */
function refuseFuture(slot: Date, startedAt: string): void {
  if (slot.getTime() <= Date.parse(startedAt) + CLOCKS_APART_MS) return;
  throw new UsageError(
    `${slot.toISOString()} lies after the start of the execution, ${startedAt}; expected an instant that has come`,
  );
}

/** The input of another execution, or nothing where it is none: that execution will refuse it itself. */
export function kindOfInput(text: string): ScheduledKind | undefined {
  try {
    return z.looseObject({ kind: z.enum(SCHEDULED_KINDS) }).parse(JSON.parse(text)).kind;
  } catch {
    return undefined;
  }
}
