import { DatabaseUrlError, TransactionPoolerError } from '../../../core/errors/index.ts';
import { isSupabaseHost, supabaseTls } from '../../../core/supabase/host.ts';
import { judgeParameter } from './parameters.ts';

/** Connection parameters under libpq's own keywords; `password` apart, so that it is not printed by accident. */
export interface DatabaseAddress {
  /** libpq keywords other than the password: host, port, user, dbname, sslmode, options … */
  readonly keywords: Readonly<Record<string, string>>;
  readonly password: string | undefined;
}

/** Supabase's and PgBouncer's port for transaction pooling. */
const TRANSACTION_POOLER_PORT = 6543;

/** A line of libpq's service file ends at 1023 bytes, and our own settings come behind the options. */
const LONGEST_VALUE = 700;

/** User and password, host and port, database, query. Where libpq would see one more @ or a #, a password was not encoded. */
const PARTS = /^postgres(?:ql)?:\/\/(?:([^@/?]*)@)?([^@/?#]*)(?:\/([^@?#]*))?(?:\?([^#]*))?$/;

/**
 * Reads a connection string as libpq does: percent-encoding, `?host=/socket/dir`, IPv6 in brackets, every keyword
 * as a query parameter. Stricter where a password that was not encoded could be taken for a host, a port or a name.
 * @param variable the environment variable it came from, for the message
 * @throws DatabaseUrlError when it is no such string; the message never repeats what may be part of a password
 * @throws TransactionPoolerError for port 6543
 */
export function parseDatabaseUrl(text: string, variable: string): DatabaseAddress {
  const match = PARTS.exec(text.trim());
  if (match === null)
    throw new DatabaseUrlError(
      variable,
      'is no PostgreSQL connection string, or one that a special character cuts in two',
    );
  const [, credentials, hostPort = '', path = '', query = ''] = match;
  const [user = '', ...password] = (credentials ?? '').split(':');
  const keywords: Record<string, string> = {};
  const put = (keyword: string, value: string) => {
    if (value !== '') keywords[keyword] = decode(value, variable);
  };
  const { hosts, ports } = splitServers(hostPort);
  put('host', hosts);
  put('port', ports);
  put('user', user);
  put('dbname', path);
  for (const [name, value] of parametersOf(query, credentials !== undefined, variable)) put(name, value);
  put('password', password.join(':'));
  const { password: secret, ...rest } = keywords;
  settleServer(rest, variable);
  for (const [name, value] of Object.entries(rest)) {
    if (Buffer.byteLength(value) <= LONGEST_VALUE) continue;
    throw new DatabaseUrlError(variable, `has ${name} of more than ${LONGEST_VALUE} bytes`);
  }
  if (isSupabaseHost(rest.host)) settleSupabase(rest, variable);
  rest.user ??= 'postgres';
  rest.dbname ??= rest.user;
  return { keywords: rest, password: secret };
}

function settleSupabase(keywords: Record<string, string>, variable: string): void {
  const tls = supabaseTls(keywords);
  if ('refuse' in tls) throw new DatabaseUrlError(variable, tls.refuse);
  Object.assign(keywords, tls);
}

/** `database at host:port`, for messages. */
export function describeAddress(address: DatabaseAddress): string {
  const { host = 'localhost', port = '5432', dbname } = address.keywords;
  return `database ${dbname} at ${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The same server and credentials, another database. */
export function withDatabase(address: DatabaseAddress, dbname: string): DatabaseAddress {
  return { ...address, keywords: { ...address.keywords, dbname } };
}

/** Of a list the hosts and the ports, each with commas, as `?host=` and `?port=` have them. */
function splitServers(text: string): { hosts: string; ports: string } {
  const servers = text.split(',').map((server) => {
    const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*):?(.*)$/.exec(server) ?? [];
    return { host: host.startsWith('[') ? host.slice(1, -1) : host, port };
  });
  return {
    hosts: servers.map(({ host }) => host).join(','),
    ports: servers.every(({ port }) => port === '') ? '' : servers.map(({ port }) => port).join(','),
  };
}

/** Name and value of each parameter that is to be used, the value still encoded. */
function parametersOf(query: string, hasCredentials: boolean, variable: string): [string, string][] {
  const raw = query.split('&').filter((pair) => pair !== '');
  const holdsSecret = (pair: string) => pair.startsWith('password=') && !hasCredentials;
  // first of all: where an @ is left over, a password was cut apart, and what looks like names may be of it
  if (raw.some((pair) => pair.includes('@') && !holdsSecret(pair)))
    throw new DatabaseUrlError(variable, 'has an at sign in a parameter that is not percent-encoded');
  // likewise of a password with & in it
  const nameable = !raw.some(holdsSecret);
  return raw.flatMap((pair): [string, string][] => {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new DatabaseUrlError(variable, 'has a parameter without a value');
    const name = decode(pair.slice(0, equals), variable);
    // a space to whoever builds the string with URLSearchParams, but to libpq a plus, as in a password
    const value = name === 'options' ? pair.slice(equals + 1).replaceAll('+', '%20') : pair.slice(equals + 1);
    if (name === 'ssl' && value === 'true') return [['sslmode', 'require']];
    const judgement = judgeParameter(name, decode(value, variable), nameable);
    if (typeof judgement === 'object') throw new DatabaseUrlError(variable, judgement.refuse);
    return judgement === 'take' ? [[name, value]] : [];
  });
}

/** Makes sure that it is one server, and that its port is one. */
function settleServer(keywords: Record<string, string>, variable: string): void {
  const { host = '', hostaddr = '', port } = keywords;
  const ports = port?.split(',').map((text) => text.trim()) ?? [];
  if (ports.some((text) => Number(text) === TRANSACTION_POOLER_PORT))
    throw new TransactionPoolerError(host === '' ? 'the host' : host);
  if (ports.length > 1 || `${host}${hostaddr}`.includes(','))
    throw new DatabaseUrlError(variable, 'names several servers: name one');
  if (/[@\s]/.test(host)) throw new DatabaseUrlError(variable, 'has a host that is none');
  if (port === undefined) return;
  const number = /^\d+$/.test(ports[0] ?? '') ? Number(ports[0]) : 0;
  if (number < 1 || number > 65_535) {
    const todo = 'an IPv6 address goes into [brackets]';
    throw new DatabaseUrlError(variable, `has a port that is no number from 1 to 65535 (${todo})`);
  }
  keywords.port = String(number);
}

/** Decodes, and refuses what a service or password file cannot hold: each entry of those is a line. */
function decode(text: string, variable: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError(variable, 'has a per cent sign that begins no percent-encoding');
  }
  if (/[\0\r\n]/.test(decoded)) throw new DatabaseUrlError(variable, 'has a line break or a NUL character');
  return decoded;
}
