import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { CloudCannot, ServiceError } from './errors.ts';

/** How this machine reaches the emulator. */
export interface EmulatorAddress {
  readonly endpoint: string;
  readonly region: string;
}

/** Configuration of an SDK client for the emulator. */
export function clientConfig({ endpoint, region }: EmulatorAddress) {
  return { endpoint, region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } as const;
}

/** Names that Step Functions spells unlike the packages. */
const PACKAGES: Readonly<Record<string, string>> = { secretsmanager: 'secrets-manager' };

/** A client or a command: both are made and used alike in every package of the SDK. */
interface SdkModule {
  readonly [name: string]: new (
    argument: unknown,
  ) => {
    send(command: unknown): Promise<Record<string, unknown>>;
    destroy(): void;
  };
}

/**
 * Makes the call of an integration `aws-sdk:<service>:<action>` or `sns:publish`.
 * @param resource what follows `arn:aws:states:::`
 * @throws {ServiceError} the service refused, named as Step Functions names it: `S3.NoSuchKeyException`
 * @throws {CloudCannot} the service's client is not installed
 */
export async function callService(
  resource: string,
  parameters: unknown,
  address: EmulatorAddress,
): Promise<unknown> {
  if (resource === 'sns:publish') return publish(parameters, address);
  const [, service = '', action = ''] = /^aws-sdk:(\w+):(\w+)$/.exec(resource) ?? [];
  const module = await loadClient(resource, service);
  const command = `${action[0]?.toUpperCase()}${action.slice(1)}Command`;
  const clientName = Object.keys(module).find(
    (name) => /^[A-Z]\w*Client$/.test(name) && !name.startsWith('__'),
  );
  const [Client, Command] = [module[clientName ?? ''], module[command]];
  if (Client === undefined || Command === undefined) {
    throw new CloudCannot(resource, `the service has no ${command}`, 'correct the name of the integration');
  }
  const client = new Client({
    ...clientConfig(address),
    ...(service === 's3' ? { forcePathStyle: true } : {}),
  });
  try {
    const { $metadata, ...result } = await client.send(new Command(parameters));
    return JSON.parse(JSON.stringify(result));
  } catch (error) {
    throw asServiceError(service, error);
  } finally {
    client.destroy();
  }
}

async function loadClient(resource: string, service: string): Promise<SdkModule> {
  const name = `@aws-sdk/client-${PACKAGES[service] ?? service}`;
  try {
    return (await import(name)) as SdkModule;
  } catch (error) {
    throw new CloudCannot(
      resource,
      `${name} is not installed`,
      'add it to the development dependencies',
      error,
    );
  }
}

const publishSchema = z
  .object({ TopicArn: z.string(), Message: z.unknown(), Subject: z.string().optional() })
  .strict();

/** The optimized integration differs in one thing: a message that is no string is sent as JSON. */
async function publish(parameters: unknown, address: EmulatorAddress): Promise<unknown> {
  const { TopicArn, Message, Subject } = publishSchema.parse(parameters);
  const client = new SNSClient(clientConfig(address));
  try {
    const { MessageId } = await client.send(
      new PublishCommand({
        TopicArn,
        Message: typeof Message === 'string' ? Message : JSON.stringify(Message),
        ...(Subject === undefined ? {} : { Subject }),
      }),
    );
    return { MessageId };
  } catch (error) {
    throw asServiceError('sns', error);
  } finally {
    client.destroy();
  }
}

const SERVICE_NAMES: Readonly<Record<string, string>> = {
  s3: 'S3',
  sns: 'SNS',
  sfn: 'Sfn',
  secretsmanager: 'SecretsManager',
};

/** `NoSuchKey` of S3 is `S3.NoSuchKeyException` to a state machine. */
function asServiceError(service: string, error: unknown): ServiceError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const suffixed = name.endsWith('Exception') ? name : `${name}Exception`;
  return new ServiceError(`${SERVICE_NAMES[service] ?? service}.${suffixed}`, message);
}
