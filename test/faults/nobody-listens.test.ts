import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type EngineEnd, makeDatabase, startProcess } from '../support/engine.ts';
import { expectError, expectNothingLeft, expectRefused, runIn } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';
import { said } from '../support/runs.ts';

const MAIN = new URL('../../containers/engine/main.ts', import.meta.url).pathname;
const DAILY = ['backup', '--kind', 'daily'];
let run: FaultRun;
let slots = 0;
beforeAll(async () => {
  const source = await makeDatabase(15);
  await source.query('CREATE TABLE films AS SELECT 1 AS id');
  run = await prepareRun(source, {});
});

/** Arguments for the set of a slot that no other test uses. */
function nextSlot(): string[] {
  slots += 1;
  return [...DAILY, '--slot', `2026-01-01T00:${String(slots).padStart(2, '0')}:00Z`];
}

/** The engine in a line of a shell; `"$@"` is where it stands, and its exit code must be that of the line. */
function inShell(line: string, args: readonly string[]): Promise<EngineEnd> {
  const { PATH = '', HOME = '' } = process.env;
  const script = ['-c', line, 'bash', process.execPath, MAIN, ...args];
  return startProcess('/bin/bash', script, { PATH, HOME, ...run.env, TMPDIR: run.tmp }).end;
}

describe('a run goes on, and its exit code is right, when', () => {
  const status = 'exit $' + '{PIPESTATUS[0]}';
  it.each([
    ['nobody reads standard output', `"$@" | true; ${status}`, false],
    ['standard output is closed', '"$@" >&-', false],
    ['standard output cannot be written to', '"$@" >/dev/full', false],
    ['nobody reads standard error', `{ "$@" 2>&1 >&3 | true; ${status}; } 3>&1`, true],
    ['standard error is closed', '"$@" 2>&-', true],
    ['standard error cannot be written to', '"$@" 2>/dev/full', true],
    ['nobody reads either', `"$@" 2>&1 | true; ${status}`, false],
  ])('%s', async (_, line, answers) => {
    const args = nextSlot();
    const end = await inShell(line, args);
    expect(end.exitCode, said(end)).toBe(0);
    expect(said(end)).not.toMatch(/EPIPE|ENOSPC|EBADF|node:/);
    if (answers) expect(end.result).toMatchObject({ exitCode: 0, outcome: 'verified' });
    await expectNothingLeft(run, end);
    const list = await runIn(run, ['list']);
    expect(list.result.sets[0]).toMatchObject({ state: 'verified' });
    expect(list.result.sets).toHaveLength(slots);

    const bad = await inShell(line, ['verify', 'daily-20200101T000000Z']);
    expect(bad.exitCode, said(bad)).toBe(3);
    expect(await readdir(run.tmp)).toEqual([]);
  });
});

describe('LOG_LEVEL', () => {
  it.each(['', ' ', 'INFO', 'warn', 'silent'])('is taken: %j', async (LOG_LEVEL) => {
    const end = await runIn(run, nextSlot(), { LOG_LEVEL });
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(end.stderr.includes('backup started')).toBe(!/warn|silent/.test(LOG_LEVEL));
  });

  it.each(['loud', '30', 'constructor'])('that is none is refused in words: %s', async (LOG_LEVEL) => {
    const refusal = ['EnvironmentError', /^LOG_LEVEL is .*; expected trace, debug, info, warn/] as const;
    await expectRefused(run, DAILY, { LOG_LEVEL }, refusal);
    expectError(await runIn(run, ['list'], { LOG_LEVEL }), 3, ...refusal);
  });
});
