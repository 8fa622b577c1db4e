import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { ENV } from '../core/names.ts';
import type { EngineTask } from './engine-task.ts';
import type { Network } from './network.ts';
import { TASK_START_RETRY } from './task-start-retry.ts';

export interface EngineRunProps {
  readonly task: EngineTask;
  /** Path of the arguments in the state's input. */
  readonly command: string;
  readonly cluster: ecs.ICluster;
  readonly network: Network;
  /**
   * Path of the key under which the run writes its result.
   * @default - it writes none
   */
  readonly resultKey?: string;
}

/** One run of the engine. Only a start that failed is tried again: a run that failed needs to be looked at. */
export function engineRun(scope: Construct, name: string, props: EngineRunProps): tasks.EcsRunTask {
  const { definition, container } = props.task;
  const run = tasks.EcsRunTask.jsonPath(scope, name, {
    stateName: name,
    // without RUN_JOB the state would succeed as soon as the task has been started
    integrationPattern: sfn.IntegrationPattern.RUN_JOB,
    cluster: props.cluster,
    taskDefinition: definition,
    launchTarget: new tasks.EcsFargateLaunchTarget({
      platformVersion: ecs.FargatePlatformVersion.VERSION1_4,
    }),
    assignPublicIp: true,
    subnets: { subnetType: ec2.SubnetType.PUBLIC },
    securityGroups: [props.network.securityGroup],
    propagatedTagSource: ecs.PropagatedTagSource.TASK_DEFINITION,
    containerOverrides: [
      {
        containerDefinition: container,
        command: sfn.JsonPath.listAt(props.command),
        environment: [
          // inside the container too, and sooner: what was not stopped must end by itself
          { name: ENV.runMinutes, value: sfn.JsonPath.stringAt('$.plan.runMinutes') },
          ...(props.resultKey === undefined
            ? []
            : [{ name: ENV.resultKey, value: sfn.JsonPath.stringAt(props.resultKey) }]),
        ],
      },
    ],
    taskTimeout: sfn.Timeout.at('$.plan.taskTimeoutSeconds'),
    resultPath: sfn.JsonPath.DISCARD,
  });
  run.addRetry(TASK_START_RETRY);
  return run;
}
