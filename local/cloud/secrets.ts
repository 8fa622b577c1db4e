import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CloudCannot } from './errors.ts';
import { clientConfig, type EmulatorAddress } from './sdk.ts';

/**
 * Makes a secret, empty as after a first deployment.
 * @returns its ARN, which ends in six characters nobody can foretell
 */
export async function createSecret(client: SecretsManagerClient, name: string): Promise<string> {
  const { ARN = '' } = await client.send(new CreateSecretCommand({ Name: name }));
  return ARN;
}

/** Puts a new value into a secret. */
export async function putSecretValue(address: EmulatorAddress, name: string, value: string): Promise<void> {
  const client = new SecretsManagerClient(clientConfig(address));
  await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
  client.destroy();
}

/**
 * The value that `ValueFrom` of a container's secret means: the whole secret, or one field of its JSON.
 * @throws {ResourceNotFoundException} there is no such secret, or it is empty
 * @throws {CloudCannot} the field is not there
 */
export async function secretValue(client: SecretsManagerClient, valueFrom: string): Promise<string> {
  const { arn, field } = parseValueFrom(valueFrom);
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
  if (field === '') return SecretString;
  const value = (JSON.parse(SecretString) as Record<string, unknown>)[field];
  if (value === undefined) throw new CloudCannot(arn, `its value has no field ${field}`, 'correct ValueFrom');
  return String(value);
}

/** The ARN has seven parts; field, version stage and version id may follow. */
export function parseValueFrom(valueFrom: string): { readonly arn: string; readonly field: string } {
  const parts = valueFrom.split(':');
  return { arn: parts.slice(0, 7).join(':'), field: parts[7] ?? '' };
}
