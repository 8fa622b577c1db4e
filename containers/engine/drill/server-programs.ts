import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { NoServerProgramsError } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import { runProgram } from '../programs/child.ts';

/** Where Debian keeps one directory for each major version. */
const DEBIAN_ROOT = '/usr/lib/postgresql';

/** PostgreSQL's server of one major version. */
export interface ServerPrograms {
  readonly major: number;
  /** As it says itself: `17.6`. */
  readonly version: string;
  program(name: 'initdb' | 'postgres' | 'pgbench'): string;
}

/**
 * A server that a set of `major` can be restored into: the same major where installed, else the next newer.
 * @throws NoServerProgramsError when all are older, or there is none
 */
export async function serverProgramsFor(major: number): Promise<ServerPrograms> {
  const found = (await Promise.all((await folders()).map(serverIn))).filter((each) => each !== undefined);
  const fitting = found.filter((each) => each.major >= major).sort((a, b) => a.major - b.major);
  const [best] = fitting;
  if (best === undefined)
    throw new NoServerProgramsError(
      [...new Set(found.map((each) => each.major))].sort((a, b) => a - b),
      major,
    );
  return best;
}

/** Directories that were named are all there is, as for the clients. */
async function folders(): Promise<string[]> {
  const named = (process.env[ENV.postgresBinDirs] ?? '').split(delimiter).filter((path) => path !== '');
  if (named.length > 0) return named;
  const debian = await readdir(DEBIAN_ROOT).catch(() => []);
  return [
    ...debian.map((major) => join(DEBIAN_ROOT, major, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter).filter((path) => path !== ''),
  ];
}

async function serverIn(folder: string): Promise<ServerPrograms | undefined> {
  const program = (name: string) => join(folder, name);
  const output = await runProgram(program('postgres'), ['--version']).catch(() => '');
  const match = /\(PostgreSQL\) ((\d+)\S*)/.exec(output);
  const initdb = await access(program('initdb'), constants.X_OK).then(
    () => true,
    () => false,
  );
  if (match === null || !initdb) return undefined;
  return { major: Number(match[2]), version: match[1] ?? '', program };
}
