import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { reason, UnreachableDatabaseError } from '../../../core/errors/index.ts';
import { hintFor } from '../../../core/supabase/host.ts';
import { insistOnBinding, proveServerRole } from './demands.ts';
import { prepareSession, withoutTimeouts } from './session.ts';
import { isTlsFailure, sslmodeOf, tlsAttempts } from './tls.ts';
import { type DatabaseAddress, describeAddress } from './url.ts';

/** Seconds to wait for a session where the connection string sets no connect_timeout. */
const CONNECT_TIMEOUT_SECONDS = 30;

/** How long a goodbye to the server may take. A peer that is gone silent never answers it. */
const GOODBYE_MS = 2000;

/** A session whose end does not depend on the server's answer. */
class Session extends pg.Client {
  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | void {
    const { stream } = this.connection;
    const impatience = setTimeout(() => stream.destroy(), GOODBYE_MS).unref();
    stream.once('close', () => clearTimeout(impatience));
    return callback === undefined ? super.end() : super.end(callback);
  }

  /** Ends it now, and whatever it is waiting for with it. */
  cut(): void {
    this.connection.stream.destroy();
  }
}

/**
 * Opens a session with libpq's meaning of the parameters, so that node-postgres and pg_dump reach the same server in
 * the same way, and settings that no role or database can spoil. A lost connection surfaces in the next query.
 * @param signal cuts the session, and the opening of it, when aborted
 * @throws UnreachableDatabaseError naming host and cause, never the password
 */
export async function connect(address: DatabaseAddress, signal?: AbortSignal): Promise<pg.Client> {
  signal?.throwIfAborted();
  forgetLibpqVariables();
  let lastError: unknown;
  for (const ssl of tlsAttempts(address)) {
    const client = new Session({ ...clientConfig(address), ssl });
    const cut = () => client.cut();
    signal?.addEventListener('abort', cut, { once: true });
    client.once('end', () => signal?.removeEventListener('abort', cut));
    // without a listener, a connection cut between two queries would end the process
    client.on('error', () => undefined);
    const { channel_binding, target_session_attrs } = address.keywords;
    const proveBound = channel_binding === 'require' ? insistOnBinding(client.connection) : undefined;
    try {
      await client.connect();
      proveBound?.();
      await proveServerRole(client, target_session_attrs);
      await prepareSession(client);
      return client;
    } catch (error) {
      lastError = error;
      await client.end().catch(() => undefined);
      signal?.throwIfAborted();
      if (!(error instanceof Error && error.message.includes('does not support SSL'))) break;
    }
  }
  throw new UnreachableDatabaseError(describeAddress(address), connectProblem(lastError, address), lastError);
}

const SERVER_BACK_MS = 10_000;
const RETRY_MS = 250;

/** As `connect`, for taking back: a server that crashed under a restore is back in a moment as a rule. */
export async function connectPatiently(address: DatabaseAddress): Promise<pg.Client> {
  const deadline = Date.now() + SERVER_BACK_MS;
  for (;;) {
    try {
      return await connect(address);
    } catch (error) {
      if (!(error instanceof UnreachableDatabaseError) || Date.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/**
 * node-postgres takes PGOPTIONS, PGPASSWORD and their like where the connection string is silent; the client programs
 * never see them, and a run that is one half under other settings than the other is no use.
 */
function forgetLibpqVariables(): void {
  for (const name of Object.keys(process.env)) if (/^PG[A-Z]/.test(name)) delete process.env[name];
}

/** What our sessions call themselves, unless the connection string says otherwise. */
const APPLICATION_NAME = 'videoplanet-backup';

function clientConfig(address: DatabaseAddress): pg.ClientConfig {
  const { host, hostaddr, port, user, dbname, options, connect_timeout, application_name } = address.keywords;
  // setTimeout takes what is longer than 24.8 days for no time at all
  const seconds = Math.min(Number(connect_timeout ?? CONNECT_TIMEOUT_SECONDS), 86_400);
  return {
    host: hostaddr ?? host ?? 'localhost',
    port: Number(port ?? 5432),
    ...(user === undefined ? {} : { user }),
    ...(dbname === undefined ? {} : { database: dbname }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(options === undefined ? {} : { options: withoutTimeouts(options) }),
    enableChannelBinding: address.keywords.channel_binding === 'require',
    application_name: application_name ?? APPLICATION_NAME,
    connectionTimeoutMillis: (seconds > 0 ? seconds : CONNECT_TIMEOUT_SECONDS) * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
  };
}

/** An AggregateError of all addresses tried has an empty message of its own. */
function connectProblem(error: unknown, address: DatabaseAddress): string {
  const text = error instanceof AggregateError ? error.errors.map(reason).join(', ') : reason(error);
  const hint = hintFor(address.keywords, text);
  if (error instanceof AggregateError || hint !== '') return text + hint;
  return isTlsFailure(error) ? `sslmode=${sslmodeOf(address.keywords)}, and ${reason(error)}` : reason(error);
}
