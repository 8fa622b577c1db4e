import { runSimulation } from '@cloud-copilot/iam-simulate';
import { resourcesOf, type testTemplates, textOf } from './stacks.ts';

type Templates = ReturnType<typeof testTemplates>;

export const ACCOUNT = '123456789012';
export const BUCKET_ARN = 'arn:aws:s3:::the-backups';
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': 'ap-northeast-2',
};

/** Everything a policy of the templates says, with the backup bucket and the account filled in. */
export function concrete(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(concrete);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::')))
    return filledIn(textOf(value));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, concrete(each)]));
}

function filledIn(text: string): string {
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (PSEUDO[name] !== undefined) return PSEUDO[name];
    if (/BackupsBucket[0-9A-F]{8}(\.?Arn|Arn[0-9A-F]+)$/.test(name)) return BUCKET_ARN;
    return `arn:aws:other:::${name}`;
  });
}

/** A principal and all that its own policies say. */
export interface Principal {
  readonly arn: string;
  readonly policies: readonly { readonly name: string; readonly policy: unknown }[];
}

/** The role whose logical id begins so; there must be one, and it must have policies. */
export function roleOf({ operations }: Templates, idBegins: string): Principal {
  const ids = resourcesOf(operations, 'AWS::IAM::Role').map(([id]) => id);
  const [id, ...others] = ids.filter((each) => new RegExp(`^${idBegins}[0-9A-F]{8}$`).test(each));
  if (id === undefined || others.length > 0)
    throw new Error(`${idBegins} is not one role of ${ids.join(', ')}`);
  const policies = resourcesOf(operations, 'AWS::IAM::Policy')
    .filter(([, { Properties }]) => JSON.stringify(Properties.Roles).includes(`"${id}"`))
    .map(([name, { Properties }]) => ({ name, policy: concrete(Properties.PolicyDocument) }));
  return { arn: `arn:aws:iam::${ACCOUNT}:role/${id}`, policies };
}

/** Somebody who may do everything, as far as their own policies go. */
export function administrator(role: string): Principal {
  const policy = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };
  return { arn: `arn:aws:iam::${ACCOUNT}:role/${role}`, policies: [{ name: 'everything', policy }] };
}

/** The policy of the backup bucket. */
export function bucketPolicy({ vault }: Templates): unknown {
  const found = resourcesOf(vault, 'AWS::S3::BucketPolicy').find(([id]) =>
    id.startsWith('BackupsBucketPolicy'),
  );
  if (found === undefined) throw new Error('the backup bucket has no policy');
  return concrete(found[1].Properties.PolicyDocument);
}

/**
 * Whether IAM lets the principal do it, over TLS 1.3 as our clients speak it.
 * @param key of an object; nothing for the bucket itself
 */
export async function may(
  templates: Templates,
  principal: Principal,
  action: string,
  key: string | undefined,
  context: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  return await isAllowed(
    principal,
    action,
    key === undefined ? BUCKET_ARN : `${BUCKET_ARN}/${key}`,
    { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', ...context },
    bucketPolicy(templates),
  );
}

/** Whether the principal's own policies let it do something to a resource that has none. */
export async function mayOn(
  principal: Principal,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  return await isAllowed(principal, action, resource, context, undefined);
}

async function isAllowed(
  principal: Principal,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>>,
  resourcePolicy: unknown,
): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: principal.arn,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: { 'aws:PrincipalArn': principal.arn, ...context },
      },
      identityPolicies: [...principal.policies],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy,
    },
    {},
  );
  if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors));
  return result.overallResult === 'Allowed';
}
