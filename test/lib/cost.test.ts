import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resourcesOf } from '../../core/cost/resources.ts';
import { type EnvironmentInput, parseEnvironment } from '../../core/environment.ts';
import { testStacks } from '../support/stacks.ts';

const PROJECT = 'abcdefghijklmnopqrst';
/** What synthesis says of an environment; nothing where it goes through. */
const refusalOf = (changes: Partial<EnvironmentInput>): string | undefined => {
  const { operations } = testStacks(changes);
  try {
    Template.fromStack(operations);
    return undefined;
  } catch (error) {
    return String(error);
  }
};

describe('an environment above its ceiling', () => {
  it('is not synthesised: the numbers, the lines and the levers are said instead', () => {
    const refusal = refusalOf({ cost: { monthlyCeilingUsd: 20 } });
    expect(refusal).toMatch(/environment test is estimated at \$\d+\.\d\d a month/);
    expect(refusal).toContain('above its ceiling of $20.00');
    expect(refusal).toContain('largest lines: egress: rows read for critical sets');
    expect(refusal).toContain('what would save most: critical sets every 30 minutes');
  });

  it('is so because of its database too', () => {
    expect(refusalOf({ cost: { workload: { databaseGb: 100 } } })).toContain('above its ceiling of $250.00');
  });

  it('is synthesised within it', () => {
    expect(refusalOf({})).toBeUndefined();
  });
});

describe('what is billed by the piece', () => {
  it.each([
    ['the strategy', {}],
    ['files', { files: { enabled: true } }],
    ['a kind less', { schedules: { critical: { enabled: false } } }],
    [
      'no retention by the clock, and no drills',
      { schedules: { retention: { enabled: false }, drill: { enabled: false } } },
    ],
    ['a project', { supabase: { projectRef: PROJECT } }],
    ['a project that is not watched', { supabase: { projectRef: PROJECT, pitr: { watch: false } } }],
    [
      'a project with drills and files',
      {
        files: { enabled: true },
        supabase: { projectRef: PROJECT, drill: { organization: 'drills' } },
      },
    ],
  ] as [string, Partial<EnvironmentInput>][])('is counted as it is deployed: %s', (_, changes) => {
    const { vault, operations } = testStacks(changes);
    const count = (type: string) =>
      [vault, operations].reduce(
        (sum, stack) => sum + Object.keys(Template.fromStack(stack).findResources(type)).length,
        0,
      );
    const config = parseEnvironment({ name: 'test', alertEmails: ['a@b.example'], ...changes }, 'a test');
    const { alarms, secrets } = resourcesOf(config);
    expect({ alarms, secrets }).toEqual({
      alarms: count('AWS::CloudWatch::Alarm'),
      secrets: count('AWS::SecretsManager::Secret'),
    });
    expect(count('AWS::CloudWatch::Dashboard')).toBe(1);
    expect(count('AWS::EC2::NatGateway')).toBe(0);
  });
});
