import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { reason, SecretUnreadableError, SecretUnwritableError } from '../../core/errors/index.ts';

const secrets = new SecretsManagerClient();

/**
 * The value of a secret.
 * @throws SecretUnreadableError when there is none, or the function may not read it
 */
export async function readSecret(arn: string): Promise<string> {
  const { SecretString = '' } = await secrets
    .send(new GetSecretValueCommand({ SecretId: arn }))
    .catch((error: unknown) => {
      throw new SecretUnreadableError(arn, reason(error), error);
    });
  if (SecretString.trim() === '') throw new SecretUnreadableError(arn, 'it is empty');
  return SecretString;
}

/**
 * The value of a secret; nothing where none was ever put into it.
 * @throws SecretUnreadableError when the function may not read it
 */
export async function readSecretIfAny(arn: string): Promise<string | undefined> {
  try {
    return (await secrets.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw new SecretUnreadableError(arn, reason(error), error);
  }
}

/**
 * Puts a new value into a secret.
 * @throws SecretUnwritableError when the function may not
 */
export async function writeSecret(arn: string, value: Readonly<Record<string, unknown>>): Promise<void> {
  await secrets
    .send(new PutSecretValueCommand({ SecretId: arn, SecretString: JSON.stringify(value) }))
    .catch((error: unknown) => {
      throw new SecretUnwritableError(arn, reason(error), error);
    });
}
