import { describe, expect, it } from 'vitest';
import type { Stack } from '../../../local/cloud/assembly.ts';
import { UnresolvableReference } from '../../../local/cloud/errors.ts';
import { resolver } from '../../../local/cloud/resolve.ts';

/** What Fn::Sub replaces, written without what looks like a template string: `<Thing>`. */
const sub = (text: string) => text.replace(/<([^>]+)>/g, (_, name) => ['$', '{', name, '}'].join(''));

const stack = (name: string, more: Partial<Stack> = {}): Stack => ({
  name,
  region: undefined,
  assets: new Map(),
  Resources: { Thing: { Type: 'Some::Thing', Properties: {} }, Odd: { Type: 'Odd::Thing', Properties: {} } },
  Outputs: {},
  Mappings: { Sizes: { small: { cpu: 256 } } },
  ...more,
});

const here = stack('Here');
const there = stack('There', {
  Outputs: {
    Shared: { Value: { Ref: 'Thing' }, Export: { Name: { 'Fn::Sub': sub('<AWS::Region>:shared') } } },
  },
});

const resolve = resolver({
  stacks: [here, there],
  pseudo: (_stack, name) => ({ 'AWS::Region': 'here-1', 'AWS::Partition': 'aws' })[name],
  identity: ({ name }, logicalId) =>
    logicalId === 'Thing'
      ? { ref: `${name}-thing`, attributes: { Arn: 'arn:thing', 'A.B': 'nested' } }
      : undefined,
});

describe('the resolver', () => {
  it.each([
    ['a plain value', { a: [1, true, 'x'] }, { a: [1, true, 'x'] }],
    ['Ref of a resource', { Ref: 'Thing' }, 'Here-thing'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'here-1'],
    ['Ref of AWS::NoValue in an object', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    ['Ref of AWS::NoValue in a list', [{ Ref: 'AWS::NoValue' }, 1], [1]],
    ['Ref of AWS::NoValue alone', { Ref: 'AWS::NoValue' }, undefined],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Thing', 'Arn'] }, 'arn:thing'],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Thing.Arn' }, 'arn:thing'],
    ['Fn::GetAtt of a nested attribute', { 'Fn::GetAtt': 'Thing.A.B' }, 'nested'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Thing' }, 3]] }, 'a-Here-thing-3'],
    [
      'Fn::Sub',
      { 'Fn::Sub': sub('<AWS::Partition>/<Thing>/<Thing.Arn>/<!Literal>') },
      sub('aws/Here-thing/arn:thing/<Literal>'),
    ],
    ['Fn::Sub with values', { 'Fn::Sub': [sub('<X>'), { X: { Ref: 'Thing' } }] }, 'Here-thing'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b'] }] }, 'b'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', 'small', 'cpu'] }, 256],
    ['Fn::ImportValue', { 'Fn::ImportValue': 'here-1:shared' }, 'There-thing'],
  ])('follows %s', (_what, value, expected) => {
    expect(resolve(here, value)).toEqual(expected);
  });

  it.each([
    ['a resource that is not there', { Ref: 'Nobody' }, /\{"Ref":"Nobody"\}.*there is no Nobody/],
    ['a resource nothing is known of', { Ref: 'Odd' }, /"Odd".*Odd is an Odd::Thing/],
    ['an attribute nothing is known of', { 'Fn::GetAtt': ['Thing', 'Size'] }, /Thing.*its Size is not/],
    ['a pseudo parameter nothing is known of', { Ref: 'AWS::StackId' }, /AWS::StackId/],
    ['a name nobody exports', { 'Fn::ImportValue': 'nowhere' }, /"nowhere".*no stack exports it/],
    ['a list that is too short', { 'Fn::Select': [5, ['a']] }, /no such item/],
    ['a map without the entry', { 'Fn::FindInMap': ['Sizes', 'large', 'cpu'] }, /no such entry/],
    ['a function it does not know', { 'Fn::GetAZs': '' }, /"Fn::GetAZs".*not known/],
    ['a dynamic reference', '{{resolve:ssm:/a}}', /\{\{resolve:ssm:\/a\}\}.*not followed/],
    ['Fn::Sub of a name it does not know', { 'Fn::Sub': sub('<Nobody>') }, /there is no Nobody/],
  ])('refuses %s, naming stack and reference', (_what, value, message) => {
    expect(() => resolve(here, { deep: [value] })).toThrow(UnresolvableReference);
    expect(() => resolve(here, { deep: [value] })).toThrow(message);
    expect(() => resolve(here, value)).toThrow(/^Here: /);
  });
});
