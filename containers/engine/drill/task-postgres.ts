import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ProgramFailedError, reason, TaskPostgresError } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { type DatabaseAddress, withDatabase } from '../database/url.ts';
import { makePrivateDirectory } from '../programs/leftovers.ts';
import type { Reporter } from '../progress/reporter.ts';
import { giveTo, reachableParent, type ServerAccount, serverAccount } from './server-account.ts';
import { startGuarded, startServer } from './server-process.ts';
import { type ServerPrograms, serverProgramsFor } from './server-programs.ts';

export interface TaskPostgresOptions {
  /** Of the set's server. */
  readonly major: number;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** Name of the database that is made in it. */
  readonly database: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** A PostgreSQL of the drill's own, which only it can enter. */
export interface TaskPostgres {
  /** The empty database. */
  readonly address: DatabaseAddress;
  readonly major: number;
  readonly version: string;
  /**
   * Ends the server and removes all of it.
   * @throws TaskPostgresError when it had ended before, or does not end
   */
  stop(): Promise<void>;
}

const USER = 'vpb_drill';

/**
 * As durable as a server that somebody would recover to: a restore without fsync would be quicker than any that counts.
 * The rest fits a task of 4 GB; the restore asks for maintenance memory by what it finds here.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0777',
  shared_buffers: '256MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '4GB',
  max_connections: '100',
  // one transaction of pg_restore may lock every table of a large database
  max_locks_per_transaction: '1024',
  // a task has 64 MB of /dev/shm, and a laptop would keep what lies there after a server that was killed
  dynamic_shared_memory_type: 'mmap',
  // the last of what it says may come into a report: how it fares, and neither a statement nor a value
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts an empty PostgreSQL in a private directory: on a socket below it, with a password nobody else knows. It ends with
 * the drill, however that ends.
 * @throws NoServerProgramsError, TaskPostgresError
 */
export async function startTaskPostgres(options: TaskPostgresOptions): Promise<TaskPostgres> {
  const programs = await serverProgramsFor(options.major);
  const account = await serverAccount();
  const directory = await makePrivateDirectory('vpb-sql-', await reachableParent(account));
  try {
    const place = await makePlace(directory.path, account);
    const password = randomBytes(24).toString('base64url');
    await initialize(programs, { place, account, password }, options);
    const server = await startServer(programs.program('postgres'), { ...options, place, account });
    const administration: DatabaseAddress = {
      keywords: { host: place, port: '5432', user: USER, dbname: 'postgres', sslmode: 'disable' },
      password,
    };
    try {
      await makeDatabase(administration, options);
    } catch (error) {
      await server.stop().catch(() => undefined);
      throw error;
    }
    return {
      address: withDatabase(administration, options.database),
      major: programs.major,
      version: programs.version,
      stop: async () => {
        try {
          await server.stop();
        } finally {
          await directory[Symbol.asyncDispose]();
        }
      },
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

/** A directory of the server's own user. Its socket has a shorter path than that of the key agent, which was there before. */
async function makePlace(parent: string, account: ServerAccount): Promise<string> {
  const place = join(parent, 'd');
  await mkdir(place, { mode: 0o700 });
  // the one above it too: whoever removes the server may be nobody but its user
  await giveTo(account, place);
  await giveTo(account, parent);
  return place;
}

/** The set's locale where this system has it; what sorts texts otherwise is told by the restore. */
async function initialize(
  programs: ServerPrograms,
  { place, account, password }: { place: string; account: ServerAccount; password: string },
  { collate, ctype, encoding, signal }: TaskPostgresOptions,
): Promise<void> {
  const passwordFile = join(place, 'pw');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await giveTo(account, passwordFile);
  const data = join(place, 'data');
  const locales = [
    [collate, ctype],
    ['C.UTF-8', 'C.UTF-8'],
    ['C', 'C'],
  ] as const;
  for (const [sorting, letters] of locales) {
    const args = [
      ...[
        '-D',
        data,
        '-U',
        USER,
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        `--encoding=${encoding}`,
      ],
      ...['--locale=C', `--lc-collate=${sorting}`, `--lc-ctype=${letters}`, '--no-instructions'],
    ];
    const made = startGuarded(programs.program('initdb'), args, { place, account });
    const stop = () => made.stdin.end();
    signal.addEventListener('abort', stop, { once: true });
    const failure = await made.done.then(
      () => undefined,
      (error: unknown) => error,
    );
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    if (failure === undefined) break;
    const aboutLocale = failure instanceof ProgramFailedError && /locale|encoding/i.test(made.stderr());
    if (!aboutLocale || sorting === 'C') throw new TaskPostgresError('could not be made', reason(failure));
  }
  await rm(passwordFile);
  const settings = {
    ...SETTINGS,
    unix_socket_directories: place,
    max_parallel_maintenance_workers: String(Math.min(4, availableParallelism())),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
  await appendFile(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`);
}

/** One of the source's name; `postgres` is there already. */
async function makeDatabase(
  administration: DatabaseAddress,
  { database, signal }: TaskPostgresOptions,
): Promise<void> {
  if (database === administration.keywords.dbname) return;
  const client = await connect(administration, signal);
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)} TEMPLATE template0`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
