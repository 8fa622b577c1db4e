import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { FargatePlatformVersion, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { CONTAINER } from '../core/names.ts';
import type { EngineTask } from './engine-task.ts';
import type { EngineTasks } from './engine-tasks.ts';
import { dashboardUrl, stateMachineUrl } from './links.ts';
import type { Network } from './network.ts';

export interface OperatorOutputsProps {
  readonly workflow: StateMachine;
  readonly cluster: ICluster;
  readonly network: Network;
  readonly tasks: EngineTasks;
  readonly topic: Topic;
  readonly deadLetters: Queue;
  /** Name of the dashboard. */
  readonly dashboard: string;
}

/** What an operator needs to know of a stack: printed by `cdk deploy`, and read by the commands of docs/runbook.md. */
export function operatorOutputs(stack: Stack, props: OperatorOutputsProps): void {
  const { workflow, cluster, tasks, topic, deadLetters } = props;
  const output = (name: string, value: string, description: string) =>
    new CfnOutput(stack, name, { value, description });
  output(
    'BackupConsole',
    stateMachineUrl(stack, workflow.stateMachineArn),
    'Executions of the backup workflow; "Start execution" takes {"kind": "daily"}',
  );
  output('BackupStateMachine', workflow.stateMachineArn, 'The backup workflow, for aws stepfunctions');
  output(
    'StartBackup',
    `aws stepfunctions start-execution --region ${stack.region} --state-machine-arn ${workflow.stateMachineArn} --input '{"kind":"daily"}'`,
    'Makes a daily set now; kinds: daily, weekly, important, critical',
  );
  output(
    'StartRestore',
    restoreCommand(stack, props),
    'Restores the newest verified full set into the empty database of the secret target-database-url',
  );
  output('DashboardConsole', dashboardUrl(stack, props.dashboard), 'Alarms, ages and runs on one page');
  output('ClusterName', cluster.clusterName, 'Where the tasks run, for aws ecs');
  output('WriterLog', logGroupOf(tasks.writer), 'What backups say, for aws logs tail');
  output('VerifierLog', logGroupOf(tasks.verifier), 'What verifications say, for aws logs tail');
  output('ReaderLog', logGroupOf(tasks.reader), 'What restores say, for aws logs tail');
  output('AlertTopic', topic.topicArn, 'Alerts go here; every address has to confirm its subscription');
  output('DeadLetterQueue', deadLetters.queueUrl, 'Starts that could not be delivered, for aws sqs');
}

function logGroupOf({ logGroup }: EngineTask): string {
  return logGroup.logGroupName;
}

/** There is no restore workflow yet: one task with the reader's rights and secrets does what an operator asks. */
function restoreCommand(stack: Stack, { cluster, network, tasks }: OperatorOutputsProps): string {
  const subnets = network.vpc.publicSubnets.map(({ subnetId }) => subnetId).join(',');
  const groups = network.securityGroup.securityGroupId;
  const command = ['restore', 'latest', '--mode', 'full'];
  const overrides = { containerOverrides: [{ name: CONTAINER.name, command }] };
  return [
    `aws ecs run-task --region ${stack.region} --cluster ${cluster.clusterName}`,
    `--task-definition ${tasks.reader.definition.family}`,
    `--launch-type FARGATE --platform-version ${FargatePlatformVersion.VERSION1_4}`,
    `--network-configuration 'awsvpcConfiguration={subnets=[${subnets}],securityGroups=[${groups}],assignPublicIp=ENABLED}'`,
    `--overrides '${JSON.stringify(overrides)}'`,
  ].join(' ');
}
