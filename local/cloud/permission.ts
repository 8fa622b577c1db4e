import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Stack } from './assembly.ts';
import { CloudCannot } from './errors.ts';
import { ACCOUNT } from './identities.ts';
import type { Resolve } from './resolve.ts';

interface Document {
  readonly name: string;
  readonly policy: unknown;
}

/** One action on one resource, and what is known of the request besides. */
export interface Asked {
  readonly action: string;
  readonly resource: string;
  /** Values of condition keys. */
  readonly context?: Readonly<Record<string, string>>;
}

/** What every request of ours is like once it is made in AWS; http is only for the emulator. */
const EVERY_REQUEST = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };

/**
 * Whether the policies the templates give a role, and those of the bucket it turns to, allow one action on one resource.
 * Policies that AWS manages are not in the templates and are left out: what is allowed by them alone counts as denied.
 * @param roleArn as references to the role resolve
 * @throws {CloudCannot} a policy is malformed
 */
export async function isAllowed(
  stacks: readonly Stack[],
  resolve: Resolve,
  roleArn: string,
  { action, resource, context = {} }: Asked,
): Promise<boolean> {
  const resourcePolicy = bucketPolicyOf(stacks, resolve, resource);
  const result = await runSimulation(
    {
      request: {
        principal: roleArn,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: { 'aws:PrincipalArn': roleArn, ...EVERY_REQUEST, ...context },
      },
      identityPolicies: once(resolve, roleArn, () => policiesOf(stacks, resolve, roleArn)),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
    },
    {},
  );
  if (result.resultType === 'error') {
    throw new CloudCannot(
      roleArn,
      `its policies cannot be judged: ${JSON.stringify(result.errors)}`,
      'correct them',
    );
  }
  return result.overallResult === 'Allowed';
}

/** What templates say of a role or a bucket, once it has been found: they do not change, and every request asks. */
const found = new WeakMap<Resolve, Map<string, unknown>>();

function once<T>(resolve: Resolve, key: string, find: () => T): T {
  const known = found.get(resolve) ?? new Map<string, unknown>();
  found.set(resolve, known);
  if (!known.has(key)) known.set(key, find());
  return known.get(key) as T;
}

/** The policy of the bucket that a resource is, or lies in. */
function bucketPolicyOf(stacks: readonly Stack[], resolve: Resolve, resource: string): unknown {
  const [, bucket] = /^arn:aws:s3:::([^/]+)/.exec(resource) ?? [];
  if (bucket === undefined) return undefined;
  return once(resolve, bucket, () => findBucketPolicy(stacks, resolve, bucket));
}

function findBucketPolicy(stacks: readonly Stack[], resolve: Resolve, bucket: string): unknown {
  return stacks
    .flatMap((stack) =>
      Object.values(stack.Resources)
        .filter(({ Type }) => Type === 'AWS::S3::BucketPolicy')
        .map(({ Properties }) => resolve(stack, Properties) as Record<string, unknown>),
    )
    .find(({ Bucket }) => Bucket === bucket)?.PolicyDocument;
}

/** Everything the templates attach to a role: inline, and policies that name it, from whatever stack. */
function policiesOf(stacks: readonly Stack[], resolve: Resolve, roleArn: string): Document[] {
  const roleName = roleArn.split('/').at(-1);
  return stacks.flatMap((stack) =>
    Object.entries(stack.Resources).flatMap(([logicalId, { Type, Properties }]): Document[] => {
      switch (Type) {
        case 'AWS::IAM::Role': {
          if (resolve(stack, { 'Fn::GetAtt': [logicalId, 'Arn'] }) !== roleArn) return [];
          const inline = (resolve(stack, Properties.Policies ?? []) ?? []) as Record<string, unknown>[];
          return inline.map(({ PolicyName, PolicyDocument }) => ({
            name: String(PolicyName),
            policy: PolicyDocument,
          }));
        }
        case 'AWS::IAM::Policy':
        case 'AWS::IAM::ManagedPolicy': {
          const roles = (resolve(stack, Properties.Roles ?? []) ?? []) as unknown[];
          if (!roles.includes(roleName)) return [];
          return [{ name: logicalId, policy: resolve(stack, Properties.PolicyDocument) }];
        }
        default:
          return [];
      }
    }),
  );
}
