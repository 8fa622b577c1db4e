import type { Execution, LocalCloud } from '../cloud/cloud.ts';
import { ServiceError } from '../cloud/errors.ts';
import type { ExecutionResult } from '../cloud/execution.ts';
import type { FunctionCall } from '../cloud/perform.ts';
import { alarmEvent, alarmMail, busEvent } from './alarm-event.ts';
import type { Transition } from './alarms.ts';
import { invocationOf } from './async-invocation.ts';
import { type Bus, openBus, publish } from './bus.ts';
import { embeddedMetrics, type Metrics } from './metrics.ts';
import { type Schedule, scheduledInput } from './schedules.ts';

/** What may happen to an execution, by whom a fault is injected. */
export interface Hooks {
  beforeTask?: (execution: Execution, state: string, input: unknown) => Promise<void>;
}

/** How a start that a schedule made ended. */
export type StartEnd =
  | { readonly kind: 'execution'; readonly result: ExecutionResult }
  | { readonly kind: 'function'; readonly error: unknown }
  | { readonly kind: 'dead-letter' };

/** The services around the deployed app that nothing of ours runs in: they start, count, deliver and try again. */
export interface Account {
  start(schedule: Schedule, at: number): Promise<StartEnd>;
  /** Counts what a call of a function has come to. */
  countCall(call: FunctionCall): void;
  /** Counts what is measured every minute. */
  countMinute(): void;
  /** Tells those of a change who are to hear of it. */
  tell(transition: Transition): Promise<void>;
  /** Takes all letters out of a queue, as somebody does who has read them. */
  emptyDeadLetters(): void;
}

/** What the account is made of, and the time it believes in. */
export interface AccountParts {
  readonly cloud: LocalCloud;
  readonly metrics: Metrics;
  readonly hooks: Hooks;
  /** The minute at hand. */
  now(): number;
  /** Has something done at a later minute. */
  later(at: number, work: () => Promise<void>): void;
}

const ENDED: Readonly<Record<ExecutionResult['status'], string>> = {
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

export function openAccount(parts: AccountParts): Account {
  const { cloud, metrics, now } = parts;
  const letters = new Map<string, number>();
  const bus: Bus = openBus(cloud, {
    callLater: async (arn, payload) => {
      await callLater(arn, payload);
    },
    publish: (arn, subject, message) => publish(cloud, arn, subject, message),
  });
  const callLater = invocationOf(parts);
  return {
    async start(schedule, at) {
      const { targetArn, deadLettersArn, reachable } = schedule;
      const name = targetArn.split(':').at(-1) ?? '';
      if (!reachable) {
        const queue = deadLettersArn?.split(':').at(-1);
        if (queue !== undefined) letters.set(queue, (letters.get(queue) ?? 0) + 1);
        return { kind: 'dead-letter' };
      }
      if (targetArn.split(':')[2] === 'states') {
        return {
          kind: 'execution',
          result: await runExecution(parts, bus, name, scheduledInput(schedule, at)),
        };
      }
      return { kind: 'function', error: await callLater(targetArn, scheduledInput(schedule, at)) };
    },
    countCall({ name, end, error }) {
      const dimensions = { FunctionName: name };
      const count = (metric: string, value: number) =>
        metrics.put({ namespace: 'AWS/Lambda', name: metric, dimensions, at: now(), value });
      count('Invocations', 1);
      count('Errors', error === undefined ? 0 : 1);
      for (const datum of embeddedMetrics(end.stdout, now())) metrics.put(datum);
    },
    countMinute() {
      for (const [queue, value] of letters) {
        const name = 'ApproximateNumberOfMessagesVisible';
        metrics.put({ namespace: 'AWS/SQS', name, dimensions: { QueueName: queue }, at: now(), value });
      }
    },
    async tell(transition) {
      const { region } = cloud.address;
      const { subject, message } = alarmMail(transition, region);
      for (const arn of transition.alarm.actions[transition.to]) await publish(cloud, arn, subject, message);
      await bus.put(alarmEvent(transition, region));
    },
    emptyDeadLetters() {
      for (const queue of letters.keys()) letters.set(queue, 0);
    },
  };
}

/** Runs an execution to its end; Step Functions counts it, and says on the bus when it began and how it ended. */
async function runExecution(
  { cloud, metrics, hooks, now }: AccountParts,
  bus: Bus,
  machine: string,
  input: unknown,
): Promise<ExecutionResult> {
  const execution: Execution = cloud.start(machine, input, {
    beforeTask: async (state) => hooks.beforeTask?.(execution, state, input),
  });
  const { arn } = execution;
  const stateMachineArn = arn.replace(':execution:', ':stateMachine:').split(':').slice(0, -1).join(':');
  const count = (name: string) =>
    metrics.put({
      namespace: 'AWS/States',
      name,
      dimensions: { StateMachineArn: stateMachineArn },
      at: now(),
      value: 1,
    });
  const started = Date.now();
  const tell = (status: string, more: object) =>
    bus.put(
      busEvent(
        'aws.states',
        'Step Functions Execution Status Change',
        {
          ...{ executionArn: arn, stateMachineArn, name: arn.split(':').at(-1), status, startDate: started },
          ...{
            input: JSON.stringify(input),
            stopDate: null,
            output: null,
            error: null,
            cause: null,
            ...more,
          },
        },
        { region: cloud.address.region, at: Date.now(), resources: [arn] },
      ),
    );
  count('ExecutionsStarted');
  await tell('RUNNING', {});
  const result = await execution.result;
  count(ENDED[result.status]);
  const { output, error = null, cause = null } = result;
  await tell(result.status, {
    ...{ stopDate: Date.now(), error, cause },
    output: output === undefined ? null : JSON.stringify(output),
  });
  return result;
}

/** The error of a call as people read it. */
export function errorText(error: unknown): string {
  if (!(error instanceof ServiceError)) return String(error);
  try {
    const { errorMessage = '' } = JSON.parse(error.message) as { errorMessage?: string };
    return `${error.name}: ${errorMessage}`;
  } catch {
    return `${error.name}: ${error.message}`;
  }
}
