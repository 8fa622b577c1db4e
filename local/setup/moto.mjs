import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, hasApt } from './apt.mjs';
import { announce, isExecutable, onPath, run, tryRun } from './commands.mjs';
import { CannotInstall } from './errors.mjs';
import { cacheDir, MOTO_VERSION } from './places.mjs';

const venv = join(cacheDir, `moto-${MOTO_VERSION}`);
/** A virtual environment names its own path, so it cannot be built elsewhere and renamed; this file ends it. */
const completed = join(venv, '.complete');
const server = join(venv, 'bin', 'moto_server');

/**
 * The path of moto_server, which emulates S3, in the pinned version; installed first where it is missing.
 *
 * @returns {string}
 * @throws {CannotInstall} there is no usable Python
 */
export function ensureMoto() {
  if (existsSync(completed) && isExecutable(server)) return server;
  return installedMoto() ?? buildVenv();
}

/** Asks Python instead of PATH: what PATH finds may be a version manager's stand-in. */
function installedMoto() {
  const question = [
    'import flask, flask_cors, importlib.metadata, os, sys',
    'print(importlib.metadata.version("moto"))',
    'print(os.path.join(os.path.dirname(sys.executable), "moto_server"))',
  ].join('\n');
  const answer = onPath('python3') && tryRun('python3', ['-c', question]);
  const [version, program] = (answer ?? '').split('\n');
  return version === MOTO_VERSION && isExecutable(program) ? program : undefined;
}

function buildVenv() {
  announce(`installing the S3 emulator moto ${MOTO_VERSION} into ${venv}`);
  ensurePython();
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(cacheDir, { recursive: true });
  run('python3', ['-m', 'venv', venv]);
  run(join(venv, 'bin', 'pip'), ['install', '--quiet', '--no-input', `moto[server]==${MOTO_VERSION}`]);
  writeFileSync(completed, '');
  return server;
}

function ensurePython() {
  const canBuild = () => tryRun('python3', ['-c', 'import ensurepip, venv']) !== undefined;
  if (canBuild()) return;
  if (hasApt()) aptInstall(['python3', 'python3-venv']);
  else if (onPath('brew')) run('brew', ['install', 'python3']);
  if (!canBuild())
    throw new CannotInstall('Python 3 with its venv module', 'The S3 emulator is written in it.');
}
