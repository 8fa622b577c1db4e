import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import { type LifecycleRule, lifecycleRules, validateLifecycle } from '../core/lifecycle.ts';

/**
 * The lifecycle of a policy. Whatever S3 would reject, or bill for nothing, is an error of the scope, one for each
 * finding, so that the deployment is refused before anything is made (spec P9).
 */
export function checkedLifecycle(
  scope: IConstruct,
  policy: EnvironmentConfig['policy'],
): readonly LifecycleRule[] {
  const rules = lifecycleRules(policy);
  for (const { level, message } of validateLifecycle(rules)) {
    Annotations.of(scope).addError(`${level} lifecycle: ${message}`);
  }
  return rules;
}
