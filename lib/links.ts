import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { BackupFunction } from './backup-function.ts';

/** Where the console shows a state machine and its executions. */
export function stateMachineUrl(scope: IConstruct, arn: string): string {
  return `${consoleUrl(scope, 'states')}#/statemachines/view/${arn}`;
}

/** Where the console shows a log group. */
export function logGroupUrl(scope: IConstruct, name: string): string {
  return `${consoleUrl(scope, 'cloudwatch')}#logsV2:log-groups/log-group/${name}`;
}

/** The log of a function, as an alarm names it. */
export function logsOf(scope: IConstruct, { logGroup }: BackupFunction): Record<string, string> {
  return { Log: logGroupUrl(scope, logGroup.logGroupName) };
}

/** Where the console shows a dashboard. */
export function dashboardUrl(scope: IConstruct, name: string): string {
  return `${consoleUrl(scope, 'cloudwatch')}#dashboards/dashboard/${name}`;
}

/** Where the console shows a queue's messages. */
export function queuesUrl(scope: IConstruct): string {
  return `https://${Stack.of(scope).region}.console.aws.amazon.com/sqs/v3/home?region=${Stack.of(scope).region}#/queues`;
}

function consoleUrl(scope: IConstruct, service: string): string {
  const { region } = Stack.of(scope);
  return `https://${region}.console.aws.amazon.com/${service}/home?region=${region}`;
}
