import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExecaError, execa } from 'execa';
import pg from 'pg';
import {
  adoptDirectory,
  freePort,
  removeDirectory,
  ServerDidNotStart,
  type ServerProcess,
  startServer,
} from './processes.ts';
import { type Cluster, createCluster, environmentWithoutPg, type PostgresOptions } from './setup/cluster.ts';
import type { PostgresMajor } from './toolchain.ts';

export type { PostgresOptions };

const START_TIMEOUT_MS = 60_000;
const PORT_ATTEMPTS = 3;
/** The line of postmaster.pid, counted from 0, that says "ready", or "standby", once connections are accepted. */
const STATUS_LINE = 7;

/** Who connects, and with what connection parameters (such as sslmode). */
export interface UrlOverrides {
  readonly user?: string;
  readonly password?: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** How a database is created; an encoding or locale implies template0 unless a template is named. */
export interface DatabaseOptions {
  readonly template?: string;
  readonly encoding?: string;
  readonly locale?: string;
}

/** A private PostgreSQL server in a directory of its own. */
export interface LocalPostgres {
  readonly major: PostgresMajor;
  /** The directory of this major version's programs: pg_dump, psql and so on. */
  readonly binDir: string;
  readonly port: number;
  /** What the server printed so far. */
  readonly logFile: string;
  /** The certificate that clients can trust (sslrootcert); undefined without `ssl`. */
  readonly caFile: string | undefined;
  /** A URL for TCP on 127.0.0.1, of the superuser unless overridden. */
  url(database: string, overrides?: UrlOverrides): string;
  /** A URL of the superuser for the Unix-domain socket. */
  socketUrl(database: string): string;
  createDatabase(name: string, options?: DatabaseOptions): Promise<void>;
  /** Drops a database if it exists, connections notwithstanding. */
  dropDatabase(name: string): Promise<void>;
  /**
   * Runs SQL with psql, each statement in a transaction of its own, and returns the rows unaligned.
   *
   * @throws {PsqlFailed} a statement failed; those after it did not run
   */
  psql(database: string, sql: string): Promise<string>;
  /** Restarts the server on the same port, ending all connections. */
  restart(): Promise<void>;
  /** Ends the server and all connections, and keeps what it holds: whoever connects is refused until restart(). */
  halt(): Promise<void>;
  /** Ends the server and removes its directory. */
  stop(): Promise<void>;
}

/** psql stopped at an SQL error or could not connect. */
export class PsqlFailed extends Error {
  override readonly name = 'PsqlFailed';

  constructor(database: string, output: string, cause: unknown) {
    super(
      `psql failed in database "${database}", expected every statement to succeed. Correct what it names: ${output}`,
      { cause },
    );
  }
}

/**
 * Starts a new, empty PostgreSQL server on a free port of 127.0.0.1.
 *
 * @throws {ToolchainMissing} `npm run setup` has not run
 * @throws {ServerDidNotStart} a setting kept it from starting; the message has the end of its log
 */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'vpb-'));
  adoptDirectory(directory);
  try {
    const cluster = await createCluster(options, directory);
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort();
      try {
        return localPostgres(cluster, port, await startCluster(cluster, port));
      } catch (error) {
        if (attempt === PORT_ATTEMPTS || !lostItsPort(error)) throw error;
      }
    }
  } catch (error) {
    await removeDirectory(directory);
    throw error;
  }
}

function lostItsPort(error: unknown): boolean {
  return error instanceof ServerDidNotStart && error.message.includes('Address already in use');
}

const logFileOf = (cluster: Cluster): string => join(cluster.directory, 'server.log');

async function startCluster(cluster: Cluster, port: number): Promise<ServerProcess> {
  const server = await startServer({
    program: join(cluster.binDir, 'postgres'),
    args: ['-D', cluster.dataDir, '-p', String(port)],
    ...cluster.account,
    cwd: cluster.directory,
    logFile: logFileOf(cluster),
    // PostgreSQL's "fast shutdown": it does not wait for clients to leave.
    stopSignal: 'SIGINT',
  });
  await server.waitUntil(() => isReady(cluster), START_TIMEOUT_MS);
  return server;
}

async function isReady(cluster: Cluster): Promise<boolean> {
  try {
    const status = await readFile(join(cluster.dataDir, 'postmaster.pid'), 'utf8');
    return ['ready', 'standby'].includes(status.split('\n')[STATUS_LINE]?.trim() ?? '');
  } catch {
    return false;
  }
}

function localPostgres(cluster: Cluster, port: number, first: ServerProcess): LocalPostgres {
  let server = first;
  const socketUrl = (database: string): string =>
    urlOf(cluster, encodeURIComponent(cluster.directory), port, database);
  const psql = (database: string, sql: string): Promise<string> =>
    runPsql(join(cluster.binDir, 'psql'), { url: socketUrl(database), database, sql });
  return {
    major: cluster.major,
    binDir: cluster.binDir,
    port,
    logFile: logFileOf(cluster),
    caFile: cluster.caFile,
    url: (database, overrides) => urlOf(cluster, '127.0.0.1', port, database, overrides),
    socketUrl,
    psql,
    async createDatabase(name, options) {
      await psql('postgres', createDatabaseSql(name, options ?? {}));
    },
    async dropDatabase(name) {
      await psql('postgres', `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE);`);
    },
    async restart() {
      await server.stop();
      server = await startCluster(cluster, port);
    },
    halt: () => server.stop(),
    async stop() {
      await server.stop();
      await removeDirectory(cluster.directory);
    },
  };
}

/** A password belongs to a user: the superuser's is not sent along with another name. */
function urlOf(
  cluster: Cluster,
  host: string,
  port: number,
  database: string,
  overrides: UrlOverrides = {},
): string {
  const user = overrides.user ?? cluster.superuser;
  const password = overrides.password ?? (user === cluster.superuser ? cluster.password : undefined);
  const credentials = [user, password].filter((part) => part !== undefined).map(encodeURIComponent);
  // Not URLSearchParams: its "+" for a blank is a plus sign to PostgreSQL.
  const params = Object.entries(overrides.params ?? {}).map((pair) => pair.map(encodeURIComponent).join('='));
  const query = params.length > 0 ? `?${params.join('&')}` : '';
  return `postgresql://${credentials.join(':')}@${host}:${port}/${encodeURIComponent(database)}${query}`;
}

function createDatabaseSql(name: string, { template, encoding, locale }: DatabaseOptions): string {
  const needsPristine = encoding !== undefined || locale !== undefined;
  const from = template ?? (needsPristine ? 'template0' : undefined);
  const clauses = [
    from !== undefined && `TEMPLATE ${pg.escapeIdentifier(from)}`,
    encoding !== undefined && `ENCODING ${pg.escapeLiteral(encoding)}`,
    locale !== undefined && `LOCALE ${pg.escapeLiteral(locale)}`,
  ];
  return `CREATE DATABASE ${[pg.escapeIdentifier(name), ...clauses.filter(Boolean)].join(' ')};`;
}

async function runPsql(
  program: string,
  { url, database, sql }: { readonly url: string; readonly database: string; readonly sql: string },
): Promise<string> {
  try {
    const { stdout } = await execa(
      program,
      ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-At', '-f', '-', '-d', url],
      {
        input: sql,
        env: environmentWithoutPg(),
        extendEnv: false,
      },
    );
    return stdout;
  } catch (error) {
    throw new PsqlFailed(database, error instanceof ExecaError ? String(error.stderr) : String(error), error);
  }
}
