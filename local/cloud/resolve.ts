import type { Stack } from './assembly.ts';
import { UnresolvableReference } from './errors.ts';

/** What `Ref` and `Fn::GetAtt` of a resource give. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What references lead to, besides the templates themselves. */
export interface World {
  readonly stacks: readonly Stack[];
  /** `AWS::Region`, `AWS::AccountId` and the like. */
  pseudo(stack: Stack, name: string): string | undefined;
  /** undefined: nothing is known of such a resource. */
  identity(stack: Stack, logicalId: string): Identity | undefined;
}

/** Resolves everything in a value of a template; `stack` is the one it stands in. */
export type Resolve = (stack: Stack, value: unknown) => unknown;

const ABSENT = Symbol('AWS::NoValue');
const DYNAMIC = /\{\{resolve:[^}]+\}\}/;

/**
 * Makes the resolver of intrinsic functions: Ref, Fn::GetAtt, Join, Sub, Select, Split, FindInMap and ImportValue.
 * @returns a function that throws UnresolvableReference for anything that leads nowhere
 */
export function resolver(world: World): Resolve {
  const resolve = (stack: Stack, value: unknown): unknown => {
    if (typeof value === 'string') return withoutDynamic(stack, value);
    if (Array.isArray(value))
      return value.map((item) => resolve(stack, item)).filter((item) => item !== ABSENT);
    if (!isObject(value)) return value;
    const [entry, ...more] = Object.entries(value);
    if (entry !== undefined && more.length === 0 && isIntrinsic(entry[0])) {
      return intrinsic(world, resolve, stack, entry);
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, resolve(stack, item)] as const)
        .filter(([, item]) => item !== ABSENT),
    );
  };
  return (stack, value) => {
    const resolved = resolve(stack, value);
    return resolved === ABSENT ? undefined : resolved;
  };
}

const isIntrinsic = (key: string) => key === 'Ref' || key.startsWith('Fn::');

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A value that CloudFormation would fetch while it deploys has no place in this project's templates: tasks are given
 * their secrets by ECS, and whatever came this way would lie open in the function's or the task's settings.
 */
function withoutDynamic(stack: Stack, text: string): string {
  const [dynamic] = DYNAMIC.exec(text) ?? [];
  if (dynamic === undefined) return text;
  throw new UnresolvableReference(stack.name, dynamic, 'dynamic references are not followed');
}

function intrinsic(
  world: World,
  resolve: Resolve,
  stack: Stack,
  [name, argument]: [string, unknown],
): unknown {
  const fail = (why: string) => new UnresolvableReference(stack.name, { [name]: argument }, why);
  const list = () => {
    const resolved = resolve(stack, argument);
    if (!Array.isArray(resolved)) throw fail('expected a list');
    return resolved as unknown[];
  };
  switch (name) {
    case 'Ref':
      return reference(world, stack, String(argument), fail);
    case 'Fn::GetAtt':
      return attribute(world, stack, argument, fail);
    case 'Fn::Join': {
      const [separator, parts] = list();
      return (parts as unknown[]).map(String).join(String(separator));
    }
    case 'Fn::Sub':
      return substitute(world, resolve, stack, argument, fail);
    case 'Fn::Select': {
      const [index, from] = list();
      const chosen = (from as unknown[])[Number(index)];
      if (chosen === undefined) throw fail('the list has no such item');
      return chosen;
    }
    case 'Fn::Split': {
      const [separator, text] = list();
      return String(text).split(String(separator));
    }
    case 'Fn::FindInMap': {
      const [map, first, second] = list().map(String);
      const found = stack.Mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (found === undefined) throw fail('there is no such entry');
      return resolve(stack, found);
    }
    case 'Fn::ImportValue':
      return importValue(world, resolve, String(resolve(stack, argument)), fail);
    default:
      throw fail('this function is not known');
  }
}

type Fail = (why: string) => Error;

function reference(world: World, stack: Stack, target: string, fail: Fail): unknown {
  if (target === 'AWS::NoValue') return ABSENT;
  const value = target.startsWith('AWS::') ? world.pseudo(stack, target) : world.identity(stack, target)?.ref;
  if (value === undefined) throw fail(describe(stack, target));
  return value;
}

function attribute(world: World, stack: Stack, argument: unknown, fail: Fail): string {
  const [target = '', name = ''] = Array.isArray(argument)
    ? argument.map(String)
    : String(argument).split(/\.(.*)/s);
  const identity = world.identity(stack, target);
  if (identity === undefined) throw fail(describe(stack, target));
  const value = identity.attributes[name];
  if (value === undefined)
    throw fail(`${describe(stack, target)}, and its ${name} is not among what is known`);
  return value;
}

function substitute(world: World, resolve: Resolve, stack: Stack, argument: unknown, fail: Fail): string {
  const [template, values] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, object];
  const given = resolve(stack, values) as Record<string, unknown>;
  return template.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, name: string) => {
    if (literal !== '') return whole.replace('!', '');
    if (name in given) return String(given[name]);
    return String(
      name.includes('.') ? attribute(world, stack, name, fail) : reference(world, stack, name, fail),
    );
  });
}

function importValue(world: World, resolve: Resolve, name: string, fail: Fail): unknown {
  for (const stack of world.stacks) {
    for (const { Value, Export } of Object.values(stack.Outputs)) {
      if (Export !== undefined && resolve(stack, Export.Name) === name) return resolve(stack, Value);
    }
  }
  throw fail('no stack exports it');
}

function describe(stack: Stack, target: string): string {
  const resource = stack.Resources[target];
  return resource === undefined ? `there is no ${target}` : `${target} is an ${resource.Type}`;
}
