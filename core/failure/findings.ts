import { EXIT, TASK_START_ERRORS, WORKFLOW_ERROR } from '../names.ts';
import { type EngineEnd, engineEnd, lambdaMessage, startFailures } from './causes.ts';

/** Steps of the backup workflow whose failures are told apart. */
export const STEPS = ['plan', 'backup', 'verify', 'retention', 'audit'] as const;
export type Step = (typeof STEPS)[number];

export type ErrorName = (typeof WORKFLOW_ERROR)[keyof typeof WORKFLOW_ERROR];

/** What can be said about a failure before it is put into a mail. */
export interface Finding {
  readonly error: ErrorName;
  readonly happened: string;
  readonly todo: string;
}

/**
 * What happened and what to do, from what Catch was given.
 * @param error as Step Functions names it
 * @param cause its text: the task as ECS describes it, what a function threw, or nothing
 */
export function findingOf(step: Step, error: string, cause: string): Finding {
  if (error === 'States.Timeout')
    return {
      error: WORKFLOW_ERROR.timedOut,
      happened: `the ${step} step was not done within its time limit and was stopped`,
      todo: 'see in the log where the time went; raise task.timeoutMinutes if the database has grown, and check that no task of it still runs',
    };
  if ((TASK_START_ERRORS as readonly string[]).includes(error)) return notStarted(step, startFailures(cause));
  const end = step === 'backup' || step === 'verify' ? engineEnd(cause) : undefined;
  if (end !== undefined) return findingOfEngine(step, end);
  const said = lambdaMessage(cause);
  if (error === WORKFLOW_ERROR.inputInvalid)
    return { error, happened: said, todo: 'start the workflow again with a right input' };
  if (error === WORKFLOW_ERROR.retentionFailed)
    return {
      error,
      happened: said,
      todo: 'see the log of the retention function; its next run goes on by itself',
    };
  return {
    error: step === 'retention' ? WORKFLOW_ERROR.retentionFailed : WORKFLOW_ERROR.unexpected,
    happened: `the ${step} step failed with ${error}${said === '' ? '' : `: ${said}`}`,
    todo: 'see the history of the execution and the log of the step',
  };
}

function findingOfEngine(step: Step, end: EngineEnd): Finding {
  const log = `the last lines of its log say why (task ${end.task})`;
  const failed = step === 'verify' ? WORKFLOW_ERROR.verificationFailed : WORKFLOW_ERROR.backupFailed;
  switch (end.exitCode) {
    case undefined:
      return notStarted(step, end.reason);
    case EXIT.failed:
      return {
        error: failed,
        happened: `the engine's ${step} failed (exit code 1)`,
        todo: `${log}; ${again(step)}`,
      };
    case EXIT.unverified:
      return {
        error: WORKFLOW_ERROR.verificationFailed,
        happened: `the engine's ${step} was done, but something could not be verified (exit code 2)`,
        todo: log,
      };
    case EXIT.badInput:
      return {
        error: WORKFLOW_ERROR.configurationInvalid,
        happened: `the engine refused its configuration or what it met, and did nothing (exit code 3)`,
        todo: `${log}: a secret, an address, a right or a setting is to be put in order; then start the workflow again`,
      };
    case 137:
      return {
        error: failed,
        happened: `the engine's ${step} was killed (exit code 137${end.reason === '' ? '' : `, ${end.reason}`})`,
        todo: `if it was for want of memory raise task.memoryMiB; otherwise it did not end in time after it was stopped; ${again(step)}`,
      };
    default:
      return {
        error: failed,
        happened: `the engine's ${step} ended with exit code ${end.exitCode}, which it does not use itself${end.reason === '' ? '' : ` (${end.reason})`}`,
        todo: log,
      };
  }
}

function again(step: Step): string {
  return step === 'verify' ? 'do not rely on this set, make another' : 'then start the workflow again';
}

function notStarted(step: Step, why: string): Finding {
  return {
    error: WORKFLOW_ERROR.taskNotStarted,
    happened: `the task of the ${step} step did not start${why === '' ? '' : `: ${why}`}`,
    todo: 'a lack of capacity passes, so start the workflow again; an image, a secret or a route that cannot be reached does not: see the reason',
  };
}
