import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportOf } from '../../core/restore-report.ts';

const ended = (exitCode: number | undefined) => ({
  Error: 'States.TaskFailed',
  Cause: JSON.stringify({
    TaskArn: 'arn:aws:ecs:r:1:task/c/1',
    Containers: [exitCode === undefined ? {} : { ExitCode: exitCode }],
  }),
});
const said = (result: Record<string, unknown>) => `${JSON.stringify(result)}\n`;

describe('the report of a run', () => {
  it.each([
    ['nothing was caught', undefined, 'verified', 0],
    ['exit code 1', ended(1), 'failed', 1],
    ['exit code 2', ended(2), 'not-verified', 2],
    ['exit code 3', ended(3), 'refused', 3],
    ['a kill', ended(137), 'killed', 137],
    ['a task without an exit code', ended(undefined), 'not-started', null],
    ['no task at all', { Error: 'ECS.ServerException', Cause: 'capacity' }, 'not-started', null],
    ['a time-out', { Error: 'States.Timeout', Cause: '' }, 'timed-out', null],
  ])('by the end of the task: %s', (_what, caught, end, exitCode) => {
    expect(reportOf(undefined, caught)).toMatchObject({ ended: end, exitCode });
  });

  it('says what a full restore said', () => {
    const text = said({
      outcome: 'verified',
      id: 'daily-1',
      restoreId: 'r',
      tables: 18,
      rows: '9',
      notVerified: [],
      replacedDatabaseKeptAs: 'old',
    });
    expect(reportOf(text, undefined)).toEqual({
      ended: 'verified',
      exitCode: 0,
      outcome: 'verified',
      restoreId: 'r',
      setId: 'daily-1',
      notVerified: [],
      keptAs: 'old',
      counts: { tables: 18, rows: '9', changed: null },
      plan: null,
      error: null,
    });
  });

  it('sums up what a restore of tables or rows did', () => {
    const table = (inserted: number) => ({
      table: 'public.a',
      inserted,
      updated: 1,
      unchanged: 4,
      deleted: 2,
    });
    expect(reportOf(said({ tables: [table(1), table(2)] }), undefined).counts).toEqual({
      tables: 2,
      rows: null,
      changed: { inserted: 3, updated: 2, deleted: 4 },
    });
  });

  it('goes by the task where the two differ: a run may be killed after it wrote', () => {
    expect(reportOf(said({ exitCode: 0, outcome: 'verified' }), ended(137)).ended).toBe('killed');
  });

  it('says that it does not know what was not proved, where nobody could say', () => {
    expect(reportOf(undefined, ended(2)).notVerified).toEqual([expect.stringContaining('could not be read')]);
    expect(reportOf(said({ notVerified: ['index i'] }), ended(2)).notVerified).toEqual(['index i']);
  });

  it('takes half a line, another format and no object for nothing', () => {
    for (const text of ['{"verb":', '[]', '"x"', '{"tables":"many"}', '{"error":1}'])
      expect(reportOf(text, ended(1))).toMatchObject({ ended: 'failed', setId: null, error: null });
  });

  it('fits into a state, however much a run says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 9000 }), (many, long) => {
        const word = '가'.repeat(long);
        const report = reportOf(
          said({
            notVerified: Array(many * 10).fill(word),
            plan: { tables: Array(many).fill(word) },
            error: { name: 'E', message: word },
          }),
          ended(2),
        );
        expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(128 * 1024);
      }),
      { numRuns: 20 },
    );
  });
});
