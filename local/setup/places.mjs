import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The major versions of PostgreSQL the project is tested against. */
export const POSTGRES_MAJORS = [15, 17];

/** The version of moto, the S3 emulator, that the tests were written against. */
export const MOTO_VERSION = '5.2.1';

/** The version of cfn-lint, the checker of templates; a newer one may know more rules. */
export const CFN_LINT_VERSION = '1.58.0';

/** The checkout this file belongs to. */
export const projectDir = fileURLToPath(new URL('../..', import.meta.url));

/** Where the programs that were found are written down for local/toolchain.ts. */
export const toolchainFile = join(projectDir, '.local', 'toolchain.json');

/** Whether this process may install system packages without asking anybody. */
export const isRoot = userInfo().uid === 0;

/**
 * Where downloaded programs are kept, shared by all checkouts of a user. Root's home is closed to the
 * user PostgreSQL must run as, so root keeps them in the system's cache directory.
 */
export const cacheDir = isRoot
  ? '/var/cache/videoplanet-backup'
  : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'videoplanet-backup');
