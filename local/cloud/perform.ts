import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Stack } from './assembly.ts';
import type { Deployment } from './deploy.ts';
import { runTaskParametersSchema } from './ecs-outcome.ts';
import { runTask, type StartImage } from './ecs-task.ts';
import { CloudCannot, ServiceError } from './errors.ts';
import type { Perform } from './execution.ts';
import type { Invoke, LambdaFunction } from './lambda.ts';
import { type Asked, isAllowed } from './permission.ts';
import type { ProgramEnd } from './program.ts';
import { isObject } from './resolve.ts';
import type { S3Gate } from './s3-gate.ts';
import { callService, clientConfig, type EmulatorAddress } from './sdk.ts';
import { parseValueFrom, secretValue } from './secrets.ts';
import { type NeededRight, rightsToCall, rightsToInvoke, rightsToRunTask } from './state-rights.ts';

/** What tasks run in. */
export interface Stage {
  readonly stacks: readonly Stack[];
  readonly deployment: Deployment;
  readonly address: EmulatorAddress;
  readonly startImage: StartImage;
  readonly invoke: Invoke;
  /** Is told of every call of a function. */
  readonly onCall: (call: FunctionCall) => void;
  readonly cloudEnv: Readonly<Record<string, string>>;
  /** Where tasks and functions turn for S3. */
  readonly gate: S3Gate;
}

/** One call of a function, whoever made it. */
export interface FunctionCall {
  readonly name: string;
  readonly end: ProgramEnd;
  /** What the call ended with, where it failed. */
  readonly error: unknown;
}

const INTEGRATION = 'arn:aws:states:::';
const RUN_TASK = `${INTEGRATION}ecs:runTask.sync`;
const INVOKE = `${INTEGRATION}lambda:invoke`;

/**
 * Does what Task states ask for: functions and tasks as processes, everything else as calls of the emulator.
 * @param roleArn of the state machine: what it may not do fails as Step Functions lets it fail
 */
export function performer(stage: Stage, roleArn: string): Perform {
  return async ({ state, parameters, signal, onEnd }) => {
    const { Resource = '' } = state;
    const invoke = async (name: string, payload: unknown) => {
      const target = findFunction(stage, name);
      await demand(stage, roleArn, rightsToInvoke(target));
      return callFunction(stage, target, payload, { onEnd, signal });
    };
    if (Resource.startsWith('arn:aws:lambda:')) return invoke(Resource, parameters);
    if (Resource === INVOKE && isObject(parameters)) {
      const payload = await invoke(String(parameters.FunctionName), parameters.Payload);
      return { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: 200 };
    }
    if (Resource === RUN_TASK) return runEngine(stage, parameters, signal, onEnd, roleArn);
    if (!Resource.startsWith(INTEGRATION) || Resource.includes('.')) {
      throw new CloudCannot('a state machine', `it asks for ${Resource}`, 'add it to local/cloud/perform.ts');
    }
    const service = Resource.slice(INTEGRATION.length);
    await demand(stage, roleArn, rightsToCall(service, parameters));
    return callService(service, parameters, stage.address);
  };
}

/** Calls a function, and tells of the call. @throws {ServiceError} as `Invoke` does */
export async function callFunction(
  stage: Stage,
  target: LambdaFunction,
  payload: unknown,
  { onEnd, signal }: Pick<Parameters<Perform>[0], 'onEnd' | 'signal'>,
): Promise<unknown> {
  let end: ProgramEnd = { exitCode: null, signal: null, stdout: '', stderr: '' };
  const tell = (error: unknown) => stage.onCall({ name: target.name, end, error });
  const keep = (said: ProgramEnd) => {
    end = said;
    onEnd(said);
  };
  try {
    const answer = await stage.invoke(target, payload, environmentOf(stage, target.roleArn), keep, signal);
    tell(undefined);
    return answer;
  } catch (error) {
    tell(error);
    throw error;
  }
}

/** @throws {ServiceError} the role may not do one of these */
async function demand(
  { stacks, deployment }: Stage,
  roleArn: string,
  needed: readonly NeededRight[],
): Promise<void> {
  for (const { error, ...asked } of needed) {
    if (await isAllowed(stacks, deployment.resolve, roleArn, asked)) continue;
    throw new ServiceError(
      error,
      `User: ${roleArn} is not authorized to perform: ${asked.action} on resource: ${asked.resource}`,
    );
  }
}

