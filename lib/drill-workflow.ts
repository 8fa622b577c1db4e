import { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { WorkflowTarget } from '../core/drill/deployed.ts';
import { DrillProject, LONGEST_PROJECT, PROJECT_MEMBERS } from './drill-project.ts';
import { engineRun } from './engine-run.ts';
import type { EngineTask } from './engine-task.ts';
import { FailurePath } from './failure-path.ts';
import { auditRecord, CALL_TIMEOUT, execution, functionCall, longestCall } from './function-call.ts';
import type { Functions } from './functions.ts';
import type { Network } from './network.ts';
import type { StateMachineAddress } from './state-machine-address.ts';
import { TASK_START_RETRY_TIME } from './task-start-retry.ts';
import { workflowMachine } from './workflow-machine.ts';

export interface DrillWorkflowProps {
  readonly address: StateMachineAddress;
  readonly cluster: ecs.ICluster;
  readonly network: Network;
  /** Restores into a server of its own, and looks at what came of it. */
  readonly task: EngineTask;
  /**
   * The same in a Supabase project that is made for it.
   * @default - drills make none
   */
  readonly projectTask?: EngineTask | undefined;
  readonly functions: Functions;
  readonly topic: ITopic;
  /** The longest the task may run before it is stopped. */
  readonly timeoutMinutes: number;
  readonly logRetention: RetentionDays;
}

/**
 * Rehearses a recovery (spec D1): the engine restores the newest verified set into a throwaway server or project, checks, measures
 * and writes the evidence; then it is put on record and told. Whatever it came to, the execution ends by the name of it.
 */
export class DrillWorkflow extends Construct {
  /** Its schedule starts it with `{}`, and so does an operator. */
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: DrillWorkflowProps) {
    super(scope, id);
    const { audit, explain, slack, drillPlan, drillReport, supabase } = props.functions;
    const inProject = supabase?.drill;
    this.stateMachine = workflowMachine(this, {
      address: props.address,
      definition: this.definition(props),
      timeout: machineTimeout(props.timeoutMinutes, inProject !== undefined),
      cluster: props.cluster,
      calls: [
        ...[audit, explain, slack, drillPlan, drillReport],
        ...(inProject === undefined ? [] : [inProject.project, inProject.cleanUp]),
      ],
      logRetention: props.logRetention,
    });
  }

  private definition(props: DrillWorkflowProps): sfn.IChainable {
    const { functions, topic, cluster, network, task } = props;
    const inProject = functions.supabase?.drill;
    const failure = new FailurePath(this, 'Failure', {
      event: 'drill',
      functions,
      topic,
      facts: { outcome: '$.outcome', ...(inProject === undefined ? {} : { project: '$.project' }) },
    });
    const plan = failure.guard(
      'plan',
      functionCall(this, 'Plan', {
        target: functions.drillPlan,
        payload: sfn.TaskInput.fromObject({
          input: sfn.JsonPath.objectAt('$.input'),
          execution: execution(),
        }),
        resultPath: '$.plan',
      }),
    );
    const report = failure.guard(
      'report',
      functionCall(this, 'Report', {
        target: functions.drillReport,
        payload: sfn.TaskInput.fromObject({
          resultKey: sfn.JsonPath.stringAt('$.plan.resultKey'),
          failure: sfn.JsonPath.objectAt('$.failure'),
        }),
        resultPath: '$.outcome',
      }),
    );
    const drill = engineRun(this, 'Drill', {
      ...{ cluster, network, task },
      command: '$.plan.command',
      resultKey: '$.plan.resultKey',
    });
    // however it ended, its own words say what was found
    drill.addCatch(report, { errors: [sfn.Errors.ALL], resultPath: '$.failure.drill' });
    drill.next(report);
    report.next(this.told(functions, failure));
    const run = (held: sfn.IChainable) =>
      sfn.Choice.jsonPath(this, 'Run', { stateName: 'Run?' })
        .when(sfn.Condition.booleanEquals('$.plan.run', true), held)
        .otherwise(this.skipped(functions, failure));
    if (inProject === undefined || props.projectTask === undefined) {
      plan.next(run(drill));
      return receive(this, {}).next(plan);
    }
    const { start } = new DrillProject(this, 'Project', {
      ...{ functions: inProject, task: props.projectTask, cluster, network, failure, report },
    });
    plan.next(
      run(
        sfn.Choice.jsonPath(this, 'Target', { stateName: 'Target?' })
          .when(sfn.Condition.stringEquals('$.plan.target', 'supabase' satisfies WorkflowTarget), start)
          .otherwise(drill),
      ),
    );
    return receive(this, PROJECT_MEMBERS).next(plan);
  }

  /** The record counts as a step; what Slack does not take is passed over. */
  private told(functions: Functions, failure: FailurePath): sfn.IChainable {
    const end = sfn.Succeed.jsonPath(this, 'Verified', { stateName: 'Verified' });
    const tell = this.tell('TellDrill', functions, end, {
      kind: 'drill',
      outcome: sfn.JsonPath.objectAt('$.outcome'),
    });
    const record = failure.guard(
      'audit',
      functionCall(this, 'AuditSuccess', {
        target: functions.audit,
        payload: auditRecord('drill', 'succeeded', {
          details: {
            plan: sfn.JsonPath.objectAt('$.plan'),
            outcome: sfn.JsonPath.objectAt('$.outcome'),
            ...(functions.supabase?.drill === undefined
              ? {}
              : { project: sfn.JsonPath.objectAt('$.project') }),
          },
        }),
        resultPath: sfn.JsonPath.DISCARD,
      }),
    );
    record.next(tell);
    return sfn.Choice.jsonPath(this, 'Ended', { stateName: 'Ended?' })
      .when(sfn.Condition.isPresent('$.failure.cleanUp'), failure.start)
      .when(sfn.Condition.stringEquals('$.outcome.ended', 'verified'), record)
      .otherwise(failure.start);
  }

  /** Drills are off for the month: nothing is made, and that is put on record and told (spec C2). */
  private skipped(functions: Functions, failure: FailurePath): sfn.IChainable {
    const end = sfn.Succeed.jsonPath(this, 'Skipped', { stateName: 'Skipped' });
    const record = failure.guard(
      'audit',
      functionCall(this, 'AuditSkipped', {
        target: functions.audit,
        payload: auditRecord('drill', 'skipped', { details: { plan: sfn.JsonPath.objectAt('$.plan') } }),
        resultPath: sfn.JsonPath.DISCARD,
      }),
    );
    const tell = this.tell('TellSkipped', functions, end, {
      kind: 'drill-skipped',
      description: sfn.JsonPath.objectAt('$.plan.skipped'),
    });
    return record.next(tell);
  }

  /** Tells people; whether or not they hear it, the workflow goes on. */
  private tell(
    name: 'TellDrill' | 'TellSkipped',
    functions: Functions,
    next: sfn.IChainable,
    { kind, ...more }: { readonly kind: string } & Readonly<Record<string, unknown>>,
  ): LambdaInvoke {
    const tell = functionCall(this, name, {
      target: functions.slack,
      payload: sfn.TaskInput.fromObject({ kind, execution: execution(), ...more }),
      resultPath: sfn.JsonPath.DISCARD,
    });
    tell.addCatch(next, { resultPath: `$.lost.${name.charAt(0).toLowerCase()}${name.slice(1)}` });
    tell.next(next);
    return tell;
  }
}

/** Whatever started it lies at $.input; what later states lay beside it is there from the start, and empty. */
function receive(scope: Construct, more: Readonly<Record<string, object>>): sfn.Pass {
  return sfn.Pass.jsonPath(scope, 'Receive', {
    stateName: 'Receive',
    parameters: { input: sfn.JsonPath.objectAt('$'), failure: {}, outcome: {}, ...more },
  });
}

/** More than every state on the longest way through can take, one after the other, with all retries. */
function machineTimeout(timeoutMinutes: number, inProject: boolean): Duration {
  const engine = timeoutMinutes * 60 + TASK_START_RETRY_TIME.toSeconds();
  // plan, report, record, told; then explained, recorded, alerted and told
  const calls = 8 * longestCall(CALL_TIMEOUT).toSeconds();
  const project = inProject ? LONGEST_PROJECT.toSeconds() : 0;
  return Duration.minutes(Math.ceil((engine + calls + project) / 60) + 1);
}
