import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { LONGEST_PITR_SECONDS } from '../core/pitr/watch.ts';
import type { BackupFunction } from './backup-function.ts';
import type { FailurePath } from './failure-path.ts';
import { functionCall } from './function-call.ts';
import { askedOnce, looking } from './looking.ts';
import { SUPABASE_CALL_TIMEOUT } from './supabase-functions.ts';

export interface RestorePitrProps {
  /** Talks to Supabase of going back. */
  readonly pitr: BackupFunction;
  readonly failure: FailurePath;
  /** Where the workflow goes once the project is back, with its report at `$.report`. */
  readonly next: sfn.IChainable;
}

/** The longest the project may be on its way back. */
export const LONGEST_PITR = Duration.seconds(LONGEST_PITR_SECONDS);

/**
 * Has Supabase take the project back to a second (spec R5): asked once, and never again. Where the answer is lost, the
 * project itself is looked at.
 */
export class RestorePitr extends Construct {
  readonly start: sfn.IChainable;

  constructor(scope: Construct, id: string, { pitr, failure, next }: RestorePitrProps) {
    super(scope, id);
    const asked = { at: sfn.JsonPath.stringAt('$.plan.facts.at') };
    const look = failure.guard(
      'pitr',
      functionCall(this, 'LookPitr', {
        target: pitr,
        payload: sfn.TaskInput.fromObject({ action: 'look', watch: sfn.JsonPath.objectAt('$.watch') }),
        timeout: SUPABASE_CALL_TIMEOUT,
        resultPath: '$.watch',
      }),
    );
    const back = sfn.Pass.jsonPath(this, 'PitrBack', {
      stateName: 'PitrBack',
      inputPath: '$.watch.report',
      resultPath: '$.report',
    });
    back.next(next);
    const wait = looking(this, { look, name: 'Pitr', path: '$.watch', done: 'done', next: back });
    const lost = sfn.Pass.jsonPath(this, 'PitrAnswerLost', {
      stateName: 'PitrAnswerLost',
      comment: 'Whether Supabase was asked is not known; what the project does from now on tells',
      parameters: {
        ...{ ref: sfn.JsonPath.stringAt('$.plan.facts.project'), answer: 'unclear', before: 'UNKNOWN' },
        ...{ askedAt: '', began: false, status: 'UNKNOWN', waitSeconds: 0 },
        ...{ looks: 0, quiet: 0, unwell: 0, missed: 0 },
      },
      resultPath: '$.watch',
    });
    const start = functionCall(this, 'StartPitr', {
      target: pitr,
      payload: sfn.TaskInput.fromObject({ action: 'start', ...asked }),
      timeout: SUPABASE_CALL_TIMEOUT,
      resultPath: '$.watch',
      once: true,
    });
    this.start = askedOnce({
      ask: start,
      failure,
      step: 'pitr',
      lost,
      lostPath: '$.lost.startPitr',
      next: wait,
    });
  }
}