/** The way to the cloud for whoever has a role: S3 lets it do what the role's policies and the bucket's say. */
function environmentOf(
  { stacks, deployment, cloudEnv, gate }: Stage,
  roleArn: string | undefined,
): Record<string, string> {
  const may = async (asked: Asked) =>
    roleArn !== undefined && (await isAllowed(stacks, deployment.resolve, roleArn, asked));
  return {
    ...cloudEnv,
    AWS_ENDPOINT_URL_S3: gate.endpoint,
    ...gate.credentialsOf({ roleArn: roleArn ?? 'nobody', may }),
  };
}

/** @param name a name, or an ARN with or without a version */
export function findFunction({ deployment }: Stage, name: string): LambdaFunction {
  const [, wanted = name] = /:function:([^:]+)/.exec(name) ?? [];
  const found = deployment.functions.find((each) => each.name === wanted);
  if (found === undefined) {
    throw new ServiceError('Lambda.ResourceNotFoundException', `Function not found: ${name}`);
  }
  return found;
}

/**
 * Runs the task that `ecs:RunTask` was asked for.
 * @param callerArn role that asks for it
 * @throws {ServiceError} ECS refuses it, it did not start, or it ended with another exit code than 0
 * @throws {CloudCannot} the parameters are none
 */
async function runEngine(
  stage: Stage,
  given: unknown,
  signal: AbortSignal,
  onEnd: Parameters<Perform>[0]['onEnd'],
  callerArn: string,
): Promise<unknown> {
  const { deployment } = stage;
  const { success, data: parameters, error } = runTaskParametersSchema.safeParse(given);
  if (!success)
    throw new CloudCannot('ecs:runTask.sync', error.message, 'correct the parameters of the state');
  // ECS takes the short name as well
  const { Cluster } = parameters;
  if (!deployment.clusters.some((arn) => arn === Cluster || arn.endsWith(`/${Cluster}`))) {
    throw new ServiceError('ECS.ClusterNotFoundException', `Cluster not found: ${Cluster}`);
  }
  const definition = deployment.taskDefinitions.find(({ Family }) => Family === parameters.TaskDefinition);
  if (definition === undefined) throw new ServiceError('ECS.ClientException', 'TaskDefinition not found.');
  const names = definition.ContainerDefinitions.map(({ Name }) => Name);
  const stranger = parameters.Overrides?.ContainerOverrides.find(({ Name }) => !names.includes(Name));
  if (stranger !== undefined) {
    throw new ServiceError(
      'ECS.InvalidParameterException',
      `Override for container named ${stranger.Name} is not a container in the TaskDefinition.`,
    );
  }
  await demand(stage, callerArn, rightsToRunTask(definition, parameters, stage.address.region));
  const { startImage } = stage;
  const cloudEnv = environmentOf(stage, definition.TaskRoleArn);
  return runTask(
    definition,
    parameters,
    { startImage, cloudEnv, readSecret: (role, valueFrom) => readSecret(stage, role, valueFrom) },
    signal,
    onEnd,
  );
}

async function readSecret(
  { stacks, deployment, address }: Stage,
  roleArn: string | undefined,
  valueFrom: string,
): Promise<string> {
  const { arn } = parseValueFrom(valueFrom);
  const action = 'secretsmanager:GetSecretValue';
  const { resolve } = deployment;
  if (roleArn === undefined || !(await isAllowed(stacks, resolve, roleArn, { action, resource: arn }))) {
    throw new Error(
      `AccessDeniedException: ${roleArn} is not authorized to perform: ${action} on resource: ${arn} because no identity-based policy allows the ${action} action`,
    );
  }
  const client = new SecretsManagerClient(clientConfig(address));
  try {
    return await secretValue(client, valueFrom);
  } catch (error) {
    throw error instanceof Error ? new Error(`${error.name}: ${error.message}`, { cause: error }) : error;
  } finally {
    client.destroy();
  }
}
