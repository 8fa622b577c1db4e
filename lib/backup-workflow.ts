import { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { engineRun } from './engine-run.ts';
import type { EngineTasks } from './engine-tasks.ts';
import { FailurePath } from './failure-path.ts';
import { auditRecord, CALL_TIMEOUT, execution, functionCall, longestCall } from './function-call.ts';
import type { Functions } from './functions.ts';
import type { Network } from './network.ts';
import type { StateMachineAddress } from './state-machine-address.ts';
import { TASK_START_RETRY_TIME } from './task-start-retry.ts';
import { workflowMachine } from './workflow-machine.ts';

export interface BackupWorkflowProps {
  readonly address: StateMachineAddress;
  readonly cluster: ecs.ICluster;
  readonly network: Network;
  readonly tasks: Pick<EngineTasks, 'writer' | 'verifier'>;
  readonly functions: Functions;
  readonly topic: ITopic;
  /** Of all kinds, the longest a task may run before it is stopped; the plan says it for the kind at hand. */
  readonly longestTask: Duration;
  readonly logRetention: RetentionDays;
}

/** Functions that read many manifests or tag many objects take up to Lambda's own limit. */
const RETENTION_TIMEOUT = Duration.minutes(15);

/**
 * Makes, verifies and records one set: plan, engine, engine again with other rights, retention, audit. JSONPath without
 * variables: that is what the same definition can be executed with on one machine (docs/adr/0013).
 */
export class BackupWorkflow extends Construct {
  /** Schedules and operators start it with `{"kind": "daily"}`. */
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: BackupWorkflowProps) {
    super(scope, id);
    const { plan, retention, audit, explain, slack } = props.functions;
    this.stateMachine = workflowMachine(this, {
      address: props.address,
      definition: this.definition(props),
      timeout: machineTimeout(props.longestTask),
      cluster: props.cluster,
      calls: [plan, retention, audit, explain, slack],
      logRetention: props.logRetention,
    });
  }

  private definition(props: BackupWorkflowProps): sfn.IChainable {
    const failure = new FailurePath(this, 'Failure', {
      event: 'backup',
      functions: props.functions,
      topic: props.topic,
    });
    const { tasks: engine, cluster, network } = props;
    const where = { cluster, network };
    const plan = failure.guard('plan', this.plan(props));
    const backup = failure.guard(
      'backup',
      engineRun(this, 'Backup', { ...where, task: engine.writer, command: '$.plan.backupCommand' }),
    );
    const verify = failure.guard(
      'verify',
      engineRun(this, 'Verify', { ...where, task: engine.verifier, command: '$.plan.verifyCommand' }),
    );
    const retention = failure.guard('retention', this.retention(props));
    const audit = failure.guard('audit', this.auditSuccess(props));
    const work = backup
      .next(verify)
      .next(retention)
      .next(audit)
      .next(sfn.Succeed.jsonPath(this, 'Verified', { stateName: 'Verified' }));
    // whatever an operator typed, an object or not, lies at $.input from here on, and results can be laid beside it
    return sfn.Pass.jsonPath(this, 'Receive', {
      stateName: 'Receive',
      parameters: { input: sfn.JsonPath.objectAt('$') },
    })
      .next(plan)
      .next(
        sfn.Choice.jsonPath(this, 'Run', { stateName: 'Run?' })
          .when(sfn.Condition.booleanEquals('$.plan.run', true), work)
          .otherwise(sfn.Succeed.jsonPath(this, 'Skipped', { stateName: 'Skipped' })),
      );
  }

  private plan({ functions }: BackupWorkflowProps): tasks.LambdaInvoke {
    return functionCall(this, 'Plan', {
      target: functions.plan,
      payload: sfn.TaskInput.fromObject({
        input: sfn.JsonPath.objectAt('$.input'),
        execution: execution(),
      }),
      resultPath: '$.plan',
    });
  }

  private retention({ functions }: BackupWorkflowProps): tasks.LambdaInvoke {
    return functionCall(this, 'Retention', {
      target: functions.retention,
      payload: sfn.TaskInput.fromObject({ kind: sfn.JsonPath.stringAt('$.plan.kind') }),
      timeout: RETENTION_TIMEOUT,
      resultPath: '$.retention',
    });
  }

  private auditSuccess({ functions }: BackupWorkflowProps): tasks.LambdaInvoke {
    return functionCall(this, 'AuditSuccess', {
      target: functions.audit,
      payload: auditRecord('backup', 'succeeded', {
        details: {
          setId: sfn.JsonPath.stringAt('$.plan.setId'),
          retention: sfn.JsonPath.objectAt('$.retention'),
        },
      }),
      resultPath: sfn.JsonPath.DISCARD,
    });
  }
}

/** More than every state on the longest way through can take, one after the other, with all retries. */
function machineTimeout(longestTask: Duration): Duration {
  // an attempt that did not start returns within seconds; only its waiting counts
  const engine = longestTask.toSeconds() + TASK_START_RETRY_TIME.toSeconds();
  const shortCalls = 6 * longestCall(CALL_TIMEOUT).toSeconds();
  const seconds = 2 * engine + longestCall(RETENTION_TIMEOUT).toSeconds() + shortCalls;
  return Duration.minutes(Math.ceil(seconds / 60) + 1);
}
