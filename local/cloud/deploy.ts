import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import type { LocalS3 } from '../s3.ts';
import type { Stack } from './assembly.ts';
import { createBucket, putPolicy } from './bucket.ts';
import { createCluster } from './clusters.ts';
import { type Definition, parseDefinition } from './definition.ts';
import { type TaskDefinition, taskDefinitionSchema } from './ecs-task.ts';
import { CloudCannot } from './errors.ts';
import { ACCOUNT, identityOf } from './identities.ts';
import type { LambdaFunction } from './lambda.ts';
import { putParameters } from './parameters.ts';
import { type Identity, type Resolve, resolver } from './resolve.ts';
import { clientConfig, type EmulatorAddress } from './sdk.ts';
import { createSecret, parseValueFrom } from './secrets.ts';
import { createTable } from './tables.ts';
import { createTopic, type Inbox } from './topics.ts';

/** A state machine of the templates. */
export interface Machine {
  readonly name: string;
  readonly arn: string;
  /** Whose rights its states have. */
  readonly roleArn: string;
  readonly definition: Definition;
}

/** Values of secrets by the name of the container's variable; undefined leaves the secret empty. */
export type SecretValues = Readonly<Record<string, string | undefined>>;

/** What the templates define, references resolved, and what of it was made in the emulator. */
export interface Deployment {
  readonly resolve: Resolve;
  readonly machines: readonly Machine[];
  readonly functions: readonly LambdaFunction[];
  readonly taskDefinitions: readonly TaskDefinition[];
  readonly clusters: readonly string[];
  /** Statements of bucket policies that are not in force here, as putPolicy() says. */
  readonly policyLeftOut: readonly string[];
}

interface Place {
  readonly stacks: readonly Stack[];
  readonly s3: LocalS3;
  readonly address: EmulatorAddress;
  readonly inbox: Inbox;
}

/**
 * Makes in the emulator what keeps data (buckets, secrets, parameters, topics, tables, clusters), and reads what the runner plays itself (functions,
 * task definitions, state machines).
 * @throws {CloudCannot} a value is missing, or the template asks for what this machine does not know
 * @throws {UnresolvableReference} a reference leads nowhere
 */
export async function deploy(place: Place, secrets: SecretValues): Promise<Deployment> {
  const secretsManager = new SecretsManagerClient(clientConfig(place.address));
  const made = new Map<string, Identity>();
  const resolve = makeResolver(place, made);
  for (const { stack, logicalId, properties } of resources(place.stacks, 'AWS::SecretsManager::Secret')) {
    const name = String(resolve(stack, properties.Name ?? `${stack.name}-${logicalId}`));
    const arn = await createSecret(secretsManager, name);
    made.set(`${stack.name}/${logicalId}`, { ref: arn, attributes: { Id: arn } });
  }
  const taskDefinitions = resolvedAll(place.stacks, resolve, 'AWS::ECS::TaskDefinition').map(
    ({ properties }) => taskDefinitionSchema.parse(properties),
  );
  await fillSecrets(secretsManager, taskDefinitions, secrets);
  secretsManager.destroy();
  const policyLeftOut = await makeBuckets(place, resolve);
  for (const { ref } of resolvedAll(place.stacks, resolve, 'AWS::SNS::Topic')) {
    await createTopic(place.address, ref().split(':').at(-1) ?? '', place.inbox);
  }
  const parameters = resolvedAll(place.stacks, resolve, 'AWS::SSM::Parameter');
  await putParameters(
    place.address,
    parameters.map(({ properties }) => properties),
  );
  for (const { ref, properties } of resolvedAll(place.stacks, resolve, 'AWS::DynamoDB::Table')) {
    await createTable(place.address, ref(), properties);
  }
  for (const { ref } of resolvedAll(place.stacks, resolve, 'AWS::ECS::Cluster'))
    await createCluster(place.address, ref());
  return {
    resolve,
    policyLeftOut,
    taskDefinitions,
    functions: resolvedAll(place.stacks, resolve, 'AWS::Lambda::Function').map((found) =>
      lambdaFunction(found, String(resolve(found.stack, { 'Fn::GetAtt': [found.logicalId, 'Arn'] }))),
    ),
    machines: resolvedAll(place.stacks, resolve, 'AWS::StepFunctions::StateMachine').map(machine),
    clusters: resolvedAll(place.stacks, resolve, 'AWS::ECS::Cluster').map(({ stack, logicalId }) =>
      String(resolve(stack, { 'Fn::GetAtt': [logicalId, 'Arn'] })),
    ),
  };
}

