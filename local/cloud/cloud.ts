import { randomUUID } from 'node:crypto';
import type { Listening } from '../listen.ts';
import type { LocalS3 } from '../s3.ts';
import { loadAssembly, type Stack } from './assembly.ts';
import { type Deployment, deploy, type Machine, type SecretValues } from './deploy.ts';
import type { StartImage } from './ecs-task.ts';
import { CloudCannot } from './errors.ts';
import { type ExecutionOptions, type ExecutionResult, execute } from './execution.ts';
import { type ExecutionRecord, serveExecutions } from './executions-api.ts';
import { invokeFunction } from './lambda.ts';
import { putParameters } from './parameters.ts';
import { callFunction, type FunctionCall, findFunction, performer, type Stage } from './perform.ts';
import { openS3Gate, type S3Gate } from './s3-gate.ts';
import type { EmulatorAddress } from './sdk.ts';
import { putSecretValue } from './secrets.ts';
import { openInbox, type Publication } from './topics.ts';
import { warmFunctions } from './warm-functions.ts';

/** What is deployed, and where. */
export interface CloudOptions {
  /** A cloud assembly: what synthesize() returns. */
  readonly assembly: string;
  /** The emulator; it plays all services, and a second deployment needs another one. */
  readonly s3: LocalS3;
  readonly secrets: SecretValues;
  /** How the image of tasks is run. */
  readonly startImage: StartImage;
  /**
   * What functions and tasks get besides: addresses of what stands in for services that are not AWS.
   * @default - nothing
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Keeps the process of a function for its next call, as Lambda does: for whoever calls hundreds of times.
   * @default false: each call has a process of its own
   */
  readonly warm?: boolean;
  /** Is told of every call of a function. */
  readonly onCall?: (call: FunctionCall) => void;
}

/** A running execution. */
export interface Execution {
  readonly arn: string;
  /** @throws {CloudCannot} this machine could not do what a state asked for */
  readonly result: Promise<ExecutionResult>;
  /** Stops it with all it runs, as an operator would. */
  abort(): void;
}

/** A synthesized app, deployed to this machine. */
export interface LocalCloud {
  readonly stacks: readonly Stack[];
  readonly deployment: Deployment;
  readonly address: EmulatorAddress;
  /** Outputs of all stacks by stack name and output name. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** All that was published to topics. */
  readonly publications: readonly Publication[];
  /** Statements of bucket policies that are in force for tasks and functions alone, as putPolicy() says. */
  readonly policyLeftOut: readonly string[];
  /** What S3 refused tasks and functions for want of a right, each as a sentence. */
  readonly refusals: readonly string[];
  /**
   * Starts an execution.
   * @param machine name of the state machine
   */
  start(machine: string, input: unknown, options?: ExecutionOptions): Execution;
  /**
   * Calls a function as a service does whom its policy lets.
   * @param name a name, or an ARN
   * @throws {ServiceError} it failed, or there is none
   */
  call(name: string, event: unknown): Promise<unknown>;
  /** Lets something go wrong at S3, for tasks and functions. */
  disturbS3: S3Gate['disturb'];
  /**
   * Puts a new value into a secret, as the team does after a deployment.
   * @param name as the template calls it
   */
  putSecret(name: string, value: string): Promise<void>;
  /** Puts a new value into a parameter. @param name as the template calls it */
  putParameter(name: string, value: string): Promise<void>;
  /** Stops all executions and what they run; the emulator is the caller's. */
  stop(): Promise<void>;
}

const REGION = 'ap-northeast-2';

/**
 * Deploys a cloud assembly to this machine (docs/adr/0008).
 * @throws {CloudCannot} the templates ask for what this machine does not know, or a secret's value is missing
 * @throws {UnresolvableReference} a reference in a template leads nowhere
 */
export async function startCloud(options: CloudOptions): Promise<LocalCloud> {
  const stacks = loadAssembly(options.assembly);
  const address = { endpoint: options.s3.endpoint, region: stacks[0]?.region ?? REGION };
  const inbox = await openInbox();
  const records: ExecutionRecord[] = [];
  const executions = await serveExecutions(records);
  const deployment = await deploy({ stacks, s3: options.s3, address, inbox }, options.secrets);
  const { startImage } = options;
  const gate = await openS3Gate(address.endpoint);
  const cloudEnv = { ...cloudEnvironment(address, executions), ...options.environment };
  const warm = options.warm ? warmFunctions() : undefined;
  const stage: Stage = {
    ...{ stacks, deployment, address, startImage, cloudEnv, gate },
    invoke: warm?.invoke ?? invokeFunction,
    onCall: options.onCall ?? (() => undefined),
  };
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    ...{ stacks, deployment, address },
    outputs: outputs(stacks, deployment),
    publications: inbox.publications,
    policyLeftOut: deployment.policyLeftOut,
    refusals: gate.refusals,
    start(name, input, executionOptions = {}) {
      const machine = findMachine(deployment.machines, name);
      const aborted = new AbortController();
      const signal = AbortSignal.any([stopping.signal, aborted.signal]);
      const record = newRecord(machine, input, executionOptions.name);
      records.push(record);
      const perform = performer(stage, machine.roleArn);
      const result = execute(machine.definition, record, input, perform, signal, executionOptions).finally(
        () => running.delete(result),
      );
      running.add(result);
      result.then(
        (end) => {
          record.ended = { at: new Date(), result: end };
        },
        () => {
          record.ended = { at: new Date(), result: { status: 'ABORTED' } };
        },
      );
      return { arn: record.arn, result, abort: () => aborted.abort() };
    },
    call: (name, event) =>
      callFunction(stage, findFunction(stage, name), event, {
        onEnd: () => undefined,
        signal: stopping.signal,
      }),
    disturbS3: gate.disturb,
    putSecret: (name, value) => putSecretValue(address, name, value),
    putParameter: (name, value) => putParameters(address, [{ Name: name, Value: value }]),
    async stop() {
      stopping.abort();
      await Promise.allSettled(running);
      await warm?.stop();
      await Promise.all([inbox.stop(), executions.stop(), gate.stop()]);
    },
  };
}

/** All that a function or a task gets besides what its definition says. */
function cloudEnvironment(
  { endpoint, region }: EmulatorAddress,
  executions: Listening,
): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_SFN: executions.endpoint,
  };
}

function outputs(stacks: readonly Stack[], { resolve }: Deployment): LocalCloud['outputs'] {
  return Object.fromEntries(
    stacks.map((stack) => [
      stack.name,
      Object.fromEntries(
        Object.entries(stack.Outputs).map(([name, { Value }]) => [name, String(resolve(stack, Value))]),
      ),
    ]),
  );
}

function findMachine(machines: readonly Machine[], name: string): Machine {
  const machine = machines.find((each) => each.name === name);
  if (machine !== undefined) return machine;
  const known = machines.map((each) => each.name).join(', ');
  throw new CloudCannot('the templates', `there is no state machine ${name}`, `take one of: ${known}`);
}

function newRecord({ arn, name }: Machine, input: unknown, wanted: string | undefined): ExecutionRecord {
  const executionName = wanted ?? randomUUID();
  return {
    arn: `${arn.replace(':stateMachine:', ':execution:')}:${executionName}`,
    name: executionName,
    stateMachineArn: arn,
    stateMachineName: name,
    input,
    startedAt: new Date(),
  };
}
