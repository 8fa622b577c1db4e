import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Stack } from './assembly.ts';
import { CloudCannot } from './errors.ts';
import { ACCOUNT } from './identities.ts';
import type { Resolve } from './resolve.ts';

interface Document {
  readonly name: string;
  readonly policy: unknown;
}

/**
 * Whether the policies the templates give a role allow one action on one resource. Policies that AWS manages are not in
 * the templates and are left out: what is allowed by them alone counts as denied.
 * @param roleArn as references to the role resolve
 * @throws {CloudCannot} a policy is malformed
 */
export async function isAllowed(
  stacks: readonly Stack[],
  resolve: Resolve,
  roleArn: string,
  action: string,
  resource: string,
): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: roleArn,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: {},
      },
      identityPolicies: policiesOf(stacks, resolve, roleArn),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
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
