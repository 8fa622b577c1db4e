import { statSync } from 'node:fs';
import { join } from 'node:path';
import { announce, run } from './commands.mjs';
import { projectDir } from './places.mjs';

/** Whether node_modules was installed from the present package-lock.json. */
export function modulesAreInstalled() {
  const installed = statSync(join(projectDir, 'node_modules', '.package-lock.json'), {
    throwIfNoEntry: false,
  });
  const wanted = statSync(join(projectDir, 'package-lock.json'));
  return installed !== undefined && installed.mtimeMs >= wanted.mtimeMs;
}

/** Installs exactly the modules package-lock.json names. */
export function installModules() {
  announce('installing the node modules (npm ci)');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev'], { cwd: projectDir });
}
