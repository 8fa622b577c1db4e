import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainFailure, failureSchema } from '../../core/failure/explain.ts';
import { STEPS, type Step } from '../../core/failure/findings.ts';
import { TASK_START_ERRORS, WORKFLOW_ERROR } from '../../core/names.ts';

const EXECUTION = {
  id: 'arn:aws:states:ap-northeast-2:123456789012:execution:production-backup:run-1',
  name: 'run-1',
  startedAt: '2026-11-24T02:00:00Z',
};
const TASK = 'arn:aws:ecs:ap-northeast-2:123456789012:task/cluster/0123456789abcdef';

function explain(step: Step, error: string, cause?: string, input: unknown = { kind: 'daily' }) {
  const caught = cause === undefined ? { Error: error } : { Error: error, Cause: cause };
  return explainFailure(
    'production',
    failureSchema.parse({ failure: { [step]: caught }, input, execution: EXECUTION }),
  );
}

describe('the way to the log', () => {
  const logs = { backup: 'Stack-WriterLogs-x', verify: '/a/b' };
  const messageOf = (step: Step, cause: string) =>
    explainFailure(
      'production',
      failureSchema.parse({
        failure: { [step]: { Error: 'States.TaskFailed', Cause: cause } },
        input: {},
        execution: EXECUTION,
      }),
      logs,
    ).message;
  const CONSOLE =
    'https://ap-northeast-2.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-2#logsV2:log-groups/log-group';

  it('leads to what the task itself said', () => {
    expect(messageOf('backup', taskCause(1))).toContain(
      `Log: ${CONSOLE}/Stack-WriterLogs-x/log-events/engine$252Fengine$252F0123456789abcdef\n`,
    );
  });

  it('leads to all of the log where no task is known, and nowhere for a step without one', () => {
    expect(messageOf('verify', '')).toContain(`Log: ${CONSOLE}/$252Fa$252Fb\n`);
    expect(messageOf('retention', '')).not.toContain('Log:');
  });
});

/** The cause `ecs:runTask.sync` gives when a task has stopped. */
function taskCause(
  exitCode: number | undefined,
  reason: { StoppedReason?: string; Reason?: string } = {},
): string {
  const container = {
    Name: 'engine',
    LastStatus: 'STOPPED',
    ...(exitCode === undefined ? {} : { ExitCode: exitCode }),
  };
  return JSON.stringify({
    TaskArn: TASK,
    StopCode: 'EssentialContainerExited',
    StoppedReason: reason.StoppedReason ?? 'Essential container in task exited',
    Containers: [{ ...container, ...(reason.Reason === undefined ? {} : { Reason: reason.Reason }) }],
    Overrides: {
      ContainerOverrides: [{ Name: 'engine', Environment: [{ Name: 'DATABASE_URL', Value: 'geheim' }] }],
    },
  });
}

