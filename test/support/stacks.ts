import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type AppProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { EnvironmentInput } from '../../core/environment.ts';
import { parseEnvironment } from '../../core/environment.ts';
import { addEnvironment, type EnvironmentStacks } from '../../lib/app.ts';

const CDK_JSON = join(import.meta.dirname, '..', '..', 'cdk.json');
/** The flags of cdk.json, without which a template in a test is not the one that is deployed. */
export const FLAGS = JSON.parse(readFileSync(CDK_JSON, 'utf8')).context as Record<string, unknown>;

/** An app as `cdk synth` makes it, but for the functions' code, which is not bundled. */
export function testApp(props: AppProps = {}): App {
  return new App({ ...props, context: { ...FLAGS, 'aws:cdk:bundling-stacks': [], ...props.context } });
}

/** The stacks of an environment that is the team's strategy but for what is given. */
export function testStacks(changes: Partial<EnvironmentInput> = {}, app = testApp()): EnvironmentStacks {
  const config = parseEnvironment({ name: 'test', alertEmails: ['a@b.example'], ...changes }, 'a test');
  return addEnvironment(app, 'test', { test: config });
}

/** Both templates, parsed. */
export function testTemplates(changes: Partial<EnvironmentInput> = {}): {
  vault: Template;
  operations: Template;
} {
  const { vault, operations } = testStacks(changes);
  return { vault: Template.fromStack(vault), operations: Template.fromStack(operations) };
}

/** One resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Resources of a type by logical id; an empty answer fails, for a test that walks over nothing proves nothing. */
export function resourcesOf(template: Template, type: string): [string, TemplateResource][] {
  const found = Object.entries(template.findResources(type)) as [string, TemplateResource][];
  if (found.length === 0) throw new Error(`the template has no ${type}`);
  return found;
}

/** One state of a definition. */
export interface State extends Record<string, unknown> {
  readonly Type: string;
  readonly Resource?: string;
  readonly Parameters?: Record<string, unknown>;
  readonly Catch?: { ErrorEquals: string[]; Next: string; ResultPath: string }[];
  readonly Retry?: {
    ErrorEquals: string[];
    IntervalSeconds: number;
    MaxAttempts: number;
    BackoffRate: number;
  }[];
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: string;
  readonly Next?: string;
}

export interface Definition {
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Record<string, State>;
}

/** The definitions of a template's state machines; references stand as `${LogicalId}` or `${LogicalId.Attribute}`. */
export function definitionsOf(template: Template): [string, Definition][] {
  return resourcesOf(template, 'AWS::StepFunctions::StateMachine').map(([id, { Properties }]) => [
    id,
    JSON.parse(textOf(Properties.DefinitionString)) as Definition,
  ]);
}

/** A text with references, as one string. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    'Fn::Join': join,
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::ImportValue': imported,
  } = value as Record<string, unknown>;
  if (join !== undefined) {
    const [separator, parts] = join as [string, unknown[]];
    return parts.map(textOf).join(separator);
  }
  if (Ref !== undefined) return `\${${Ref}}`;
  if (attribute !== undefined) return `\${${(attribute as string[]).join('.')}}`;
  if (imported !== undefined) return `\${${imported}}`;
  throw new Error(`no text: ${JSON.stringify(value)}`);
}
