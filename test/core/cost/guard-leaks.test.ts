import { describe, expect, it } from 'vitest';
import { findingsOf, judge } from '../../../core/cost/guard.ts';
import { overdueTasks, staleUploads } from '../../../core/cost/guard-leaks.ts';

const NOW = new Date('2026-11-11T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const task = (minutes: number, runMinutes: number | null) => ({
  id: 'abc',
  family: 'Writer',
  startedAt: minutesAgo(minutes),
  runMinutes,
});
const LONGEST = 365;

describe('a task', () => {
  it.each([
    ['within its limit', 20, 25, false],
    ['within the hour after it', 85, 25, false],
    ['past that', 86, 25, true],
    ['of which nobody knows a limit, within the longest', 425, null, false],
    ['of which nobody knows a limit, past the longest', 426, null, true],
    ['that has not begun by our clock', -5, 25, false],
  ])('%s', (_, minutes, limit, expected) => {
    expect(overdueTasks([task(minutes, limit)], LONGEST, NOW)).toHaveLength(expected ? 1 : 0);
  });

  it('that is overdue is named, with its age, and is not to be stopped blindly', () => {
    const facts = { ageDays: 1, tasks: [task(600, 235)], problems: [] };
    const settings = {
      ...{ ceilingUsd: 1, scope: 'account' as const, longestTaskMinutes: LONGEST, projects: false },
      curve: [{ months: 0, awsUsd: 1, storedGb: 1 }],
    };
    const [finding] = findingsOf(facts, judge(facts, settings, NOW), settings, 'on');
    expect(finding?.en).toBe(
      'The task abc (Writer) runs since 2026-11-11T02:00Z, 10 hours, past its limit: it is billed and holds a snapshot of the database. See what it does before you stop it.',
    );
    expect(finding?.ko).toContain('멈추기 전에');
  });
});

describe('an upload', () => {
  const upload = (key: string, minutes: number) => ({ key, startedAt: minutesAgo(minutes) });

  it('is stale when no run can be at it any more; the oldest come first', () => {
    const all = [upload('now', 1), upload('running', 425), upload('dead', 426), upload('older', 3000)];
    expect(staleUploads(all, LONGEST, NOW).map(({ key }) => key)).toEqual(['older', 'dead']);
    expect(staleUploads([], LONGEST, NOW)).toEqual([]);
  });
});
