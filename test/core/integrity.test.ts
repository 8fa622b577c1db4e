import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG, parseConfig } from '../../core/config.ts';
import { parseEnvironment } from '../../core/environment.ts';
import { ConfigurationError } from '../../core/errors/index.ts';
import { findingsOf, fittingFindings, type RuleResult, summarize } from '../../core/integrity/findings.ts';
import { displayName } from '../../core/integrity/session.ts';
import { refusalOf } from '../support/refusal.ts';

const rule = (changes: Partial<RuleResult>): RuleResult => ({
  name: 'a',
  kind: 'foreign-key',
  severity: 'error',
  tables: ['public.t'],
  state: 'passed',
  violations: '0',
  samples: [],
  seconds: 0,
  ...changes,
});

const violated = rule({ name: 'wrong', state: 'violated', violations: '3' });
const warned = rule({ name: 'warned', state: 'violated', severity: 'warning', violations: '1' });
const unsure = rule({ name: 'unsure', state: 'could-not-check', violations: null });
const elsewhere = rule({ name: 'elsewhere', state: 'not-applicable', violations: null });

describe('the sum of all rules', () => {
  it.each([
    [[], 'verified'],
    [[rule({}), elsewhere, warned], 'verified'],
    [[rule({}), unsure, warned], 'could-not-verify'],
    [[unsure, violated], 'violated'],
  ])('%#: is the worst of them', (rules, outcome) => {
    expect(summarize('db', rules).outcome).toBe(outcome);
  });

  it('counts each rule once, and one that does not apply has not passed', () => {
    expect(summarize('db', [rule({}), elsewhere, warned, unsure, violated]).counts).toEqual({
      rules: 5,
      passed: 1,
      errors: 1,
      warnings: 1,
      couldNotCheck: 1,
      notApplicable: 1,
      foreignKeys: 5,
    });
  });

  it('has the worst first, and leaves out what does not fit, never without saying so', () => {
    const report = summarize('db', [elsewhere, rule({}), warned, unsure, violated]);
    expect(findingsOf(report).map(({ name }) => name)).toEqual(['wrong', 'unsure', 'warned', 'elsewhere']);
    const first = Buffer.byteLength(JSON.stringify(violated)) + 1;
    expect(fittingFindings(report, first)).toEqual({ findings: [violated], leftOut: 3 });
    expect(fittingFindings(report, first - 1)).toEqual({ findings: [], leftOut: 4 });
    const samples = Array.from({ length: 20 }, (_, n) => ({ id: String(n).repeat(50) }));
    const { findings } = fittingFindings(summarize('db', [rule({ ...violated, samples })]), first + 400);
    expect(findings[0]?.samples).toEqual(samples.slice(0, 3));
  });
});

describe('the rules of a configuration', () => {
  const refused = (integrity: unknown) =>
    refusalOf(() => parseConfig({ integrity }, 'x'), ConfigurationError);

  it('are those of the team, unless it has its own', () => {
    expect(DEFAULT_CONFIG.integrity.rules.map(({ name, severity }) => [name, severity])).toEqual([
      ['orphaned-stories', 'error'],
      ['orphaned-video-generations', 'error'],
      ['user-roles', 'error'],
    ]);
    expect(parseConfig({ integrity: { rules: [] } }, 'x').integrity).toEqual({
      ruleTimeoutSeconds: 300,
      rules: [],
    });
  });

  it.each([
    [
      'integrity.rules.0: expected name, severity (error or warning) and one of: sql;',
      { rules: [{ name: 'x' }] },
    ],
    ['integrity.rules.0.sql: ', { rules: [{ name: 'x', sql: '' }] }],
    ['integrity.rules.0.name: expected up to 63', { rules: [{ name: 'X y', sql: 'SELECT 1' }] }],
    [
      'integrity.rules.0.name: expected a name that is no kind',
      { rules: [{ name: 'foreign-key', sql: 'x' }] },
    ],
    ['integrity.rules.0.name: expected a name that is no kind', { rules: [{ name: 'sql', sql: 'x' }] }],
    [
      'integrity.rules.0: expected name, severity (error or warning)',
      { rules: [{ name: 'x', sql: 'SELECT 1', severity: 'fatal' }] },
    ],
    [
      'integrity.rules.0: Unrecognized key: "table"',
      { rules: [{ name: 'x', sql: 'SELECT 1', table: 'users' }] },
    ],
    ['integrity.rules.0: expected', { rules: [{ name: 'x', orphans: 't', along: { column: 1 } }] }],
    ['integrity.rules.0.values: ', { rules: [{ name: 'x', table: 'users', column: 'role', values: [] }] }],
    [
      'integrity.rules: expected a different name',
      {
        rules: [
          { name: 'x', sql: 'a' },
          { name: 'x', sql: 'b' },
        ],
      },
    ],
    ['integrity.ruleTimeoutSeconds: ', { ruleTimeoutSeconds: 0 }],
  ])('are refused: %s', (message, integrity) => {
    expect(refused(integrity)).toContain(message);
  });

  it('must fit into what a function takes', () => {
    const rules = [{ name: 'x', sql: `SELECT 1 -- ${'x'.repeat(3000)}` }];
    const environment = { name: 'test', alertEmails: ['a@b.example'], engine: { integrity: { rules } } };
    expect(refusalOf(() => parseEnvironment(environment, 'x'), ConfigurationError)).toMatch(
      /engine\.integrity: its rules are 30\d\d bytes of JSON, and a function takes 3000/,
    );
  });
});

describe('a name for people', () => {
  it.each([
    [['public', 'users'], 'public.users'],
    [['공개', '사용자_1'], '공개.사용자_1'],
    [['a.b', 'c'], '"a.b".c'],
    [['Public', 'say "x"'], '"Public"."say ""x"""'],
  ])('%j is unambiguous: %s', (parts, expected) => {
    expect(displayName(...parts)).toBe(expected);
  });
});
