import { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { engineRun } from './engine-run.ts';
import type { EngineTasks } from './engine-tasks.ts';
import { FailurePath } from './failure-path.ts';
import { CALL_TIMEOUT, execution, functionCall, longestCall } from './function-call.ts';
import type { Functions } from './functions.ts';
import type { Network } from './network.ts';
import { RestoreNotices } from './restore-notices.ts';
import { LONGEST_AT_SUPABASE, RestoreSupabase, SUPABASE_MEMBERS } from './restore-supabase.ts';
import { INTEGRITY_TIMEOUT, LONGEST_THAW, ThawLoop } from './restore-thaw-loop.ts';
import type { StateMachineAddress } from './state-machine-address.ts';
import { TASK_START_RETRY_TIME } from './task-start-retry.ts';
import { workflowMachine } from './workflow-machine.ts';

export interface RestoreWorkflowProps {
  readonly address: StateMachineAddress;
  readonly cluster: ecs.ICluster;
  readonly network: Network;
  readonly tasks: EngineTasks;
  readonly functions: Functions;
  readonly topic: ITopic;
  /** The longest one task may run before it is stopped. */
  readonly longestTask: Duration;
  readonly logRetention: RetentionDays;
}

/** What lies beside the error when a failure is explained and recorded; all of it is there from the first state on. */
const FACTS = { restore: '$.plan.facts', report: '$.report', integrity: '$.integrity' };

/**
 * Brings something back, as an operator asks for it in the console: plan, thaw, keep what is there, restore, check, record,
 * tell. A restore is never tried again by itself; whatever it came to, the execution ends by the name of it
 * (docs/adr/0016).
 */
export class RestoreWorkflow extends Construct {
  /** Operators start it with `{"mode": "full"}`. */
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: RestoreWorkflowProps) {
    super(scope, id);
    const { functions } = props;
    this.stateMachine = workflowMachine(this, {
      address: props.address,
      definition: this.definition(props),
      timeout: machineTimeout(props.longestTask, functions.supabase !== undefined),
      cluster: props.cluster,
      calls: [
        functions.restorePlan,
        functions.thaw,
        functions.restoreReport,
        functions.integrity,
        functions.audit,
        functions.slack,
        functions.explain,
        ...(functions.supabase?.all ?? []),
      ],
      logRetention: props.logRetention,
    });
  }

  private definition(props: RestoreWorkflowProps): sfn.IChainable {
    const { functions } = props;
    const projects = functions.supabase !== undefined;
    const failure = new FailurePath(this, 'Failure', {
      event: 'restore',
      functions,
      topic: props.topic,
      facts: projects ? { ...FACTS, project: '$.project', files: '$.files' } : FACTS,
    });
    const notices = new RestoreNotices(this, 'Notices', { functions, failure, projects });
    // made here, for both ways through the engine and those past it lead there
    const where = sfn.Choice.jsonPath(this, 'Where', { stateName: 'Where?' });
    const preserve = this.preserve(props, failure, where);
    const thaw = new ThawLoop(this, 'Thawing', { functions, failure, notices, next: preserve });
    const started = notices.started(thaw.start);
    const planOnly = sfn.Choice.jsonPath(this, 'PlanOnly', { stateName: 'PlanOnly?' })
      .when(sfn.Condition.booleanEquals('$.plan.planOnly', true), where)
      .otherwise(started);
    const supabase = this.restore(props, failure, notices, where, started);
    const plan = failure.guard(
      'plan',
      functionCall(this, 'Plan', {
        target: functions.restorePlan,
        payload: sfn.TaskInput.fromObject({
          input: sfn.JsonPath.objectAt('$.input'),
          execution: execution(),
        }),
        resultPath: '$.plan',
        timeout: PLAN_TIMEOUT,
      }),
    );
    plan.next(supabase?.lookup(planOnly) ?? planOnly);
    return receive(this, projects).next(plan);
  }

  /** Keeps the target as a set, where it is written over, and reads that set back. */
  private preserve(
    { tasks: engine, cluster, network }: RestoreWorkflowProps,
    failure: FailurePath,
    next: sfn.IChainable,
  ): sfn.IChainable {
    const where = { cluster, network, command: '$.plan.preserveCommand' };
    const verify = failure.guard(
      'preserve',
      engineRun(this, 'VerifyPreserved', {
        ...where,
        task: engine.verifier,
        command: '$.plan.preserveVerifyCommand',
      }),
    );
    verify.next(next);
    const keep = (name: string, task: EngineTasks['writer']) =>
      failure.guard('preserve', engineRun(this, name, { ...where, task })).next(verify);
    return sfn.Choice.jsonPath(this, 'Preserve', { stateName: 'Preserve?' })
      .when(
        sfn.Condition.and(sfn.Condition.booleanEquals('$.plan.preserve', true), inPlace()),
        keep('PreserveSource', engine.writer),
      )
      .when(sfn.Condition.booleanEquals('$.plan.preserve', true), keep('PreserveTarget', engine.preserver))
      .otherwise(next);
  }

  /** The engine itself, and what comes of it; with what Supabase does in its place, where there is a project of it. */
  private restore(
    props: RestoreWorkflowProps,
    failure: FailurePath,
    notices: RestoreNotices,
    where: sfn.Choice,
    started: sfn.IChainable,
  ): RestoreSupabase | undefined {
    const { tasks: engine, cluster, network, functions } = props;
    const ended = sfn.Choice.jsonPath(this, 'Ended', { stateName: 'Ended?' });
    const run = this.engine(props, failure, ended);
    const integrity = this.integrity(functions, failure);
    const ends = { planned: notices.planned(), verified: notices.verified() };
    const supabase =
      functions.supabase === undefined || engine.projects === undefined
        ? undefined
        : new RestoreSupabase(this, 'Supabase', {
            ...{ functions: functions.supabase, restoreReport: functions.restoreReport },
            ...{ tasks: engine.projects, cluster, network, failure },
            ...{ ...ends, started, restore: run, ended, integrity },
          });
    integrity.next(proved(this, supabase?.proved() ?? ends.verified, failure));
    const done = sfn.Condition.or(endedAs('verified'), endedAs('not-verified'));
    ended.when(sfn.Condition.and(sfn.Condition.booleanEquals('$.plan.planOnly', true), done), ends.planned);
    supabase?.addEnd(ended, endedAs('verified'));
    ended.when(done, supabase?.files() ?? integrity).otherwise(failure.start);
    supabase?.addTo(where);
    where
      .when(inPlace(), run('RestoreInPlace', engine.inPlaceReader))
      .otherwise(run('Restore', engine.reader));
    return supabase;
  }

  /** Runs of the engine that restore; however one ends, its own words say what is there now. */
  private engine(
    { cluster, network, functions }: RestoreWorkflowProps,
    failure: FailurePath,
    ended: sfn.IChainable,
  ): (name: string, task: EngineTasks['writer']) => tasks.EcsRunTask {
    const report = failure.guard(
      'report',
      functionCall(this, 'Report', {
        target: functions.restoreReport,
        payload: sfn.TaskInput.fromObject({
          resultKey: sfn.JsonPath.stringAt('$.plan.resultKey'),
          failure: sfn.JsonPath.objectAt('$.failure'),
        }),
        resultPath: '$.report',
      }),
    );
    report.next(ended);
    return (name, task) => {
      const state = engineRun(this, name, {
        ...{ cluster, network, task },
        command: '$.plan.command',
        resultKey: '$.plan.resultKey',
      });
      state.addCatch(report, { errors: [sfn.Errors.ALL], resultPath: '$.failure.restore' });
      state.next(report);
      return state;
    };
  }

  private integrity(functions: Functions, failure: FailurePath): LambdaInvoke {
    return failure.guard(
      'integrity',
      functionCall(this, 'Integrity', {
        target: functions.integrity,
        payload: sfn.TaskInput.fromObject({ target: sfn.JsonPath.stringAt('$.plan.target') }),
        timeout: INTEGRITY_TIMEOUT,
        resultPath: '$.integrity',
      }),
    );
  }
}

