import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ENGINE = join(import.meta.dirname, '..', '..', 'containers', 'engine', 'main.ts');

/** What a verb of the engine answered, as far as the demo looks at it. */
export interface EngineResult {
  readonly id: string;
  readonly outcome: string;
  readonly tables: number;
  readonly rows: string;
  readonly objects: number;
  readonly plainBytes: number;
  readonly storedBytes: number;
  readonly depth?: string;
  readonly seconds: Readonly<Record<string, number>>;
  readonly error?: { readonly name: string; readonly message: string };
}

/** The engine did not do what the demo asked of it. */
export class EngineFailed extends Error {
  override readonly name = 'EngineFailed';
  constructor(args: readonly string[], exitCode: number | null, said: string) {
    super(`engine ${args.join(' ')} ended with exit code ${exitCode}, expected 0; it said: ${said}`);
  }
}

/**
 * Runs the engine as the container would be run: a process of its own with an environment of its own. Its progress
 * bar is shown on a terminal; elsewhere its log lines are kept back, unless it fails.
 * @throws EngineFailed for any exit code but 0
 */
export async function engine(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<EngineResult> {
  const { PATH = '', HOME = '', TERM = '' } = process.env;
  const child = spawn(process.execPath, [ENGINE, ...args], {
    env: { PATH, HOME, TERM, ...env },
    stdio: ['ignore', 'pipe', process.stderr.isTTY ? 'inherit' : 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (exitCode !== 0) throw new EngineFailed(args, exitCode, `${stderr}${stdout}`.trim());
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as EngineResult;
}
