import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runAsRoot } from './commands.mjs';

const SETTING = '/etc/postgresql-common/createcluster.d/videoplanet-backup.conf';

/**
 * Runs `install` such that Debian's postgresql package does not, as it otherwise does, create and start
 * a database cluster nobody asked for. The setting is gone afterwards, so that later installations by
 * the machine's owner behave as ever.
 *
 * @param {() => void} install
 */
export function withoutNewClusters(install) {
  const draft = mkdtempSync(join(tmpdir(), 'vpb-cluster-'));
  const file = join(draft, 'createcluster.conf');
  writeFileSync(file, 'create_main_cluster = false\n');
  const hadDirectory = existsSync(dirname(SETTING));
  runAsRoot('install', ['-D', '-m', '644', file, SETTING]);
  try {
    install();
  } finally {
    runAsRoot('rm', ['-f', SETTING]);
    if (!hadDirectory) runAsRoot('rmdir', ['--ignore-fail-on-non-empty', dirname(SETTING)]);
    rmSync(draft, { recursive: true });
  }
}
