import { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { engineRun } from './engine-run.ts';
import type { EngineTask } from './engine-task.ts';
import type { FailurePath } from './failure-path.ts';
import { execution, functionCall, longestCall } from './function-call.ts';
import type { Network } from './network.ts';
import { LONGEST_MAKING, RestoreNewProject } from './restore-new-project.ts';
import { CLEAN_UP_TIMEOUT, type DrillFunctions, SUPABASE_CALL_TIMEOUT } from './supabase-functions.ts';

export interface DrillProjectProps {
  readonly functions: DrillFunctions;
  /** Holds the drill, and knows the project alone. */
  readonly task: EngineTask;
  readonly cluster: ecs.ICluster;
  readonly network: Network;
  readonly failure: FailurePath;
  /** Where a drill goes whose engine has run, in whatever way it ended. */
  readonly report: sfn.IChainable;
}

/** More than making a project and deleting it can take on any way, without the engine. */
export const LONGEST_PROJECT = Duration.seconds(
  // a wait and a look take turns, and the last look may take as long as a call can
  LONGEST_MAKING.toSeconds() +
    4 * longestCall(SUPABASE_CALL_TIMEOUT).toSeconds() +
    longestCall(CLEAN_UP_TIMEOUT).toSeconds(),
);

/** Members that lie beside the input from the first state on. */
export const PROJECT_MEMBERS = { lookup: {}, project: {}, handover: {} };

/** Nothing of what is asked for is under way any more when the clean-up looks, but Supabase's list may lag behind. */
const APPEARS_WITHIN_SECONDS = 15;

/**
 * A drill in a Supabase project that is made for it (spec D1, D6). Once a project was asked for, every way leads through its
 * deletion; one that cannot be deleted ends the execution by a name of its own, whatever the drill has found.
 */
export class DrillProject extends Construct {
  readonly start: sfn.IChainable;

  constructor(scope: Construct, id: string, props: DrillProjectProps) {
    super(scope, id);
    const { functions, task, cluster, network, failure } = props;
    const cleanUp = this.cleanUp(props);
    const drill = engineRun(this, 'DrillProject', {
      ...{ cluster, network, task },
      command: '$.plan.command',
      resultKey: '$.plan.resultKey',
    });
    drill.addCatch(cleanUp, { errors: [sfn.Errors.ALL], resultPath: '$.failure.drill' });
    drill.next(cleanUp);
    const made = new RestoreNewProject(this, 'Making', {
      ...{ project: functions.project, failure, next: drill },
      name: '$.plan.project',
      // only the set says, and the engine chooses it later
      webhooks: 'perhaps',
      guard: (state) => {
        state.addCatch(cleanUp, { errors: [sfn.Errors.ALL], resultPath: '$.failure.project' });
        return state;
      },
    });
    const plan = failure.guard(
      'project',
      functionCall(this, 'PlanProject', {
        target: functions.project,
        payload: sfn.TaskInput.fromObject({
          action: 'plan',
          facts: { project: sfn.JsonPath.stringAt('$.plan.project') },
          load: NO_LOAD,
        }),
        timeout: SUPABASE_CALL_TIMEOUT,
        resultPath: '$.lookup',
      }),
    );
    this.start = plan.next(made.start);
  }

  private cleanUp({ functions, failure, report }: DrillProjectProps): sfn.TaskStateBase {
    // what no engine has run on has nothing to report
    const ran = sfn.Choice.jsonPath(this, 'EngineRan', { stateName: 'EngineRan?' })
      .when(sfn.Condition.isPresent('$.failure.project'), failure.start)
      .otherwise(report);
    const remove = functionCall(this, 'CleanUp', {
      target: functions.cleanUp,
      payload: sfn.TaskInput.fromObject({
        execution: execution(),
        appearsWithinSeconds: APPEARS_WITHIN_SECONDS,
      }),
      timeout: CLEAN_UP_TIMEOUT,
      resultPath: '$.cleaned',
    });
    remove.addCatch(ran, { errors: [sfn.Errors.ALL], resultPath: '$.failure.cleanUp' });
    remove.next(ran);
    return remove;
  }
}

/** Of the set, which the engine chooses later; what does not fit it says itself. */
const NO_LOAD = { sizeBytes: 0, tables: 0, objects: 0, storedBytes: 0, webhooks: false };
