import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ClientTooOldError } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import { runProgram } from './child.ts';

/** PostgreSQL's client programs of one major version. */
export interface Clients {
  readonly major: number;
  /** As it says itself: `17.6`. */
  readonly version: string;
  /** Full path of pg_dump or pg_restore. */
  program(name: 'pg_dump' | 'pg_restore'): string;
}

/** Where Debian keeps one directory per major version. */
const DEBIAN_ROOT = '/usr/lib/postgresql';

/**
 * Clients that can dump or restore with a server of `serverMajor`: the same major where installed, else the next newer.
 * An archive of the same major restores on that major without unknown settings.
 * @throws ClientTooOldError when all are older
 */
export async function clientsFor(serverMajor: number, why: string): Promise<Clients> {
  const found = await installedClients();
  const fitting = found.filter((clients) => clients.major >= serverMajor).sort((a, b) => a.major - b.major);
  const best = fitting[0];
  if (best === undefined) {
    throw new ClientTooOldError(
      found.map((clients) => clients.major),
      serverMajor,
      why,
    );
  }
  return best;
}

async function installedClients(): Promise<Clients[]> {
  const named = (process.env[ENV.postgresBinDirs] ?? '').split(delimiter).filter((path) => path !== '');
  const debian = (await readdir(DEBIAN_ROOT).catch(() => [])).map((major) => join(DEBIAN_ROOT, major, 'bin'));
  // directories that were named are all there is: whoever names them means these and no others
  const folders = named.length > 0 ? named : [...debian, ...(process.env.PATH ?? '').split(delimiter)];
  const found = await Promise.all(folders.map(clientsIn));
  const byMajor = new Map<number, Clients>();
  for (const clients of found) {
    if (clients !== undefined && !byMajor.has(clients.major)) byMajor.set(clients.major, clients);
  }
  return [...byMajor.values()];
}

async function clientsIn(folder: string): Promise<Clients | undefined> {
  const output = await runProgram(join(folder, 'pg_dump'), ['--version']).catch(() => '');
  const match = /\(PostgreSQL\) ((\d+)\S*)/.exec(output);
  if (match === null || !(await isExecutable(join(folder, 'pg_restore')))) return undefined;
  return { major: Number(match[2]), version: match[1] ?? '', program: (name) => join(folder, name) };
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** `1.5.7` of `zstd --version`, `2.4.7` of `gpg --version`; for the manifest. @throws MissingProgramError when it is not on PATH */
export async function programVersion(program: string): Promise<string> {
  const output = await runProgram(program, ['--version']);
  return /v?(\d+\.\d+(\.\d+)?)/.exec(output)?.[1] ?? 'unknown';
}
