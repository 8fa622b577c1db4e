import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_GRACE_MS = 10_000;
const READY_POLL_MS = 25;
const LOG_TAIL_LINES = 20;

/** How to start a server that lives no longer than this process. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The user to run as; only root may choose. */
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd: string;
  /** Gets what the server prints on stdout and stderr; appended to. */
  readonly logFile: string;
  /** Asks the server to end; SIGKILL follows when it does not. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
}

/** A server process started by startServer(). */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the server answers; `isReady` is asked again and again. */
  waitUntil(isReady: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void>;
  /** Ends the process and resolves when it is gone; harmless when it is already. */
  stop(): Promise<void>;
}

/** A server ended, or did not answer in time, while it was being started. */
export class ServerDidNotStart extends Error {
  override readonly name = 'ServerDidNotStart';

  constructor(program: string, outcome: string, log: string) {
    const tail = log.trim().split('\n').slice(-LOG_TAIL_LINES).join('\n');
    super(`${program} ${outcome}, expected it to answer. See why in the end of its log:\n${tail}`);
  }
}

/**
 * Starts a server. It is ended by stop() and, through the watchdog, whenever this process ends: normally,
 * by an error or by any signal, SIGKILL included.
 *
 * @throws {ServerDidNotStart} the program cannot be executed
 */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  // A descriptor, not a pipe: the server must be able to write while our event loop is busy.
  const log = openSync(command.logFile, 'a');
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    ...(command.uid !== undefined && { uid: command.uid }),
    ...(command.gid !== undefined && { gid: command.gid }),
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw failure(command, `could not be executed (${error instanceof Error ? error.message : error})`);
  }
  return supervise(child, command);
}

function failure(command: ServerCommand, outcome: string): ServerDidNotStart {
  return new ServerDidNotStart(command.program, outcome, readFileSync(command.logFile, 'utf8'));
}

function supervise(child: ChildProcess, command: ServerCommand): ServerProcess {
  adoptProcess(child, command.stopSignal);
  const end = once(child, 'exit');
  const outcome = (): string | number | null => child.signalCode ?? child.exitCode;
  const stop = async (): Promise<void> => {
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    if (outcome() === null) child.kill(command.stopSignal);
    await end;
    clearTimeout(force);
  };
  return {
    pid: child.pid ?? 0,
    stop,
    async waitUntil(isReady, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (outcome() === null && !(await isReady())) {
        if (Date.now() > deadline) {
          await stop();
          throw failure(command, `did not answer within ${timeoutMs} ms`);
        }
        await sleep(READY_POLL_MS);
      }
      // Asked last: an answer may come from another server that took the port and made ours end.
      if (outcome() !== null) throw failure(command, `ended with ${outcome()}`);
    },
  };
}

/**
 * Has the watchdog end a process that this one started, should this one end first: by the signal, and five seconds
 * later by SIGKILL. A process that could not be started is none.
 *
 * @param options `group`: the process leads a process group, all of which is ended
 */
export function adoptProcess(
  child: ChildProcess,
  stopSignal: 'SIGINT' | 'SIGTERM',
  options: { readonly group?: boolean } = {},
): void {
  if (child.pid === undefined) return;
  // a negative number means the group, to kill(2) as to the watchdog
  const target = options.group ? -child.pid : child.pid;
  tellWatchdog(`+pid ${target} ${stopSignal}`);
  child.once('exit', () => tellWatchdog(`-pid ${target}`));
}

/** Has the watchdog remove a directory, should this process end before removeDirectory() is called. */
export function adoptDirectory(directory: string): void {
  tellWatchdog(`+dir ${directory}`);
}

/** Removes an adopted directory with all it holds. */
export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  tellWatchdog(`-dir ${directory}`);
}

/**
 * A TCP port of 127.0.0.1 that nothing listens on at the moment. Another process may take it before its
 * use, so a server that then fails to start deserves another try.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : freePort();
}

let watchdogInput: Writable | undefined;

function tellWatchdog(line: string): void {
  watchdogInput ??= startWatchdog();
  watchdogInput.write(`${line}\n`);
}

/** Detached, so that a Ctrl-C in the terminal reaches us but not the one who cleans up after us. */
function startWatchdog(): Writable {
  const script = join(import.meta.dirname, 'setup', 'watchdog.mjs');
  const watchdog = spawn(process.execPath, [script], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const input = watchdog.stdin;
  watchdog.unref();
  // Should somebody end the watchdog, the servers lose their safety net and nothing else.
  input.on('error', () => {});
  // The pipe must not keep this process alive either; a pipe is a net.Socket, which Writable hides.
  if ('unref' in input && typeof input.unref === 'function') input.unref();
  return input;
}
