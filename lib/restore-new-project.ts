import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { LONGEST_MAKING_SECONDS } from '../core/new-project/watch.ts';
import type { BackupFunction } from './backup-function.ts';
import type { FailurePath } from './failure-path.ts';
import { functionCall } from './function-call.ts';
import { askedOnce, looking } from './looking.ts';
import { SUPABASE_CALL_TIMEOUT } from './supabase-functions.ts';

export interface RestoreNewProjectProps {
  /** Makes projects. */
  readonly project: BackupFunction;
  readonly failure: FailurePath;
  /** Path of the name that the project gets. */
  readonly name: string;
  /** Whether what comes into it uses Database Webhooks, as the function takes it. */
  readonly webhooks: unknown;
  /** What the engine does with the project. */
  readonly next: sfn.IChainable;
  /**
   * Takes whatever fails once the project may be there.
   * @default - the failure path: a project that was restored into stays
   */
  readonly guard?: <State extends sfn.TaskStateBase>(state: State) => State;
}

/** The longest making a project may take. */
export const LONGEST_MAKING = Duration.seconds(LONGEST_MAKING_SECONDS);

/**
 * Makes a Supabase project to restore into (spec R1), or to hold a drill in (spec D1): asked for once, and looked for by its name where the answer is lost.
 * Its password and keys go from the function into a secret, and never through a state.
 */
export class RestoreNewProject extends Construct {
  readonly start: sfn.IChainable;

  constructor(scope: Construct, id: string, props: RestoreNewProjectProps) {
    super(scope, id);
    const { project, failure, next, guard = (state) => failure.guard('project', state) } = props;
    const known = () => sfn.JsonPath.objectAt('$.project');
    const handOver = guard(
      functionCall(this, 'HandOver', {
        target: project,
        payload: sfn.TaskInput.fromObject({
          action: 'handover',
          project: known(),
          webhooks: props.webhooks,
        }),
        timeout: SUPABASE_CALL_TIMEOUT,
        resultPath: '$.handover',
      }),
    );
    handOver.next(next);
    const look = guard(
      functionCall(this, 'LookProject', {
        target: project,
        payload: sfn.TaskInput.fromObject({ action: 'look', project: known() }),
        timeout: SUPABASE_CALL_TIMEOUT,
        resultPath: '$.project',
      }),
    );
    const wait = looking(this, { look, name: 'Project', path: '$.project', done: 'ready', next: handOver });
    const asked = {
      name: sfn.JsonPath.stringAt(props.name),
      price: sfn.JsonPath.stringAt('$.lookup.price'),
    };
    const lost = sfn.Pass.jsonPath(this, 'ProjectAnswerLost', {
      stateName: 'ProjectAnswerLost',
      comment: 'Whether Supabase was asked is not known; the project is looked for by its name',
      parameters: { ...asked, ref: '', askedAt: '', status: 'UNKNOWN', looks: 0, waitSeconds: 0 },
      resultPath: '$.project',
    });
    const make = functionCall(this, 'MakeProject', {
      target: project,
      payload: sfn.TaskInput.fromObject({
        action: 'make',
        ...asked,
        size: sfn.JsonPath.stringAt('$.lookup.size'),
      }),
      timeout: SUPABASE_CALL_TIMEOUT,
      resultPath: '$.project',
      once: true,
    });
    this.start = askedOnce({
      ask: make,
      failure,
      step: 'project',
      lost,
      lostPath: '$.lost.makeProject',
      next: wait,
    });
  }
}
