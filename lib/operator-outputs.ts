import { CfnOutput, type Stack } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IStringParameter } from 'aws-cdk-lib/aws-ssm';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Workflows } from './backup-alarms.ts';
import type { EngineTask } from './engine-task.ts';
import type { EngineTasks } from './engine-tasks.ts';
import { dashboardUrl, stateMachineUrl } from './links.ts';

export interface OperatorOutputsProps {
  readonly workflows: Workflows;
  readonly cluster: ICluster;
  readonly tasks: EngineTasks;
  readonly topic: Topic;
  readonly deadLetters: Queue;
  readonly drillSwitch: IStringParameter;
  /** Name of the dashboard. */
  readonly dashboard: string;
}

/** What an operator needs to know of a stack: printed by `cdk deploy`, and read by the commands of docs/runbook.md. */
export function operatorOutputs(stack: Stack, props: OperatorOutputsProps): void {
  const { workflows, cluster, tasks, topic, deadLetters } = props;
  const { backup, restore } = workflows;
  const output = (name: string, value: string, description: string) =>
    new CfnOutput(stack, name, { value, description });
  output(
    'BackupConsole',
    stateMachineUrl(stack, backup.stateMachineArn),
    'Executions of the backup workflow; "Start execution" takes {"kind": "daily"}',
  );
  output('BackupStateMachine', backup.stateMachineArn, 'The backup workflow, for aws stepfunctions');
  output(
    'StartBackup',
    startCommand(stack, backup, { kind: 'daily' }),
    'Makes a daily set now; kinds: daily, weekly, important, critical',
  );
  output(
    'RestoreConsole',
    stateMachineUrl(stack, restore.stateMachineArn),
    'Executions of the restore workflow; "Start execution" takes {"mode": "full"} and what the runbook shows',
  );
  output('RestoreStateMachine', restore.stateMachineArn, 'The restore workflow, for aws stepfunctions');
  output(
    'StartRestore',
    startCommand(stack, restore, { mode: 'full' }),
    'Restores the newest verified full set into the empty database of the secret target-database-url',
  );
  output('DrillStateMachine', workflows.drill.stateMachineArn, 'The drill, for aws stepfunctions');
  output(
    'StartDrill',
    startCommand(stack, workflows.drill, {}),
    'Rehearses a recovery now, in a server of its own',
  );
  output(
    'DrillSwitch',
    props.drillSwitch.parameterName,
    'Says whether drills are off for a month, for aws ssm; {} is on',
  );
  output('DrillLog', logGroupOf(tasks.drill), 'What drills say, for aws logs tail');
  if (workflows.files !== undefined && tasks.files !== undefined) {
    output(
      'FilesStateMachine',
      workflows.files.stateMachineArn,
      'The backup of files, for aws stepfunctions',
    );
    output(
      'StartFiles',
      startCommand(stack, workflows.files, {}),
      'Copies what is new among the files of Storage now',
    );
    output('FilesLog', logGroupOf(tasks.files), 'What backups of files say, for aws logs tail');
  }
  output('DashboardConsole', dashboardUrl(stack, props.dashboard), 'Alarms, ages and runs on one page');
  output('ClusterName', cluster.clusterName, 'Where the tasks run, for aws ecs');
  output('WriterLog', logGroupOf(tasks.writer), 'What backups say, for aws logs tail');
  output('VerifierLog', logGroupOf(tasks.verifier), 'What verifications say, for aws logs tail');
  output('ReaderLog', logGroupOf(tasks.reader), 'What restores say, for aws logs tail');
  output(
    'InPlaceReaderLog',
    logGroupOf(tasks.inPlaceReader),
    'What restores in place say, for aws logs tail',
  );
  output('AlertTopic', topic.topicArn, 'Alerts go here; every address has to confirm its subscription');
  output('DeadLetterQueue', deadLetters.queueUrl, 'Starts that could not be delivered, for aws sqs');
}

function startCommand(stack: Stack, { stateMachineArn }: IStateMachine, input: unknown): string {
  return `aws stepfunctions start-execution --region ${stack.region} --state-machine-arn ${stateMachineArn} --input '${JSON.stringify(input)}'`;
}

function logGroupOf({ logGroup }: EngineTask): string {
  return logGroup.logGroupName;
}
