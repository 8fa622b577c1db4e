import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { ENV } from '../core/names.ts';
import { acknowledgePattern, acknowledgeRunTimeNames, acknowledgeVersions } from './acknowledge-wildcards.ts';
import type { EngineTask } from './engine-task.ts';
import type { EngineTasks } from './engine-tasks.ts';
import { FailurePath } from './failure-path.ts';
import { auditRecord, CALL_TIMEOUT, execution, functionCall, longestCall } from './function-call.ts';
import type { Functions } from './functions.ts';
import type { Network } from './network.ts';
import type { StateMachineAddress } from './state-machine-address.ts';
import { TASK_START_RETRY, TASK_START_RETRY_TIME } from './task-start-retry.ts';

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
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      stateMachineName: props.address.name,
      definitionBody: sfn.DefinitionBody.fromChainable(this.definition(props)),
      timeout: machineTimeout(props.longestTask),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // log groups of this prefix do not use up the one resource policy a region has for all vended logs
          logGroupName: `/aws/vendedlogs/states/${props.address.name}`,
          retention: props.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ALL,
        includeExecutionData: true,
      },
    });
    this.letTasksBeTagged(props.cluster);
    const { plan, retention, audit, explain } = props.functions;
    acknowledgeVersions(
      this.stateMachine.role,
      [plan, retention, audit, explain].map(({ function: called }) => called),
    );
    acknowledgePattern(
      this.stateMachine.role,
      '*',
      'Delivery of logs, X-Ray, and describing and stopping the tasks of ecs:runTask.sync know no narrower resource: ' +
        'a task has no name before it runs.',
    );
  }

  /** A task that takes over the tags of its definition is refused to whoever may not tag it, and CDK gives no such right. */
  private letTasksBeTagged(cluster: ecs.ICluster): void {
    const tasksOfCluster = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task',
      resourceName: `${cluster.clusterName}/*`,
    });
    const right = new PolicyStatement({
      sid: 'TagTasksAsTheyStart',
      actions: ['ecs:TagResource'],
      resources: [tasksOfCluster],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
    });
    this.stateMachine.addToRolePolicy(right);
    acknowledgeRunTimeNames(this.stateMachine.role, [right]);
  }

  private definition(props: BackupWorkflowProps): sfn.IChainable {
    const failure = new FailurePath(this, 'Failure', {
      event: 'backup',
      explain: props.functions.explain,
      audit: props.functions.audit,
      topic: props.topic,
    });
    const guarded = <State extends sfn.TaskStateBase>(step: string, state: State): State => {
      failure.catchErrors(step, state);
      return state;
    };
    const plan = guarded('plan', this.plan(props));
    const backup = guarded(
      'backup',
      this.engine('Backup', '$.plan.backupCommand', props.tasks.writer, props),
    );
    const verify = guarded(
      'verify',
      this.engine('Verify', '$.plan.verifyCommand', props.tasks.verifier, props),
    );
    const retention = guarded('retention', this.retention(props));
    const audit = guarded('audit', this.auditSuccess(props));
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

  /** One run of the engine. Only a start that failed is tried again: a run that failed needs to be looked at. */
  private engine(
    name: string,
    command: string,
    { definition, container }: EngineTask,
    { cluster, network }: BackupWorkflowProps,
  ): tasks.EcsRunTask {
    const run = tasks.EcsRunTask.jsonPath(this, name, {
      stateName: name,
      // without RUN_JOB the state would succeed as soon as the task has been started
      integrationPattern: sfn.IntegrationPattern.RUN_JOB,
      cluster,
      taskDefinition: definition,
      launchTarget: new tasks.EcsFargateLaunchTarget({
        platformVersion: ecs.FargatePlatformVersion.VERSION1_4,
      }),
      assignPublicIp: true,
      subnets: { subnetType: ec2.SubnetType.PUBLIC },
      securityGroups: [network.securityGroup],
      propagatedTagSource: ecs.PropagatedTagSource.TASK_DEFINITION,
      containerOverrides: [
        {
          containerDefinition: container,
          command: sfn.JsonPath.listAt(command),
          // inside the container too, and sooner: what was not stopped must end by itself
          environment: [{ name: ENV.runMinutes, value: sfn.JsonPath.stringAt('$.plan.runMinutes') }],
        },
      ],
      taskTimeout: sfn.Timeout.at('$.plan.taskTimeoutSeconds'),
      resultPath: sfn.JsonPath.DISCARD,
    });
    run.addRetry(TASK_START_RETRY);
    return run;
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
  const shortCalls = 5 * longestCall(CALL_TIMEOUT).toSeconds();
  const seconds = 2 * engine + longestCall(RETENTION_TIMEOUT).toSeconds() + shortCalls;
  return Duration.minutes(Math.ceil(seconds / 60) + 1);
}