function makeResolver({ stacks, address }: Place, made: ReadonlyMap<string, Identity>): Resolve {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Region': address.region,
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const resolve: Resolve = resolver({
    stacks,
    pseudo: (stack, name) => (name === 'AWS::StackName' ? stack.name : pseudo[name]),
    identity: (stack, logicalId) =>
      made.get(`${stack.name}/${logicalId}`) ??
      identityOf(stack, logicalId, address.region, (value) => resolve(stack, value)),
  });
  return resolve;
}

interface Found {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

function resources(stacks: readonly Stack[], type: string): Found[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([logicalId, { Properties }]) => ({ stack, logicalId, properties: Properties })),
  );
}

interface Resolved extends Found {
  /** What `Ref` gives. */
  ref(): string;
}

function resolvedAll(stacks: readonly Stack[], resolve: Resolve, type: string): Resolved[] {
  return resources(stacks, type).map(({ stack, logicalId, properties }) => ({
    stack,
    logicalId,
    ref: () => String(resolve(stack, { Ref: logicalId })),
    properties: resolve(stack, properties) as Record<string, unknown>,
  }));
}

async function fillSecrets(
  client: SecretsManagerClient,
  definitions: readonly TaskDefinition[],
  values: SecretValues,
): Promise<void> {
  const filled = new Map<string, string | Record<string, string>>();
  for (const { Family, ContainerDefinitions } of definitions) {
    for (const { Name, ValueFrom } of ContainerDefinitions.flatMap(({ Secrets }) => Secrets)) {
      const { arn, field } = parseValueFrom(ValueFrom);
      if (!(Name in values)) {
        throw new CloudCannot(
          `task definition ${Family}`,
          `its container is given the secret ${Name}, for which there is no value`,
          'give one, or undefined for a secret that shall be empty',
        );
      }
      const value = values[Name];
      if (value === undefined) continue;
      const before = filled.get(arn);
      if (field === '') filled.set(arn, before ?? value);
      // members of one secret, each given as a variable's value
      else filled.set(arn, { ...(typeof before === 'object' ? before : {}), [field]: value });
    }
  }
  for (const [SecretId, value] of filled) {
    const SecretString = typeof value === 'string' ? value : JSON.stringify(value);
    await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
  }
}

async function makeBuckets({ stacks, s3 }: Place, resolve: Resolve): Promise<string[]> {
  const client = s3.client();
  const leftOut: string[] = [];
  for (const { stack, logicalId, ref, properties } of resolvedAll(stacks, resolve, 'AWS::S3::Bucket')) {
    await createBucket(client, `${stack.name}, ${logicalId}`, ref(), properties);
  }
  for (const { properties } of resolvedAll(stacks, resolve, 'AWS::S3::BucketPolicy')) {
    const policy = properties.PolicyDocument as Record<string, unknown>;
    leftOut.push(...(await putPolicy(client, String(properties.Bucket), policy)));
  }
  return leftOut;
}

const functionSchema = z.object({
  Code: z.object({ S3Key: z.string() }),
  Handler: z.string(),
  Role: z.string(),
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()) }).optional(),
});

function lambdaFunction({ stack, logicalId, ref, properties }: Resolved, arn: string): LambdaFunction {
  const parsed = functionSchema.parse(properties);
  const code = stack.assets.get(parsed.Code.S3Key);
  if (code === undefined) {
    throw new CloudCannot(
      `${stack.name}, ${logicalId}`,
      `its code ${parsed.Code.S3Key} is not among the assets`,
      'synthesize with bundling',
    );
  }
  return {
    name: ref(),
    arn,
    roleArn: parsed.Role,
    code,
    handler: parsed.Handler,
    environment: parsed.Environment?.Variables ?? {},
    timeoutSeconds: parsed.Timeout,
    memoryMiB: parsed.MemorySize,
  };
}

function machine({ stack, logicalId, ref, properties }: Resolved): Machine {
  const arn = ref();
  return {
    name: arn.split(':').at(-1) ?? '',
    arn,
    roleArn: String(properties.RoleArn),
    definition: parseDefinition(`${stack.name}, ${logicalId}`, String(properties.DefinitionString)),
  };
}
