import { type IResolvable, Reference, Stack, Tokenization, Validations } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

const RUN_TIME_NAMES =
  'Keys of sets and names of executions come into being at run time: a pattern below one prefix, or of one state ' +
  'machine, is as narrow as they can be named beforehand.';

/**
 * States why rights name resources by a pattern. cdk-nag wants a reason for every single pattern, spelled as the template
 * will have it; spelling them by hand would mean to copy export names.
 * @param scope whatever the policy belongs to, or something above it
 */
export function acknowledgeRunTimeNames(scope: IConstruct, statements: readonly PolicyStatement[]): void {
  const patterns = statements
    .flatMap(({ resources }) => resources)
    // everything is no pattern of names: whoever gives such a right says why
    .filter((resource) => /\*/.test(resource) && resource !== '*');
  for (const pattern of new Set(patterns)) acknowledgePattern(scope, spelled(scope, pattern), RUN_TIME_NAMES);
}

/** CDK lets whoever invokes a function invoke all its versions. */
export function acknowledgeVersions(scope: IConstruct, functions: readonly IFunction[]): void {
  for (const { functionArn } of functions) {
    acknowledgePattern(
      scope,
      `${spelled(scope, functionArn)}:*`,
      'Versions of a function of this stack; there are none but the newest.',
    );
  }
}

/** @param pattern as cdk-nag spells it: `*`, or `<LogicalId.Arn>:*` */
export function acknowledgePattern(scope: IConstruct, pattern: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::${pattern}]`, reason });
}

/** A resource as it will stand in the template of the scope's stack: `<LogicalId.Arn>/x`, or the name of an export. */
function spelled(scope: IConstruct, text: string): string {
  return Tokenization.reverseString(text)
    .mapTokens({ mapToken: (token) => spelledToken(scope, token) })
    .join({ join: (left, right) => `${left}${right}` });
}

function spelledToken(scope: IConstruct, token: IResolvable): string {
  const stack = Stack.of(scope);
  const foreign = Reference.isReference(token) && Stack.of(token.target) !== stack;
  // the same export that CDK makes for the reference itself
  const value = foreign ? stack.resolve(Stack.of(token.target).exportValue(token)) : stack.resolve(token);
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::ImportValue': exported } = value as Record<string, unknown>;
  if (typeof exported === 'string') return exported;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (typeof Ref === 'string') return `<${Ref}>`;
  throw new Error(`no spelling for ${JSON.stringify(value)}, which a right names; add it here`);
}
