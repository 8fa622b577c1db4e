import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { NOTHING_ASKED_ERRORS } from '../core/names.ts';
import type { FailurePath } from './failure-path.ts';

export interface LookingProps {
  /** Asks once, and lays down at `path` what is known, with `waitSeconds`. */
  readonly look: sfn.TaskStateBase & sfn.INextable;
  /** Names of the states that this makes: `AwayPitr` and `BackPitr?` for `Pitr`. */
  readonly name: string;
  readonly path: string;
  /** Member of it that says that waiting is over. */
  readonly done: string;
  readonly next: sfn.IChainable;
}

/** Looks, waits as long as the answer says, and looks again; the function that looks says when that has to end. */
export function looking(scope: Construct, props: LookingProps): sfn.IChainable {
  const { look, name, path, next } = props;
  const wait = sfn.Wait.jsonPath(scope, `WaitFor${name}`, {
    stateName: `WaitFor${name}`,
    time: sfn.WaitTime.secondsPath(`${path}.waitSeconds`),
  });
  const choice = sfn.Choice.jsonPath(scope, `Is${name}`, { stateName: `${name}?` })
    .when(sfn.Condition.booleanEquals(`${path}.${props.done}`, true), next)
    .otherwise(wait);
  wait.next(look);
  look.next(choice);
  // something was asked for just now: the first look comes after the first wait
  return wait;
}

export interface AskedOnceProps {
  /** Asks for a change, and is never asked twice. */
  readonly ask: sfn.TaskStateBase & sfn.INextable;
  readonly failure: FailurePath;
  /** Step under which the failure path knows it. */
  readonly step: string;
  /** Lays down what is known where the answer is lost. */
  readonly lost: sfn.Pass;
  /** Where the error goes that lost it. */
  readonly lostPath: string;
  readonly next: sfn.IChainable;
}

/** Goes on whether the answer came or was lost, but for errors that say that nothing was asked. */
export function askedOnce({ ask, failure, step, lost, lostPath, next }: AskedOnceProps): sfn.IChainable {
  failure.guard(step, ask, NOTHING_ASKED_ERRORS);
  ask.addCatch(lost, { errors: [sfn.Errors.ALL], resultPath: lostPath });
  lost.next(next);
  ask.next(next);
  return ask;
}
