import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHECK_IDS,
  CHECK_STATES,
  type CheckState,
  parseReport,
  serializeReport,
} from '../../../core/drill/report.ts';
import {
  checked,
  couldNotVerify,
  failuresOf,
  figure,
  judged,
  notRun,
  notRunOf,
  unprovedOf,
  verdictOf,
} from '../../../core/drill/verdict.ts';
import { failedDrill } from '../../support/drill-reports.ts';

const of = (...states: CheckState[]) => states.map((state) => checked('tables', state));

describe('the verdict of a drill', () => {
  it.each([
    ['verified', of('verified', 'verified')],
    ['verified', of('verified', 'not-run')],
    ['failed', of('verified', 'failed', 'could-not-verify', 'not-run')],
    ['could-not-verify', of('verified', 'could-not-verify')],
    ['could-not-verify', of('not-run')],
    ['could-not-verify', []],
  ] as const)('is %s', (verdict, checks) => {
    expect(verdictOf(checks)).toBe(verdict);
  });

  it('is never better for one more check that is not verified', () => {
    const rank = ['verified', 'could-not-verify', 'failed'];
    const states = fc.array(fc.constantFrom(...CHECK_STATES));
    fc.assert(
      fc.property(states, fc.constantFrom('failed', 'could-not-verify', 'not-run'), (before, more) => {
        const [a, b] = [verdictOf(of(...before)), verdictOf(of(...before, more as CheckState))];
        expect(rank.indexOf(b)).toBeGreaterThanOrEqual(rank.indexOf(a));
      }),
    );
  });
});

describe('a check', () => {
  it('is wrong where anything is, and unknown where anything else is', () => {
    expect(judged('roles', { wrong: [] })).toMatchObject({ state: 'verified', findings: [] });
    expect(judged('roles', { wrong: [], unknown: ['u'] })).toMatchObject({
      state: 'could-not-verify',
      findings: ['u'],
    });
    expect(judged('roles', { wrong: ['w'], unknown: ['u'] })).toMatchObject({
      state: 'failed',
      findings: ['w', 'u'],
    });
    expect(notRun('roles', 'why')).toMatchObject({ state: 'not-run', findings: ['why'] });
    expect(couldNotVerify('roles', 'why')).toMatchObject({ state: 'could-not-verify', findings: ['why'] });
  });

  it('lists a hundred findings and says how many more there are', () => {
    const check = judged('tables', { wrong: Array.from({ length: 101 }, (_, i) => `table ${i}`) });
    expect(check).toMatchObject({ state: 'failed', findingsLeftOut: 1 });
    expect(check.findings).toHaveLength(100);
    expect(judged('tables', { wrong: check.findings })).toMatchObject({ findingsLeftOut: 0 });
    expect(failuresOf([check]).at(-1)).toBe('tables: 1 more that are not listed');
  });

  it('rounds its figures to a thousandth', () => {
    expect(figure('p95', 1.23456, 'milliseconds')).toEqual({
      name: 'p95',
      value: 1.235,
      unit: 'milliseconds',
    });
  });

  it('is told by its name, each finding by itself, under its own state alone', () => {
    const checks = [
      checked('set', 'verified'),
      checked('roles', 'failed', ['a is missing', 'b is missing']),
      checked('rto', 'failed'),
      couldNotVerify('files', 'no inventory'),
      notRun('api', 'no API'),
    ];
    expect(failuresOf(checks)).toEqual(['roles: a is missing', 'roles: b is missing', 'rto']);
    expect(unprovedOf(checks)).toEqual(['files: no inventory']);
    expect(notRunOf(checks)).toEqual(['api: no API']);
  });
});

describe('a report', () => {
  it('is read back as it was written', () => {
    const report = failedDrill();
    expect(parseReport(serializeReport(report))).toEqual(report);
  });

  it.each([
    '',
    'null',
    '{}',
    '[]',
    serializeReport(failedDrill()).slice(0, -10),
    JSON.stringify({ ...failedDrill(), formatVersion: 2 }),
    JSON.stringify({ ...failedDrill(), format: 'videoplanet-backup' }),
    JSON.stringify({ ...failedDrill(), more: 1 }),
  ])('is not any other text', (text) => {
    expect(parseReport(text)).toBeUndefined();
  });

  it('knows each check once', () => {
    expect(new Set(CHECK_IDS).size).toBe(CHECK_IDS.length);
  });
});