/** Whether the data is there and keeps the rules. */
function proved(scope: Construct, verified: sfn.IChainable, failure: FailurePath): sfn.Choice {
  return sfn.Choice.jsonPath(scope, 'Proved', { stateName: 'Proved?' })
    .when(
      sfn.Condition.and(endedAs('verified'), sfn.Condition.stringEquals('$.integrity.outcome', 'verified')),
      verified,
    )
    .otherwise(failure.start);
}

/** A plan reads every manifest there is. */
const PLAN_TIMEOUT = Duration.minutes(5);

/** Whatever an operator typed lies at $.input; what later states lay beside it is there from the start, and empty. */
function receive(scope: Construct, projects: boolean): sfn.Pass {
  return sfn.Pass.jsonPath(scope, 'Receive', {
    stateName: 'Receive',
    parameters: {
      input: sfn.JsonPath.objectAt('$'),
      failure: {},
      plan: { facts: {} },
      report: {},
      integrity: {},
      thawing: { rounds: 0 },
      ...(projects ? SUPABASE_MEMBERS : {}),
    },
  });
}

function inPlace(): sfn.Condition {
  return sfn.Condition.stringEquals('$.plan.target', 'source');
}

function endedAs(end: string): sfn.Condition {
  return sfn.Condition.stringEquals('$.report.ended', end);
}

/** More than every state on the longest way through can take, one after the other, with all retries. */
function machineTimeout(longestTask: Duration, projects: boolean): Duration {
  const engine = longestTask.toSeconds() + TASK_START_RETRY_TIME.toSeconds();
  const calls = [PLAN_TIMEOUT, INTEGRITY_TIMEOUT, ...Array<Duration>(SHORT_CALLS).fill(CALL_TIMEOUT)];
  const called = calls.reduce((sum, timeout) => sum + longestCall(timeout).toSeconds(), 0);
  // keeping, reading that back, restoring
  const seconds =
    LONGEST_THAW.toSeconds() + 3 * engine + called + (projects ? LONGEST_AT_SUPABASE.toSeconds() : 0);
  return Duration.minutes(Math.ceil(seconds / 60) + 1);
}

/** Started and told, told of the thaw, report; then explained, recorded, alerted and told. */
const SHORT_CALLS = 8;
