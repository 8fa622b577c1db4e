import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reason, TaskPostgresError } from '../../../core/errors/index.ts';
import { type StreamProgram, startProgram } from '../programs/child.ts';
import type { ServerAccount } from './server-account.ts';

/**
 * Runs a program for as long as standard input is open: it closes when this process ends, by whatever signal, and takes the
 * program and its directory with it. "$1" is what is removed, and the empty directory above it, the rest the command. The
 * one that waits for the end of input also removes, for the other is killed where the engine ends in a hurry.
 */
const GUARD = `
  place=$1; shift
  exec 3<&0 </dev/null
  "$@" 3<&- & program=$!
  lives() { kill -0 "$program"; }
  within() { for i in $(seq "$1"); do lives || return 0; sleep 0.1; done; }
  ( while read -r line <&3; do :; done
    trap '' TERM
    kill -INT "$program"; within 60
    if lives; then kill -QUIT "$program"; within 30; fi
    if lives; then kill -KILL "$program"; sleep 1; fi
    rm -rf "$place" || { sleep 1; rm -rf "$place"; }
    rmdir "\${place%/*}" ) 2>/dev/null &
  guard=$!
  trap '' INT TERM HUP
  { wait "$program"; } 2>/dev/null; ended=$?
  kill -TERM "$guard" 2>/dev/null
  wait "$guard" 2>/dev/null
  [ "$ended" -le 128 ] || kill -"$((ended - 128))" $$
  exit "$ended"`;

/** Of what a server says, most is about its daily work. */
const LAST_LINES = 10;
const START_MS = 60_000;
const POLL_MS = 25;
/** Longer than the guard waits before it kills. */
const STOP_MS = 12_000;
/** The line of postmaster.pid, counted from 0, that says "ready" once connections are accepted. */
const STATUS_LINE = 7;

/** Where a program works that must not outlive the engine. */
export interface GuardedPlace {
  /** Goes with the program when the engine ends. */
  readonly place: string;
  readonly account: ServerAccount;
}

/**
 * Starts a program that ends with this process, however that ends: when killed, too. In a group of its own, for Ctrl-C is
 * meant for the engine, which then ends it in its turn.
 */
export function startGuarded(
  command: string,
  args: readonly string[],
  { place, account }: GuardedPlace,
): StreamProgram {
  return startProgram('sh', ['-c', GUARD, 'sh', place, command, ...args], {
    name: basename(command),
    tell: (stderr) => stderr.trim().split('\n').slice(-LAST_LINES).join(' · '),
    stdout: 'ignore',
    ownGroup: true,
    ...account,
  });
}

/** A running server. */
export interface ServerProcess {
  /** @throws TaskPostgresError when it had ended by itself */
  stop(): Promise<void>;
}

/**
 * Starts a server on a data directory and waits until it takes connections.
 * @param place holds `data`
 * @throws TaskPostgresError with the end of its log
 */
export async function startServer(
  postgres: string,
  { place, account, signal }: GuardedPlace & { signal: AbortSignal },
): Promise<ServerProcess> {
  const data = join(place, 'data');
  const program = startGuarded(postgres, ['-D', data], { place, account });
  let ended: string | undefined;
  program.done.then(
    () => {
      ended = 'postgres ended with exit code 0, and nobody had told it to';
    },
    (error: unknown) => {
      ended = reason(error);
    },
  );
  const stop = () => stopServer(program, () => ended);
  const deadline = Date.now() + START_MS;
  while (!(await isReady(data))) {
    if (ended === undefined && Date.now() < deadline && !signal.aborted) {
      await sleep(POLL_MS);
      continue;
    }
    const known = ended ?? program.stderr();
    const problem = ended === undefined ? `did not start within ${START_MS / 1000} s` : 'did not start';
    await stop().catch(() => undefined);
    signal.throwIfAborted();
    throw new TaskPostgresError(problem, known);
  }
  return { stop };
}

async function isReady(data: string): Promise<boolean> {
  const status = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  return status.split('\n')[STATUS_LINE]?.trim() === 'ready';
}

async function stopServer(program: StreamProgram, ended: () => string | undefined): Promise<void> {
  const before = ended();
  if (before !== undefined) throw new TaskPostgresError('had ended before the drill did', before);
  program.stdin.end();
  const overdue = new AbortController();
  const tooLate = sleep(STOP_MS, 'late' as const, { signal: overdue.signal, ref: false });
  tooLate.catch(() => undefined);
  const outcome = await Promise.race([
    program.done.then(
      () => 'done',
      () => 'done',
    ),
    tooLate,
  ]);
  overdue.abort();
  if (outcome === 'late') {
    program.child.kill('SIGKILL');
    throw new TaskPostgresError(`did not end within ${STOP_MS / 1000} s`, program.stderr());
  }
}
