import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { acknowledgePattern, acknowledgeRunTimeNames, acknowledgeVersions } from './acknowledge-wildcards.ts';
import type { BackupFunction } from './backup-function.ts';
import type { StateMachineAddress } from './state-machine-address.ts';

export interface WorkflowMachineProps {
  readonly address: StateMachineAddress;
  readonly definition: sfn.IChainable;
  /** More than the longest way through can take. */
  readonly timeout: Duration;
  /** Where its tasks run. */
  readonly cluster: ecs.ICluster;
  /** The functions its states call. */
  readonly calls: readonly BackupFunction[];
  readonly logRetention: RetentionDays;
}

/** A state machine with what all of ours have in common: logs, traces, and the right to tag the tasks it starts. */
export function workflowMachine(scope: Construct, props: WorkflowMachineProps): sfn.StateMachine {
  const machine = new sfn.StateMachine(scope, 'StateMachine', {
    stateMachineName: props.address.name,
    definitionBody: sfn.DefinitionBody.fromChainable(props.definition),
    timeout: props.timeout,
    tracingEnabled: true,
    logs: {
      destination: new LogGroup(scope, 'Logs', {
        // log groups of this prefix do not use up the one resource policy a region has for all vended logs
        logGroupName: `/aws/vendedlogs/states/${props.address.name}`,
        retention: props.logRetention,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      level: sfn.LogLevel.ALL,
      includeExecutionData: true,
    },
  });
  letTasksBeTagged(machine, props.cluster);
  acknowledgeVersions(
    machine.role,
    props.calls.map(({ function: called }) => called),
  );
  acknowledgePattern(
    machine.role,
    '*',
    'Delivery of logs, X-Ray, and describing and stopping the tasks of ecs:runTask.sync know no narrower resource: ' +
      'a task has no name before it runs.',
  );
  return machine;
}

/** A task that takes over the tags of its definition is refused to whoever may not tag it, and CDK gives no such right. */
function letTasksBeTagged(machine: sfn.StateMachine, cluster: ecs.ICluster): void {
  const tasksOfCluster = Stack.of(machine).formatArn({
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
  machine.addToRolePolicy(right);
  acknowledgeRunTimeNames(machine.role, [right]);
}