describe('the explanation of a failure', () => {
  it.each([
    ['backup', 1, WORKFLOW_ERROR.backupFailed, "the engine's backup failed (exit code 1)"],
    ['backup', 2, WORKFLOW_ERROR.verificationFailed, 'could not be verified (exit code 2)'],
    ['backup', 3, WORKFLOW_ERROR.configurationInvalid, 'refused its configuration'],
    ['backup', 137, WORKFLOW_ERROR.backupFailed, "the engine's backup was killed (exit code 137"],
    ['backup', 139, WORKFLOW_ERROR.backupFailed, 'ended with exit code 139, which it does not use itself'],
    ['verify', 1, WORKFLOW_ERROR.verificationFailed, "the engine's verify failed (exit code 1)"],
    ['verify', 2, WORKFLOW_ERROR.verificationFailed, 'exit code 2'],
    ['verify', 3, WORKFLOW_ERROR.configurationInvalid, 'exit code 3'],
    ['verify', 137, WORKFLOW_ERROR.verificationFailed, 'exit code 137'],
  ] as const)('of %s with exit code %i is %s', (step, exitCode, name, says) => {
    const { error, cause, message } = explain(step, 'States.TaskFailed', taskCause(exitCode));
    expect(error).toBe(name);
    expect(cause).toContain(says);
    if (exitCode !== 137) expect(message).toContain(TASK);
  });

  it('says what ECS says of a container that was killed for memory', () => {
    const reason = 'OutOfMemoryError: Container killed due to memory usage';
    const { cause, message } = explain('backup', 'States.TaskFailed', taskCause(137, { Reason: reason }));
    expect(cause).toContain(reason);
    expect(message).toContain('raise task.memoryMiB');
  });

  it('of a task whose container never ran is that it did not start, and why', () => {
    const StoppedReason = 'CannotPullContainerError: pull image manifest has been retried 5 times';
    const { error, cause } = explain('verify', 'States.TaskFailed', taskCause(undefined, { StoppedReason }));
    expect(error).toBe(WORKFLOW_ERROR.taskNotStarted);
    expect(cause).toBe(`the task of the verify step did not start: ${StoppedReason}`);
  });

  it.each(TASK_START_ERRORS)('of %s is that the task did not start', (name) => {
    const { error, cause } = explain('backup', name, 'Rate exceeded');
    expect(error).toBe(WORKFLOW_ERROR.taskNotStarted);
    expect(cause).toContain('Rate exceeded');
  });

  it('names the reasons of an answer in which no task came to be', () => {
    const cause = JSON.stringify({
      Failures: [{ Arn: 'x', Reason: 'Capacity is unavailable at this time' }],
      Tasks: [],
    });
    expect(explain('backup', 'AmazonECS.Unknown', cause).cause).toBe(
      'the task of the backup step did not start: Capacity is unavailable at this time',
    );
  });

  it.each(STEPS)('of a timeout of %s needs no cause', (step) => {
    const { error, cause } = explain(step, 'States.Timeout');
    expect(error).toBe(WORKFLOW_ERROR.timedOut);
    expect(cause).toContain(`the ${step} step was not done within its time limit`);
  });

  it('of a wrong input is the sentence that was written for whoever typed it', () => {
    const errorMessage = 'the input cannot be used: kind: monthly';
    const cause = JSON.stringify({ errorType: 'WorkflowInputInvalid', errorMessage, trace: ['at x'] });
    const explained = explain('plan', WORKFLOW_ERROR.inputInvalid, cause, { kind: '매월' });
    expect(explained).toMatchObject({ error: WORKFLOW_ERROR.inputInvalid, cause: errorMessage });
    expect(explained.subject).toBe('VideoPlanet Backup (production): backup failed, WorkflowInputInvalid');
    expect(explained.message).toContain('nothing was done');
  });

  it.each([
    ['retention', 'RetentionFailed', WORKFLOW_ERROR.retentionFailed],
    ['retention', 'Sandbox.Timedout', WORKFLOW_ERROR.retentionFailed],
    ['plan', 'Lambda.ServiceException', WORKFLOW_ERROR.unexpected],
    ['audit', 'StorageError', WORKFLOW_ERROR.unexpected],
    ['backup', 'States.TaskFailed', WORKFLOW_ERROR.unexpected],
  ] as const)('of %s with %s is %s, with what was said', (step, name, expected) => {
    const { error, cause } = explain(step, name, JSON.stringify({ errorMessage: 'said so' }));
    expect(error).toBe(expected);
    expect(cause).toContain('said so');
  });

  it.each([
    ['plan', 'this slot has no backup'],
    ['backup', 'this slot has no backup'],
    ['verify', 'nobody may rely on it'],
    ['retention', 'the new set is made and verified'],
    ['audit', 'the new set is made and verified'],
  ] as const)('says after %s what stands: %s', (step, says) => {
    expect(explain(step, 'States.Timeout').message).toContain(
      `What it means: ${says.startsWith('nobody') ? 'there is a new set, and ' : ''}${says}`,
    );
  });

  it('has a mail with what happened, what it means, what to do, the execution and the runbook', () => {
    const { subject, message } = explain('verify', 'States.TaskFailed', taskCause(1));
    expect(subject).toBe('VideoPlanet Backup (production): daily backup failed, BackupVerificationFailed');
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      'What happened',
      'What it means',
      'What to do',
      '',
      'Environment',
      'Execution',
      'Started',
      'Runbook',
    ]);
    expect(message).toContain(
      `https://ap-northeast-2.console.aws.amazon.com/states/home?region=ap-northeast-2#/v2/executions/details/${EXECUTION.id}`,
    );
    expect(message).toContain('docs/runbook.md#backupverificationfailed');
  });

  it('repeats nothing of the task’s environment', () => {
    expect(JSON.stringify(explain('backup', 'States.TaskFailed', taskCause(1)))).not.toContain('geheim');
  });

  it('says that much when it is not told which step failed', () => {
    const { error, cause } = explainFailure('production', { failure: {}, input: {}, execution: EXECUTION });
    expect([error, cause]).toEqual([
      WORKFLOW_ERROR.unexpected,
      'something failed that the workflow does not name',
    ]);
  });

  it('is always one of our names, one line of cause, and a subject SNS takes', () => {
    const anything = fc.oneof(fc.string(), fc.constant('two\nlines'), fc.json({ maxDepth: 2 }));
    const typed = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(fc.constantFrom(...STEPS), fc.string(), anything, typed, (step, name, cause, input) => {
        const explained = explain(step, name, cause, input);
        expect(Object.values(WORKFLOW_ERROR)).toContain(explained.error);
        expect(explained.subject).toMatch(/^[\x20-\x7e]{1,99}$/);
        expect(explained.cause).not.toContain('\n');
        expect(explained.cause.length).toBeLessThan(1000);
      }),
    );
  });
});
