import { z } from 'zod';
import { kindOfInput, parseBackupInput } from '../../core/backup-input.ts';
import { readSet } from '../../core/catalog.ts';
import { StorageError } from '../../core/errors/index.ts';
import { SCHEDULED_KINDS, type ScheduledKind } from '../../core/kinds.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { runMinutesOf } from '../../core/run-limit.ts';
import { formatSetId, type SetId } from '../../core/set-id.ts';
import { openBucket } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
import { earlierExecution } from '../common/executions.ts';
import { requireEnv } from '../common/settings.ts';
import { logger } from '../common/telemetry.ts';

const eventSchema = z.object({
  /** Of the execution, as somebody or something typed it. */
  input: z.unknown(),
  execution: z.object({ id: z.string(), startedAt: z.string() }),
});

const timeoutsSchema = z.record(z.enum(SCHEDULED_KINDS), z.int().positive());

/** What the workflow does next. */
export interface BackupPlan {
  readonly run: boolean;
  /** Why not, where it does not. */
  readonly reason?: string;
  readonly kind: ScheduledKind;
  /** The instant the set is due, ISO 8601 in UTC. */
  readonly slot: string;
  readonly setId: string;
  /** Arguments of the engine. */
  readonly backupCommand: readonly string[];
  readonly verifyCommand: readonly string[];
  /** How long either may take before it is stopped … */
  readonly taskTimeoutSeconds: number;
  /** … and before it ends itself, which is sooner; minutes, as text, for a variable of the container. */
  readonly runMinutes: string;
}

/**
 * First step of the backup workflow: checks the input, names the set, sees whether it has been made, and lets an earlier run
 * of the same kind go first, so that a slow run is not joined by a second one that slows both down. Executions started in the same moment may not
 * see each other; the engine's claim of the slot is what makes that safe.
 * @throws WorkflowInputInvalid in words for an operator
 */
export async function handler(event: unknown): Promise<BackupPlan> {
  const { input, execution } = parseEvent(eventSchema, event);
  const id = parseBackupInput(input, execution.startedAt);
  const slot = id.slot.toISOString();
  const setId = formatSetId(id);
  const timeoutMinutes = taskTimeouts()[id.kind];
  const plan = {
    kind: id.kind,
    slot,
    setId,
    // another task, with other rights, verifies
    backupCommand: ['backup', '--kind', id.kind, '--slot', slot, '--no-verify'],
    verifyCommand: ['verify', setId],
    taskTimeoutSeconds: 60 * timeoutMinutes,
    runMinutes: String(runMinutesOf(timeoutMinutes)),
  };
  const reason = (await alreadyMade(id)) ?? (await alreadyUnderWay(id.kind, execution));
  if (reason === undefined) {
    logger.info('backup planned', { setId });
    return { run: true, ...plan };
  }
  logger.warn('backup skipped', { setId, reason });
  return { run: false, reason, ...plan };
}

/**
 * A slot that is delivered twice (spec B8): the engine, which may not read, would read the whole database once more before
 * it learned that there is a set.
 */
async function alreadyMade(id: SetId): Promise<string | undefined> {
  try {
    const entry = await readSet(openBucket(), id);
    return entry?.state === 'verified' ? `${entry.id} has been made and verified` : undefined;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    // a backup too many is better than one too few
    logger.warn('whether the set has been made is not known', { setId: formatSetId(id), error });
    return undefined;
  }
}

async function alreadyUnderWay(
  kind: ScheduledKind,
  execution: { id: string; startedAt: string },
): Promise<string | undefined> {
  const workflow = requireEnv(LAMBDA_ENV.backupStateMachineArn, 'the backup workflow');
  const earlier = await earlierExecution(workflow, execution, (input) => kindOfInput(input) === kind);
  if (earlier === undefined) return undefined;
  return `another ${kind} backup has been running since ${earlier.startDate?.toISOString()}: ${earlier.name}`;
}

function taskTimeouts(): Record<ScheduledKind, number> {
  const text = requireEnv(LAMBDA_ENV.taskTimeoutMinutes, 'the time limit of each kind, as JSON');
  return timeoutsSchema.parse(JSON.parse(text));
}
