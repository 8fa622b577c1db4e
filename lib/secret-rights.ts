import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** To read the values of secrets. @param sid says what for */
export function readSecretsRight(sid: string, secrets: readonly ISecret[]): PolicyStatement {
  return secretsRight(sid, ['GetSecretValue'], secrets);
}

/** To read the values of secrets, and to put others in their place. */
export function keepSecretsRight(sid: string, secrets: readonly ISecret[]): PolicyStatement {
  return secretsRight(sid, ['GetSecretValue', 'PutSecretValue'], secrets);
}

function secretsRight(sid: string, actions: readonly string[], secrets: readonly ISecret[]): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: actions.map((action) => `secretsmanager:${action}`),
    resources: secrets.map(({ secretArn }) => secretArn),
  });
}
