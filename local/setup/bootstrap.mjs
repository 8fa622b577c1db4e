import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureCfnLint } from './cfn-lint.mjs';
import { ensureChromium } from './chromium.mjs';
import { announce, isExecutable } from './commands.mjs';
import { ensureFaketime } from './faketime.mjs';
import { withLock } from './lock.mjs';
import { installModules, modulesAreInstalled } from './modules.mjs';
import { ensureMoto } from './moto.mjs';
import { CFN_LINT_VERSION, cacheDir, MOTO_VERSION, POSTGRES_MAJORS, toolchainFile } from './places.mjs';
import { ensurePostgres, isPostgresBinDir } from './postgres.mjs';
import { installPrograms, missingPrograms } from './programs.mjs';

/** Makes everything ready that demo and tests need; does nothing, and fast, when it is. */
async function bootstrap(onlyModules) {
  const ready = () =>
    modulesAreInstalled() && (onlyModules || (missingPrograms().length === 0 && toolchainIsValid()));
  if (ready()) return;
  // The programs must be usable by the user the servers run as, whatever mask this shell has.
  process.umask(0o022);
  await withLock(join(cacheDir, 'setup.lock'), async () => {
    if (!modulesAreInstalled()) installModules();
    if (onlyModules || ready()) return;
    installPrograms();
    writeToolchain();
  });
}

function toolchainIsValid() {
  try {
    const found = JSON.parse(readFileSync(toolchainFile, 'utf8'));
    const servers = POSTGRES_MAJORS.every((major) => isPostgresBinDir(found.postgres[major]));
    const moto = found.motoVersion === MOTO_VERSION && isExecutable(found.motoServer);
    const cfnLint = found.cfnLintVersion === CFN_LINT_VERSION && isExecutable(found.cfnLint);
    // null: it could not be installed, which is not tried again at every start
    const chromium = found.chromium === null || isExecutable(found.chromium);
    const faketime = found.faketime === null || existsSync(found.faketime ?? '');
    return servers && moto && cfnLint && chromium && faketime;
  } catch {
    return false;
  }
}

function writeToolchain() {
  const postgres = Object.fromEntries(POSTGRES_MAJORS.map((major) => [major, ensurePostgres(major)]));
  const toolchain = {
    postgres,
    motoServer: ensureMoto(),
    motoVersion: MOTO_VERSION,
    cfnLint: ensureCfnLint(),
    cfnLintVersion: CFN_LINT_VERSION,
    chromium: ensureChromium() ?? null,
    faketime: ensureFaketime() ?? null,
  };
  mkdirSync(dirname(toolchainFile), { recursive: true });
  const draft = `${toolchainFile}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(toolchain, null, 2)}\n`);
  renameSync(draft, toolchainFile);
}

try {
  await bootstrap(process.argv.includes('--only-modules'));
} catch (error) {
  announce(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
