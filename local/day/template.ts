import type { LocalCloud } from '../cloud/cloud.ts';
import { isAllowed } from '../cloud/permission.ts';

/** One resource of the templates, its references resolved. */
export interface Found {
  readonly logicalId: string;
  /** What `Ref` gives. */
  readonly ref: string;
  attribute(name: string): string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** All resources of a type. */
export function resourcesOf({ stacks, deployment }: LocalCloud, type: string): Found[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([logicalId, { Properties }]) => ({
        logicalId,
        get ref() {
          return String(deployment.resolve(stack, { Ref: logicalId }));
        },
        attribute: (name) => String(deployment.resolve(stack, { 'Fn::GetAtt': [logicalId, name] })),
        properties: deployment.resolve(stack, Properties) as Record<string, unknown>,
      })),
  );
}

/** Whether a role may do something, by the templates. */
export function mayRole(
  { stacks, deployment }: LocalCloud,
  roleArn: string,
  action: string,
  resource: string,
): Promise<boolean> {
  return isAllowed(stacks, deployment.resolve, roleArn, { action, resource });
}
