import { z } from 'zod';
import { type DrillOutcome, outcomeOfDrill } from '../drill/outcome.ts';
import { messagesOf } from '../messages/index.ts';
import { WORKFLOW_ERROR } from '../names.ts';
import { caughtSchema, RUN_ENDS } from '../run-end.ts';
import { lambdaMessage } from './causes.ts';
import { type Explanation, mailText, subjectLine } from './explain.ts';
import type { ErrorName } from './findings.ts';
import { type TaskLogs, taskLogLink } from './task-log.ts';

/** Steps of the drill workflow whose failures are told apart, in the order they are taken. */
const DRILL_STEPS = ['plan', 'project', 'drill', 'report', 'cleanUp', 'audit'] as const;

/** A failure as the drill workflow caught it; what no state has come to yet is an empty object. */
export const drillFailureSchema = z.object({
  failure: z.partialRecord(z.enum(DRILL_STEPS), caughtSchema),
  input: z.unknown(),
  execution: z.object({ id: z.string(), name: z.string(), startedAt: z.string() }),
  outcome: z.looseObject({ ended: z.enum(RUN_ENDS).optional() }).default({}),
  /** The project that was asked for; empty where none was. */
  project: z.looseObject({ name: z.string().optional() }).default({}),
});
export type DrillFailure = z.output<typeof drillFailureSchema>;

interface Judgement {
  readonly error: ErrorName;
  readonly detail: string;
}

/** Findings that a mail repeats; the report has all. */
const REPEATED = 5;
/** Characters of what is said of a project that is left: whoever reads it has to act on all of it. */
const LONGEST_LEFT = 900;

/** Says what a drill came to that did not end verified, what that means and what to do. */
export function explainDrill(environment: string, given: DrillFailure, logs: TaskLogs = {}): Explanation {
  const { error, detail } = judge(given);
  const advice = messagesOf('en').failed[error];
  const cause = detail === '' ? advice.happened : `${advice.happened}: ${detail}`;
  const ran = given.project.name === undefined ? 'drill' : 'drillProject';
  const log = taskLogLink(ran, given.failure.drill?.Cause ?? '', given.execution.id, logs);
  return {
    error,
    cause,
    subject: subjectLine(`VideoPlanet Backup (${environment}): drill, ${error}`),
    message: mailText(
      environment,
      given.execution,
      { error, happened: cause, means: advice.means, todo: advice.todo },
      log,
    ),
    ...(log === undefined ? {} : { log }),
  };
}

function judge({ failure, outcome }: DrillFailure): Judgement {
  const said = (step: (typeof DRILL_STEPS)[number]) => lambdaMessage(failure[step]?.Cause ?? '');
  // whatever else happened: this one is billed until somebody acts
  if (failure.cleanUp !== undefined) {
    const came = outcome.ended === undefined ? '' : `; the drill itself came to: ${outcome.ended}`;
    return {
      error: WORKFLOW_ERROR.drillCleanUpFailed,
      detail: `${lambdaMessage(failure.cleanUp.Cause, LONGEST_LEFT)}${came}`,
    };
  }
  if (failure.plan?.Error === WORKFLOW_ERROR.drillInputInvalid)
    return { error: WORKFLOW_ERROR.drillInputInvalid, detail: said('plan') };
  if (failure.project !== undefined)
    return {
      error: WORKFLOW_ERROR.drillFailed,
      detail: `its project could not be made (${said('project')})`,
    };
  if (failure.drill !== undefined || outcome.ended !== undefined)
    return judgeOutcome(
      outcome.ended === undefined
        ? outcomeOfDrill(undefined, failure.drill, '')
        : (outcome as unknown as DrillOutcome),
      failure,
    );
  const step = DRILL_STEPS.findLast((each) => failure[each] !== undefined);
  if (step === undefined) return { error: WORKFLOW_ERROR.unexpected, detail: '' };
  return { error: WORKFLOW_ERROR.unexpected, detail: `the ${step} step failed: ${said(step)}` };
}

function judgeOutcome(outcome: DrillOutcome, failure: DrillFailure['failure']): Judgement {
  const where = outcome.report === null ? '' : `; report: s3://${outcome.bucket}/${outcome.report}`;
  const of = (list: readonly string[]) => `${list.slice(0, REPEATED).join('; ')}${where}`;
  const error = outcome.error === null ? '' : `${outcome.error.name}: ${outcome.error.message}`;
  switch (outcome.ended) {
    case 'failed':
      return {
        error: WORKFLOW_ERROR.drillFailed,
        detail: outcome.failed.length === 0 ? `${error}${where}` : of(outcome.failed),
      };
    case 'not-verified':
      return { error: WORKFLOW_ERROR.drillNotVerified, detail: of(outcome.notVerified) };
    case 'refused':
      return { error: WORKFLOW_ERROR.drillInputInvalid, detail: error };
    case 'timed-out':
      return { error: WORKFLOW_ERROR.timedOut, detail: error };
    case 'not-started':
      return { error: WORKFLOW_ERROR.taskNotStarted, detail: lambdaMessage(failure.drill?.Cause ?? '') };
    case 'killed':
      return {
        error: WORKFLOW_ERROR.drillFailed,
        detail: `the engine was killed (exit code ${outcome.exitCode}); for want of memory raise drill.memoryMiB, for want of disk drill.ephemeralStorageGiB`,
      };
    default:
      return {
        error: WORKFLOW_ERROR.unexpected,
        detail: `the drill is verified, and its record could not be written: ${lambdaMessage(failure.audit?.Cause ?? '')}`,
      };
  }
}
