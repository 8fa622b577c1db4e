import { z } from 'zod';
import { RestoreRefused } from '../../core/errors/index.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { newProjectName } from '../../core/new-project/name.ts';
import { parseRestoreInput, writesTo } from '../../core/restore-input.ts';
import type { RestoreTarget } from '../../core/restore-input-members.ts';
import { findRestoreSet } from '../../core/restore-set.ts';
import { planRestore, type RestoreProjects, type RestoreSteps } from '../../core/restore-steps.ts';
import { refusePlainSet, refuseUnconfigured } from '../../core/restore-unconfigured.ts';
import { openBucket } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
import { earlierExecution, type OwnExecution } from '../common/executions.ts';
import { requireEnv } from '../common/settings.ts';
import { logger } from '../common/telemetry.ts';

const eventSchema = z.object({
  /** Of the execution, as somebody typed it. */
  input: z.unknown(),
  execution: z.object({ id: z.string(), name: z.string(), startedAt: z.string() }),
});

/**
 * First step of the restore workflow: checks the input, chooses the set, keeps a second restore out of the same target, and
 * says what the states after it do. Two executions that start in the same moment may not see each other; the engine's lock
 * on the target is what makes that safe.
 * @throws RestoreInputInvalid, RestoreRefused in words for an operator, in both languages
 */
export async function handler(event: unknown): Promise<RestoreSteps> {
  const { input: typed, execution } = parseEvent(eventSchema, event);
  const timeoutMinutes = z.coerce
    .number()
    .int()
    .positive()
    .parse(requireEnv(LAMBDA_ENV.restoreTimeoutMinutes, 'the minutes a restore may take'));
  const input = parseRestoreInput(typed);
  const projects = configuredProjects();
  refuseUnconfigured(input, projects);
  const set = input.kind === 'restore' ? await findRestoreSet(openBucket(), input.request) : undefined;
  refusePlainSet(input, set);
  const plan = planRestore(input, set, execution, timeoutMinutes, projects);
  if (!plan.planOnly) await refuseSecond(input.target, execution);
  if (set !== undefined && set.state !== 'verified')
    logger.warn('the set is not verified', { setId: set.id });
  logger.info('restore planned', { ...plan.facts });
  return plan;
}

/** What the environment knows of Supabase. */
function configuredProjects(): RestoreProjects {
  const environment = process.env[LAMBDA_ENV.environment] ?? 'restore';
  const makesProjects = process.env[LAMBDA_ENV.newProjects] !== undefined;
  return {
    projectRef: process.env[LAMBDA_ENV.supabaseProjectRef],
    newProjectName: makesProjects ? newProjectName(environment, new Date()) : undefined,
  };
}

/** @throws RestoreRefused */
async function refuseSecond(target: RestoreTarget, own: OwnExecution): Promise<void> {
  const workflow = requireEnv(LAMBDA_ENV.restoreStateMachineArn, 'the restore workflow');
  const earlier = await earlierExecution(workflow, own, (input) => writesTo(input) === target);
  if (earlier === undefined) return;
  const since = earlier.startDate?.toISOString();
  throw new RestoreRefused(
    `Another restore into the same target has been running since ${since}: ${earlier.name}. Wait until it has ended, and look at what it left.`,
    `같은 대상에 다른 복원이 ${since}부터 실행 중입니다: ${earlier.name}. 끝난 뒤 결과를 보고 다시 시작하세요.`,
  );
}
