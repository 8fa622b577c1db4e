import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Where a state machine will be, known before it is made: its own functions may then look at its executions. */
export interface StateMachineAddress {
  /** Operators look for it in the console, so it has a name of ours. */
  readonly name: string;
  readonly arn: string;
  /** Pattern that every execution's ARN matches. */
  readonly executionArns: string;
}

/** @param workflow `backup`, `restore` …; the environment's name goes before it */
export function stateMachineAddress(
  scope: IConstruct,
  environment: string,
  workflow: string,
): StateMachineAddress {
  const name = `videoplanet-${environment}-${workflow}`;
  const states = { service: 'states', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
  const stack = Stack.of(scope);
  return {
    name,
    arn: stack.formatArn({ ...states, resource: 'stateMachine', resourceName: name }),
    executionArns: stack.formatArn({ ...states, resource: 'execution', resourceName: `${name}:*` }),
  };
}
