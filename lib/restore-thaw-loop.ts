import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FailurePath } from './failure-path.ts';
import { functionCall } from './function-call.ts';
import type { Functions } from './functions.ts';
import type { RestoreNotices } from './restore-notices.ts';

/** Checking rules reads whole tables; Lambda's own limit. */
export const INTEGRITY_TIMEOUT = Duration.minutes(15);

/** The slowest tier of DEEP_ARCHIVE takes up to 48 hours; half a day more, and something is wrong. */
export const LONGEST_THAW = Duration.hours(60);

/** Rounds of asking and waiting; some ten events each, of the 25,000 an execution may have. */
const MOST_ROUNDS = 500;

export interface ThawLoopProps {
  readonly functions: Pick<Functions, 'thaw'>;
  readonly failure: FailurePath;
  readonly notices: RestoreNotices;
  /** Where the workflow goes once everything can be read. */
  readonly next: sfn.IChainable;
}

/** Makes archived objects readable and waits until they are (spec R8): ask, wait as long as the answer says, ask again. */
export class ThawLoop extends Construct {
  /** Passes by where nothing has to be read. */
  readonly start: sfn.Choice;

  constructor(scope: Construct, id: string, { functions, failure, notices, next }: ThawLoopProps) {
    super(scope, id);
    const thaw = failure.guard(
      'thaw',
      functionCall(this, 'Thaw', {
        target: functions.thaw,
        payload: sfn.TaskInput.fromObject({
          setIds: sfn.JsonPath.listAt('$.plan.thaw.setIds'),
          tier: sfn.JsonPath.stringAt('$.plan.thaw.tier'),
          days: sfn.JsonPath.numberAt('$.plan.thaw.days'),
          restoreMinutes: sfn.JsonPath.numberAt('$.plan.thaw.restoreMinutes'),
          // what it expects counts from here, in every round
          askedAt: sfn.JsonPath.executionStartTime,
        }),
        timeout: THAW_TIMEOUT,
        resultPath: '$.thaw',
      }),
    );
    const wait = sfn.Wait.jsonPath(this, 'WaitForThaw', {
      stateName: 'WaitForThaw',
      time: sfn.WaitTime.secondsPath('$.thaw.waitSeconds'),
    });
    const count = sfn.Pass.jsonPath(this, 'CountRound', {
      stateName: 'CountRound',
      parameters: { rounds: sfn.JsonPath.mathAdd(sfn.JsonPath.numberAt('$.thawing.rounds'), 1) },
      resultPath: '$.thawing',
    });
    const tooLong = sfn.Pass.jsonPath(this, 'ThawTooLong', {
      stateName: 'ThawTooLong',
      parameters: { Error: 'ThawTooLong', Cause: `not readable after ${MOST_ROUNDS} rounds of waiting` },
      resultPath: '$.failure.thaw',
    });
    tooLong.next(failure.start);
    wait.next(count).next(thaw);
    thaw.next(
      sfn.Choice.jsonPath(this, 'Thawed', { stateName: 'Thawed?' })
        .when(sfn.Condition.booleanEquals('$.thaw.ready', true), next)
        .when(sfn.Condition.numberGreaterThanEquals('$.thawing.rounds', MOST_ROUNDS), tooLong)
        .when(sfn.Condition.numberEquals('$.thawing.rounds', 0), notices.thawing(wait))
        .otherwise(wait),
    );
    this.start = sfn.Choice.jsonPath(this, 'ThawNeeded', { stateName: 'Thaw?' })
      .when(sfn.Condition.booleanEquals('$.plan.thaw.needed', true), thaw)
      .otherwise(next);
  }
}

/** One request for each object. */
const THAW_TIMEOUT = Duration.minutes(15);
