import { describe, expect, it } from 'vitest';
import { RESTORE_STEPS } from '../../core/failure/restore.ts';
import { ENV, TASK_START_ERRORS } from '../../core/names.ts';
import { CALL_TIMEOUT, longestCall } from '../../lib/function-call.ts';
import { LONGEST_THAW } from '../../lib/restore-thaw-loop.ts';
import { TASK_START_RETRY_TIME } from '../../lib/task-start-retry.ts';
import { type Definition, definitionsOf, type State, testTemplates } from '../support/stacks.ts';

const { operations } = testTemplates();
const definition = definitionsOf(operations).find(([id]) =>
  id.startsWith('RestoreStateMachine'),
)?.[1] as Definition;
const states = Object.entries(definition.States);
const tasks = states.filter(([, { Type }]) => Type === 'Task');
const state = (name: string): State => {
  const found = definition.States[name];
  if (found === undefined) throw new Error(`no state ${name} among ${Object.keys(definition.States)}`);
  return found;
};
const ENGINES = ['PreserveSource', 'PreserveTarget', 'VerifyPreserved', 'Restore', 'RestoreInPlace'];

/** Paths of JSONPath that a state reads. */
function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.match(/\$(\.\w+)+/g) ?? [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(pathsIn);
}

describe('the restore workflow', () => {
  it('runs the engine by the arguments of the plan, each run with the secrets of its purpose', () => {
    const engines = tasks.filter(([, { Resource }]) => Resource?.endsWith(':states:::ecs:runTask.sync'));
    expect(engines.map(([name]) => name).sort()).toEqual(ENGINES.toSorted());
    const task = (name: string) => String(state(name).Parameters?.TaskDefinition);
    expect(task('Restore')).toMatch(/EngineReaderDefinition/);
    expect(task('RestoreInPlace')).toMatch(/EngineInPlaceReaderDefinition/);
    expect(task('PreserveTarget')).toMatch(/EnginePreserverDefinition/);
    expect(task('PreserveSource')).toMatch(/EngineWriterDefinition/);
    expect(task('VerifyPreserved')).toMatch(/EngineVerifierDefinition/);
  });

  it.each(['Restore', 'RestoreInPlace'])('has %s write its result, and never tries a run again', (name) => {
    expect(state(name).Parameters).toMatchObject({
      Overrides: {
        ContainerOverrides: [
          {
            'Command.$': '$.plan.command',
            Environment: [
              { Name: ENV.runMinutes, 'Value.$': '$.plan.runMinutes' },
              { Name: ENV.resultKey, 'Value.$': '$.plan.resultKey' },
            ],
          },
        ],
      },
    });
    expect(state(name).Retry?.map(({ ErrorEquals }) => ErrorEquals)).toEqual([TASK_START_ERRORS]);
    expect(state(name)).toMatchObject({
      Next: 'Report',
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure.restore', Next: 'Report' }],
    });
  });

  it('tells the explanation which step failed, by names that it knows', () => {
    const named = tasks.flatMap(([, { Catch = [] }]) =>
      Catch.flatMap(({ ResultPath }) => /^\$\.failure\.(\w+)$/.exec(ResultPath)?.[1] ?? []),
    );
    expect([...new Set(named)].sort()).toEqual(RESTORE_STEPS.toSorted());
  });

  it('lets nothing that only tells or records its beginning keep a restore from going on', () => {
    for (const name of ['AuditStarted', 'TellStarted', 'TellThaw', 'TellPlanned', 'TellVerified']) {
      const { Next, Catch } = state(name);
      expect([name, Catch?.map((each) => each.Next)]).toEqual([name, [Next]]);
    }
  });

  it('reads nothing that may not be there: a path that leads nowhere ends a run uncaught', () => {
    const { Parameters = {} } = state('Receive');
    const fromStart = Object.keys(Parameters).map((name) => `$.${name.replace(/\.\$$/, '')}`);
    expect(fromStart).toEqual(['$.input', '$.failure', '$.plan', '$.report', '$.integrity', '$.thawing']);
    expect(Parameters.plan).toEqual({ facts: {} });
    for (const name of ['Explain', 'AuditFailure', 'TellFailure']) {
      const wanted = pathsIn(state(name).Parameters).filter((path) => !path.startsWith('$.explained'));
      const known = [
        ...fromStart,
        '$.plan.facts',
        '$.Execution.Id',
        '$.Execution.Name',
        '$.Execution.StartTime',
      ];
      expect([name, wanted.filter((path) => !known.includes(path))]).toEqual([name, []]);
    }
  });

  it('asks for a thaw again only after waiting as long as the answer said', () => {
    expect(state('WaitForThaw')).toMatchObject({ SecondsPath: '$.thaw.waitSeconds', Next: 'CountRound' });
    expect(state('CountRound').Next).toBe('Thaw');
    expect(state('ThawTooLong').Next).toBe('Explain');
  });

  it('has a limit beyond the sum of its longest way', () => {
    const calls = longestCall(CALL_TIMEOUT).toSeconds();
    const engine = 6 * 3600 + TASK_START_RETRY_TIME.toSeconds();
    const way = LONGEST_THAW.toSeconds() + 3 * engine + 8 * calls;
    expect(definition.TimeoutSeconds).toBeGreaterThan(way);
    // a plan of 5 minutes and a check of 15, each with its retries
    expect(definition.TimeoutSeconds).toBeLessThan(way + 4 * (5 + 15) * 60 + 120);
  });
});
