import { randomBytes } from 'node:crypto';
import { appendFile, chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type PostgresMajor, toolchain } from '../toolchain.ts';

/** How a local server shall be set up. */
export interface PostgresOptions {
  readonly major: PostgresMajor;
  /** Parameters of postgresql.conf, values unquoted; they win over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: postgres. */
  readonly superuserName?: string;
  /** Default: trust, which lets everybody in without a password. */
  readonly auth?: 'trust' | 'scram-sha-256';
  /** The superuser's password. Default: a random one with scram-sha-256, none with trust. */
  readonly password?: string;
  /** Accept TLS connections, with a self-signed certificate for localhost and 127.0.0.1. */
  readonly ssl?: boolean;
  /** Keep what protects data from a crash of the machine; slow. Default: false. */
  readonly durable?: boolean;
}

/** A data directory that is ready for a server to be started on it. */
export interface Cluster {
  readonly major: PostgresMajor;
  readonly binDir: string;
  /** Holds all of it, and the socket; its path is short, as sockets demand. */
  readonly directory: string;
  readonly dataDir: string;
  /** The self-signed certificate, which is its own authority; undefined without TLS. */
  readonly caFile: string | undefined;
  readonly superuser: string;
  readonly password: string | undefined;
  /** As whom the server runs; empty for the user we are. */
  readonly account: Account;
}

type Account =
  | { readonly uid: number; readonly gid: number }
  | { readonly uid?: never; readonly gid?: never };

const DEFAULTS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  max_connections: '100',
  timezone: 'UTC',
};

/** Lose data when the machine crashes, in exchange for speed. */
const NOT_DURABLE: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

/**
 * Makes an empty cluster: UTF8, locale C.UTF-8, time zone UTC.
 *
 * @param directory an empty directory of ours, which is given to the server's user
 * @throws {ToolchainMissing} `npm run setup` has not run
 * @throws {ExecaError} initdb or openssl failed
 */
export async function createCluster(options: PostgresOptions, directory: string): Promise<Cluster> {
  const auth = options.auth ?? 'trust';
  const cluster: Cluster = {
    major: options.major,
    binDir: toolchain().postgres[options.major],
    directory,
    dataDir: join(directory, 'data'),
    caFile: options.ssl ? join(directory, 'server.crt') : undefined,
    superuser: options.superuserName ?? 'postgres',
    password: options.password ?? (auth === 'trust' ? undefined : randomBytes(12).toString('hex')),
    account: await serverAccount(),
  };
  // The socket lies here too, and clients may run as yet another user.
  await chmod(directory, 0o755);
  await giveAway(cluster, directory);
  if (cluster.caFile !== undefined) await createCertificate(cluster, cluster.caFile);
  await initdb(cluster, auth);
  await appendFile(join(cluster.dataDir, 'postgresql.conf'), configuration(cluster, options));
  return cluster;
}

/**
 * The environment for PostgreSQL's programs: ours, without variables such as PGHOST or PGSERVICE that
 * would silently lead them elsewhere.
 */
export function environmentWithoutPg(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}

/** PostgreSQL refuses to run as root. */
async function serverAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const { exitCode } = await execa('id', ['-u', 'postgres'], { reject: false });
  const user = exitCode === 0 ? 'postgres' : 'nobody';
  const [uid, gid] = await Promise.all([execa('id', ['-u', user]), execa('id', ['-g', user])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

async function giveAway({ account }: Cluster, file: string): Promise<void> {
  if (account.uid !== undefined) await chown(file, account.uid, account.gid);
}

async function createCertificate(cluster: Cluster, caFile: string): Promise<void> {
  const keyFile = keyFileOf(cluster);
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '7'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', keyFile, '-out', caFile],
  ]);
  await chmod(keyFile, 0o600);
  await giveAway(cluster, keyFile);
}

const keyFileOf = (cluster: Cluster): string => join(cluster.directory, 'server.key');

async function initdb(cluster: Cluster, auth: string): Promise<void> {
  const passwordArgs: string[] = [];
  if (cluster.password !== undefined) {
    const passwordFile = join(cluster.directory, 'password');
    await writeFile(passwordFile, `${cluster.password}\n`, { mode: 0o600 });
    await giveAway(cluster, passwordFile);
    passwordArgs.push(`--pwfile=${passwordFile}`);
  }
  const args = ['-D', cluster.dataDir, '-U', cluster.superuser, '-A', auth, '-E', 'UTF8', '--locale=C.UTF-8'];
  await execa(join(cluster.binDir, 'initdb'), [...args, ...passwordArgs, '--no-sync', '--no-instructions'], {
    ...cluster.account,
    cwd: cluster.directory,
    env: environmentWithoutPg(),
    extendEnv: false,
  });
}

function configuration(cluster: Cluster, options: PostgresOptions): string {
  const settings = {
    ...DEFAULTS,
    ...(options.durable ? {} : NOT_DURABLE),
    unix_socket_directories: cluster.directory,
    ...(cluster.caFile && { ssl: 'on', ssl_cert_file: cluster.caFile, ssl_key_file: keyFileOf(cluster) }),
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  return `\n${lines.join('\n')}\n`;
}
