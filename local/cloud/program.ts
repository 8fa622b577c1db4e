import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { adoptProcess } from '../processes.ts';

/** How a process ended, and all it said. */
export interface ProgramEnd {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process with an environment of its own that goes when this process goes. */
export interface Program {
  readonly child: ChildProcess;
  readonly end: Promise<ProgramEnd>;
  /** SIGTERM, and SIGKILL when it has not ended after the grace; resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Runs a program with exactly the given environment and keeps what it prints.
 * @throws {Error} by `end`: it cannot be executed
 */
export function startProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: Pick<SpawnOptions, 'cwd'> & { readonly ipc?: boolean } = {},
): Program {
  const { ipc = false, ...spawnOptions } = options;
  const child = spawn(file, args, {
    ...spawnOptions,
    env: { ...env },
    // a process group of its own, as in a container: a Ctrl-C in the terminal is for us to pass on
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  });
  adoptProcess(child, 'SIGTERM', { group: true });
  child.once('exit', () => endGroup(child));
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const end = new Promise<ProgramEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  // whoever awaits it is told; until then a program that cannot be executed must not end us
  end.catch(() => undefined);
  return {
    child,
    end,
    async stop(graceMs) {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await end.catch(() => undefined);
      clearTimeout(force);
    },
  };
}

/** A container ends with its first process, whatever that one has left running. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: it left nothing
  }
}
