import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import {
  DatabaseUrlError,
  EnvironmentError,
  reason,
  TransactionPoolerError,
  UnreachableDatabaseError,
} from '../../core/errors/index.ts';
import { SUPABASE_ROOTS } from '../../core/supabase/certificates.ts';
import { isSupabaseHost, SUPABASE_ROOTCERT, supabaseTls } from '../../core/supabase/host.ts';

/** What one session is opened with. */
export interface DatabaseTarget {
  readonly config: pg.ClientConfig;
  /** libpq's sslmode as a row of attempts: `prefer`, its default, takes TLS where offered and does without elsewhere. */
  readonly attempts: readonly (ConnectionOptions | false)[];
}

const CONNECT_TIMEOUT_MS = 30_000;
/** Supabase's and PgBouncer's port for transaction pooling. */
const TRANSACTION_POOLER_PORT = 6543;

/** Where an @, / or # is left over, a password was not encoded, and what looks like a host may be part of it. */
const SHAPE = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^@?#]*))?(?:\?([^#@]*))?$/;

/** Files that a function has not, or what only libpq could honour: passed over, the session would be less safe than asked for. */
const NOT_HERE = /^(sslcert|sslkey|sslcrl|sslcrldir|service|servicefile|passfile|requirepeer|require_auth)$/;

/**
 * Reads a connection string for node-postgres as libpq means it.
 * @param secret name or ARN of where it is from, for messages; the text itself is never repeated
 * @throws DatabaseUrlError, TransactionPoolerError, EnvironmentError for what cannot be used
 */
export function parseDatabaseTarget(text: string, secret: string): DatabaseTarget {
  const [all, credentials = '', server = '', database = '', query = ''] = SHAPE.exec(text.trim()) ?? [];
  if (all === undefined) throw new DatabaseUrlError(secret, 'holds no PostgreSQL connection string');
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw new DatabaseUrlError(secret, 'has a per cent sign that begins no percent-encoding');
    }
  };
  const parameters = new Map(
    query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => [decode(pair.replace(/=.*/s, '')), decode(pair.replace(/^[^=]*=?/, ''))]),
  );
  const [, hostPart = '', portPart = ''] = /^(\[[^\]]*\]|[^:]*):?(.*)$/.exec(server) ?? [];
  const named = (parameter: string, part: string) => parameters.get(parameter) ?? decode(part);
  const host = named('host', hostPart.replace(/^\[(.*)\]$/, '$1')) || 'localhost';
  const port = portOf(named('port', portPart), host, secret);
  const [user = '', ...password] = credentials.split(':');
  const account = named('user', user) || 'postgres';
  if (isSupabaseHost(host)) settleSupabase(parameters, secret);
  const options = parameters.get('options');
  return {
    attempts: tlsAttempts(host, parameters),
    config: {
      host: parameters.get('hostaddr') ?? host,
      port,
      user: account,
      database: named('dbname', database) || account,
      password: named('password', password.join(':')),
      ...(options === undefined ? {} : { options: options.replaceAll('+', ' ') }),
      application_name: parameters.get('application_name') ?? 'videoplanet-backup',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    },
  };
}

function settleSupabase(parameters: Map<string, string>, secret: string): void {
  const tls = supabaseTls(Object.fromEntries(parameters));
  if ('refuse' in tls) throw new DatabaseUrlError(secret, tls.refuse);
  parameters.set('sslmode', tls.sslmode).set('sslrootcert', tls.sslrootcert);
}

function portOf(text: string, host: string, secret: string): number {
  const port = text === '' ? 5432 : Number(text);
  if (port === TRANSACTION_POOLER_PORT) throw new TransactionPoolerError(host);
  if (/^\d*$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new DatabaseUrlError(secret, 'has a port that is no number from 1 to 65535');
}

function tlsAttempts(
  host: string,
  parameters: ReadonlyMap<string, string>,
): readonly (ConnectionOptions | false)[] {
  for (const name of parameters.keys()) {
    if (NOT_HERE.test(name)) throw refused(`has ${name}`, 'a function cannot honour it, leave it out');
  }
  if (parameters.get('channel_binding') === 'require')
    throw refused('has channel_binding=require', 'a function cannot insist on it, use sslmode=verify-full');
  const root = parameters.get('sslrootcert');
  const mode = parameters.get('sslmode') ?? (root === 'system' ? 'verify-full' : 'prefer');
  if (root === undefined && mode.startsWith('verify'))
    throw refused(`has sslmode=${mode} without sslrootcert`, 'add sslrootcert=system');
  if (root === 'system' && mode !== 'verify-full')
    throw refused(`has sslrootcert=system with sslmode=${mode}`, 'expected sslmode=verify-full');
  // of the system there are the authorities that Node.js brings along
  const ca = root === undefined || root === 'system' ? {} : { ca: certificate(root) };
  const unverified: ConnectionOptions = { minVersion: 'TLSv1.2', rejectUnauthorized: false };
  const verified: ConnectionOptions = {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    servername: host,
    ...ca,
  };
  const chainOnly: ConnectionOptions = { ...verified, checkServerIdentity: () => undefined };
  if (mode === 'disable' || host.startsWith('/')) return [false];
  if (mode === 'require') return [root === undefined ? unverified : chainOnly];
  if (mode === 'verify-ca') return [chainOnly];
  if (mode === 'verify-full') return [verified];
  if ((mode === 'prefer' || mode === 'allow') && root === undefined) return [unverified, false];
  throw refused(`has sslmode=${mode}`, 'expected disable, prefer, require, verify-ca or verify-full');
}

function certificate(path: string): string {
  if (path === SUPABASE_ROOTCERT) return SUPABASE_ROOTS;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(
      `has sslrootcert=${path}, which a function does not have (${reason(error)})`,
      'use sslrootcert=system',
    );
  }
}

function refused(has: string, todo: string): EnvironmentError {
  return new EnvironmentError('the connection string', has, todo);
}

/**
 * Opens a session.
 * @throws UnreachableDatabaseError naming host and cause, never the password
 */
export async function openDatabase({ config, attempts }: DatabaseTarget): Promise<pg.Client> {
  let lastError: unknown;
  for (const ssl of attempts) {
    const client = new pg.Client({ ...config, ssl });
    // without a listener, a connection cut between two queries would end the function
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      lastError = error;
      await client.end().catch(() => undefined);
      if (!(error instanceof Error && error.message.includes('does not support SSL'))) break;
    }
  }
  const problem =
    lastError instanceof AggregateError ? lastError.errors.map(reason).join(', ') : reason(lastError);
  throw new UnreachableDatabaseError(
    `database ${config.database} at ${config.host}:${config.port}`,
    problem,
    lastError,
  );
}
