import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { reason, SecretUnreadableError } from '../../core/errors/index.ts';

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
