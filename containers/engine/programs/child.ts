import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Stream, Writable } from 'node:stream';
import { MissingProgramError, ProgramFailedError } from '../../../core/errors/index.ts';
import { redact } from '../../../core/redact.ts';
import { undoAtExit } from './leftovers.ts';

/** A program in the middle of a stream. */
export interface StreamProgram {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Standard error so far, the last of it where there is much. */
  readonly stderr: () => string;
  /** Settles when the program has ended: resolved for exit code 0, ProgramFailedError otherwise. */
  readonly done: Promise<void>;
}

export interface StreamProgramOptions {
  /** How messages call it, where a shell starts it; the command's own name unless said. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where standard input comes from; `pipe` unless said. */
  readonly stdin?: 'pipe' | 'ignore';
  /** Where standard output goes: to us, nowhere, or straight into another program's standard input. */
  readonly stdout?: 'pipe' | 'ignore' | Stream;
  /** Further descriptors from 3 on, as `pipe`. */
  readonly extraPipes?: number;
  /** The user to run as; only root may choose. */
  readonly uid?: number;
  readonly gid?: number;
  /** Out of reach of Ctrl-C, which a terminal sends to all of its group. */
  readonly ownGroup?: boolean;
  /** Ends the program when aborted. */
  readonly signal?: AbortSignal;
  /** What of standard error may be repeated in a message; the last of it, and of long lines the beginning, unless said. */
  readonly tell?: (stderr: string) => string;
}

/** Enough for every complaint of a restore that goes on after one. */
const KEEP_STDERR_BYTES = 1024 * 1024;
/** What of it is told: pg_dump repeats a statement that names every table of a database after the reason it failed. */
const TOLD_CHARACTERS = 4096;
const TOLD_OF_A_LINE = 400;
/** A program that ignores SIGTERM this long is killed; well inside the 20 s the engine has after SIGTERM. */
const KILL_AFTER_MS = 5000;

/**
 * Environment of every child: none of ours, which holds secrets that `/proc/<pid>/environ` would show (spec S2).
 */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LD_LIBRARY_PATH', 'SSL_CERT_FILE'];
  const inherited = kept.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(inherited), LC_ALL: 'C.UTF-8', ...extra };
}

/** Starts a program whose streams are used directly; see `StreamProgram.done` for how it ended. */
export function startProgram(
  command: string,
  args: readonly string[],
  options: StreamProgramOptions = {},
): StreamProgram {
  const started = performance.now();
  const child = spawn(command, args, {
    stdio: [
      options.stdin ?? 'pipe',
      options.stdout ?? 'pipe',
      'pipe',
      ...Array(options.extraPipes ?? 0).fill('pipe'),
    ],
    env: childEnvironment(options.env),
    detached: options.ownGroup ?? false,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const forget = undoAtExit(() => child.kill('SIGKILL'));
  child.once('close', forget).once('error', forget);
  const name = options.name ?? command.split('/').at(-1) ?? command;
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEEP_STDERR_BYTES);
  });
  // a reader that went away shows as EPIPE here and as the reader's own failure in `done`: one report is enough
  child.stdin?.on('error', () => undefined);
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new MissingProgramError(name, error) : error),
    );
    child.once('close', (exitCode, signal) => {
      if (exitCode === 0) return resolve();
      const seconds = (performance.now() - started) / 1000;
      reject(
        new ProgramFailedError(name, {
          exitCode,
          signal,
          seconds,
          stderr: (options.tell ?? shortened)(stderr),
        }),
      );
    });
  });
  // the owner awaits `done` later; until then a failure must not count as unhandled
  done.catch(() => undefined);
  endWith(child, options.signal);
  return {
    child,
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    stderr: () => stderr,
    done,
  };
}

function shortened(stderr: string): string {
  const lines = redact(stderr).split('\n');
  return lines
    .map((line) => (line.length > TOLD_OF_A_LINE ? `${line.slice(0, TOLD_OF_A_LINE)}…` : line))
    .join('\n')
    .slice(-TOLD_CHARACTERS);
}

function endWith(child: ChildProcess, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const end = () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    child.once('close', () => clearTimeout(kill));
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  child.once('close', () => signal.removeEventListener('abort', end));
}

/** Runs a program to its end and returns its standard output; for short output only. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: Omit<StreamProgramOptions, 'stdin' | 'stdout'> & { input?: string } = {},
): Promise<string> {
  const program = startProgram(command, args, {
    ...options,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
  });
  if (options.input !== undefined) program.stdin.end(options.input);
  let output = '';
  program.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await program.done;
  return output;
}
