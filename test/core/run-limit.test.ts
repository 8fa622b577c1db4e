import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { ENVIRONMENTS } from '../../core/environments.ts';
import { EnvironmentError } from '../../core/errors/index.ts';
import { SCHEDULED_KINDS } from '../../core/kinds.ts';
import { runLimitMinutes, runMinutesOf } from '../../core/run-limit.ts';

describe('the limit of a run', () => {
  it.each([
    [undefined, 360],
    ['', 360],
    ['25', 25],
    ['0.5', 0.5],
    ['400', 360],
  ])('of 360 minutes with BACKUP_RUN_MINUTES=%s is %s: the shorter of both', (asked, minutes) => {
    expect(runLimitMinutes(360, asked)).toBe(minutes);
  });

  it.each(['0', '-1', 'long', 'Infinity', ' '])('refuses BACKUP_RUN_MINUTES=%j, and says why', (asked) => {
    expect(() => runLimitMinutes(360, asked)).toThrow(EnvironmentError);
    expect(() => runLimitMinutes(360, asked)).toThrow(
      `BACKUP_RUN_MINUTES is ${JSON.stringify(asked)}; expected a number of minutes above 0`,
    );
  });

  it.each(Object.entries(ENVIRONMENTS))(
    'in %s ends before the task is stopped, for every kind',
    (_, environment) => {
      for (const kind of SCHEDULED_KINDS) {
        const timeout = environment.task.timeoutMinutes[kind];
        const run = runLimitMinutes(environment.engine.limits.runMinutes, String(runMinutesOf(timeout)));
        expect([kind, run]).toEqual([kind, timeout - 5]);
      }
    },
  );

  it('is shorter for critical sets than for the whole database', () => {
    const { task } = parseEnvironment({ name: 'test', alertEmails: ['a@b.example'] }, 'a test');
    expect(SCHEDULED_KINDS.map((kind) => runMinutesOf(task.timeoutMinutes[kind]))).toEqual([
      235, 360, 45, 25,
    ]);
  });
});
