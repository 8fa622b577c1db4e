import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CommandFailed } from './errors.mjs';
import { isRoot } from './places.mjs';

const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Runs a command, without a shell, and returns what it printed on stdout.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {string}
 * @throws {CommandFailed} it could not be started or did not exit with 0
 */
export function run(command, args, { cwd, env } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: OUTPUT_LIMIT_BYTES,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (result.status === 0) return result.stdout;
  const outcome = result.error?.message ?? result.signal ?? `exit code ${result.status}`;
  throw new CommandFailed([command, ...args].join(' '), outcome, `${result.stdout}\n${result.stderr}`);
}

/** Like run(), for questions where a failure is an answer too: undefined then. */
export function tryRun(command, args, options) {
  try {
    return run(command, args, options);
  } catch (error) {
    if (error instanceof CommandFailed) return undefined;
    throw error;
  }
}

/** Whether this user may execute the file. */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The absolute path of a program on PATH, or undefined. */
export function onPath(program) {
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return directories.map((directory) => join(directory, program)).find(isExecutable);
}

/** Whether system packages can be installed without anybody typing a password. */
export function canBecomeRoot() {
  return isRoot || (onPath('sudo') !== undefined && tryRun('sudo', ['-n', 'true']) !== undefined);
}

/** Like run(), as root: directly, or through a sudo that asks for no password. */
export function runAsRoot(command, args, env = {}) {
  if (isRoot) return run(command, args, { env });
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return run('sudo', ['-n', 'env', ...assignments, command, ...args]);
}

/** Tells the user about something that takes a while. */
export function announce(line) {
  process.stderr.write(`setup: ${line}\n`);
}
