import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, hasApt } from './apt.mjs';
import { announce, isExecutable, onPath, run, tryRun } from './commands.mjs';
import { CannotInstall } from './errors.mjs';
import { cacheDir } from './places.mjs';

/**
 * The path of a program written in Python, in a virtual environment of its own; installed first where it is missing.
 *
 * @param {{ name: string, version: string, requirement: string, program: string, purpose: string }} wanted
 *   `requirement` is what pip is asked for, `program` the file to run, `purpose` a sentence for whoever waits
 * @returns {string}
 * @throws {CannotInstall} there is no usable Python
 */
export function ensurePythonProgram({ name, version, requirement, program, purpose }) {
  const venv = join(cacheDir, `${name}-${version}`);
  /** A virtual environment names its own path, so it cannot be built elsewhere and renamed; this file ends it. */
  const completed = join(venv, '.complete');
  const path = join(venv, 'bin', program);
  if (existsSync(completed) && isExecutable(path)) return path;
  announce(`installing ${name} ${version} into ${venv}`);
  ensurePython(purpose);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(cacheDir, { recursive: true });
  run('python3', ['-m', 'venv', venv]);
  run(join(venv, 'bin', 'pip'), ['install', '--quiet', '--no-input', requirement]);
  writeFileSync(completed, '');
  return path;
}

/**
 * A program of a Python package that is installed already, in exactly this version. Asks Python instead of PATH: what
 * PATH finds may be a version manager's stand-in.
 *
 * @param {string} imports names of modules that must be there, joined by commas
 * @returns {string | undefined}
 */
export function installedPythonProgram({ name, version, imports, program }) {
  const question = [
    `import importlib.metadata, os, sys, ${imports}`,
    `print(importlib.metadata.version("${name}"))`,
    `print(os.path.join(os.path.dirname(sys.executable), "${program}"))`,
  ].join('\n');
  const answer = onPath('python3') && tryRun('python3', ['-c', question]);
  const [found, path] = (answer || '').split('\n');
  return found === version && isExecutable(path) ? path : undefined;
}

function ensurePython(purpose) {
  const canBuild = () => tryRun('python3', ['-c', 'import ensurepip, venv']) !== undefined;
  if (canBuild()) return;
  if (hasApt()) aptInstall(['python3', 'python3-venv']);
  else if (onPath('brew')) run('brew', ['install', 'python3']);
  if (!canBuild()) throw new CannotInstall('Python 3 with its venv module', purpose);
}
