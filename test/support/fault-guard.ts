import { readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type EngineEnd, type EngineRun, startEngine } from './engine.ts';
import type { FaultRun } from './fault-run.ts';

/** A process that a run has started; found in /proc, so on Linux only. */
export interface Started {
  readonly pid: number;
  /** Program and arguments. */
  readonly command: readonly string[];
}

/** Every living process that has the run's temporary directory in its environment, as all its children have. */
export async function processesOf(tmp: string): Promise<Started[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [environment, command] = await Promise.all(
        // a process may end while it is looked at
        ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      );
      const ours = environment?.split('\0').includes(`TMPDIR=${tmp}`) ?? false;
      return ours ? [{ pid: Number(pid), command: command?.split('\0') ?? [] }] : [];
    }),
  );
  return found.flat();
}

/**
 * Kills all of a run's processes of one program, as soon as there are any. All, for the one that is held up by a fault
 * looks like those that are about to end by themselves.
 */
export async function killAll(run: FaultRun, program: string): Promise<void> {
  for (;;) {
    const found = await processesOf(run.tmp);
    const victims = found.filter(({ command }) => command[0]?.endsWith(program));
    for (const { pid } of victims) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    }
    if (victims.length > 0) return;
    await sleep(5);
  }
}

/** Starts a verb in the run's own temporary directory. */
export function startIn(run: FaultRun, args: readonly string[], env: Record<string, string> = {}): EngineRun {
  return startEngine(args, { ...run.env, ...env });
}

/** Runs a verb to its end; whatever that is, it leaves no process, no file and no secret behind. */
export async function runIn(
  run: FaultRun,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<EngineEnd> {
  const end = await startIn(run, args, env).end;
  await expectNothingLeft(run, end, env);
  return end;
}

export async function expectNothingLeft(
  run: FaultRun,
  end: EngineEnd,
  env: Record<string, string> = {},
): Promise<void> {
  const said = end.stdout + end.stderr;
  // a process that was told to end needs a moment to be gone
  for (let look = 0; look < 100 && (await processesOf(run.tmp)).length > 0; look += 1) await sleep(50);
  expect(await processesOf(run.tmp)).toEqual([]);
  expect(await readdir(run.tmp), said).toEqual([]);
  for (const secret of secretsOf({ ...run.env, ...env })) expect(said).not.toContain(secret);
}

/** What of an environment must never be printed: passwords of connection strings, passphrase, lines of private keys. */
function secretsOf(env: Record<string, string>): string[] {
  const passwords = [env.DATABASE_URL, env.TARGET_DATABASE_URL].flatMap((url) => {
    const encoded = /^\w+:\/\/[^:@/]*:([^@]+)@/.exec(url ?? '')?.[1];
    if (encoded === undefined) return [];
    // one of the connection strings under test is wrongly encoded
    return /%(?![0-9A-F]{2})/i.test(encoded) ? [encoded] : [encoded, decodeURIComponent(encoded)];
  });
  const keyLines = [env.GPG_PRIVATE_KEY, env.GPG_PUBLIC_KEY]
    .filter((text) => text?.includes('PRIVATE KEY'))
    .flatMap((text) => text?.split('\n').filter((line) => line.length > 40) ?? []);
  return [...passwords, ...keyLines, ...(env.GPG_PASSPHRASE === undefined ? [] : [env.GPG_PASSPHRASE])];
}

/** The last line names the error, and its message says what a person needs. */
export function expectError(end: EngineEnd, exitCode: 1 | 3, name: string, says: RegExp): void {
  expect(end, end.stderr + end.stdout).toMatchObject({
    exitCode,
    result: {
      exitCode,
      outcome: exitCode === 1 ? 'failed' : 'bad-input',
      error: { name, message: expect.stringMatching(says) },
    },
  });
}

/** The URL with a password, which a server that trusts everybody takes and which must not be printed. */
export function withPassword(url: string): string {
  const changed = new URL(url);
  changed.password = 'Never/Printed:4711';
  return changed.href;
}

/** The whole promise about bad input: exit 3, an error that says what is wrong, and nothing done (spec B7). */
export async function expectRefused(
  run: FaultRun,
  args: readonly string[],
  env: Record<string, string>,
  [name, says]: readonly [name: string, says: RegExp],
): Promise<void> {
  const before = await run.bucket.keys();
  expectError(await runIn(run, args, env), 3, name, says);
  expect(await run.bucket.keys()).toEqual(before);
  expect(await run.bucket.openUploads()).toBe(0);
}

/** The same run without a variable. */
export function without(run: FaultRun, variable: string): FaultRun {
  const { [variable]: _, ...env } = run.env;
  return { ...run, env };
}

/** For a run that was killed, or that left something: ends its processes, one by one, and removes its directory. */
export async function cleanUpAfter({ tmp }: FaultRun): Promise<void> {
  for (const { pid } of await processesOf(tmp)) process.kill(pid, 'SIGKILL');
  await rm(tmp, { recursive: true, force: true });
}
