import { DatabaseUrlError, TransactionPoolerError } from '../../../core/errors/index.ts';

/** Connection parameters under libpq's own keywords; `password` apart, so that it is not printed by accident. */
export interface DatabaseAddress {
  /** libpq keywords other than the password: host, port, user, dbname, sslmode, options … */
  readonly keywords: Readonly<Record<string, string>>;
  readonly password: string | undefined;
}

/** Supabase's and PgBouncer's port for transaction pooling. */
const TRANSACTION_POOLER_PORT = '6543';

/**
 * Reads a connection string as libpq does: percent-encoding, `?host=/socket/dir`, IPv6 in brackets, every keyword
 * as a query parameter.
 * @param variable the environment variable it came from, for the message
 * @throws DatabaseUrlError when it is no such string; the message never repeats it
 * @throws TransactionPoolerError for port 6543
 */
export function parseDatabaseUrl(text: string, variable: string): DatabaseAddress {
  const match = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(
    text.trim(),
  );
  if (match === null) throw new DatabaseUrlError(variable, 'is no PostgreSQL connection string');
  const [, credentials = '', hostPort = '', path = '', query = ''] = match;
  const colon = credentials.indexOf(':');
  const user = colon < 0 ? credentials : credentials.slice(0, colon);
  const keywords: Record<string, string> = {};
  const put = (keyword: string, value: string) => {
    if (value !== '') keywords[keyword] = decode(value, variable);
  };
  const { host, port } = splitHostPort(hostPort, variable);
  put('host', host);
  put('port', port);
  put('user', user);
  put('dbname', path);
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new DatabaseUrlError(variable, 'has a parameter without a value');
    put(decode(pair.slice(0, equals), variable), pair.slice(equals + 1).replaceAll('+', '%20'));
  }
  const { password: passwordParameter, ...rest } = keywords;
  const password = colon < 0 ? passwordParameter : decode(credentials.slice(colon + 1), variable);
  if (rest.port === TRANSACTION_POOLER_PORT) throw new TransactionPoolerError(rest.host ?? 'the host');
  rest.user ??= 'postgres';
  rest.dbname ??= rest.user;
  return { keywords: rest, password: password === '' ? undefined : password };
}

/** `database at host:port`, for messages. */
export function describeAddress(address: DatabaseAddress): string {
  const { host = 'localhost', port = '5432', dbname } = address.keywords;
  return `database ${dbname} at ${host}:${port}`;
}

/** The same server and credentials, another database. */
export function withDatabase(address: DatabaseAddress, dbname: string): DatabaseAddress {
  return { ...address, keywords: { ...address.keywords, dbname } };
}

function splitHostPort(text: string, variable: string): { host: string; port: string } {
  const match = /^(\[[^\]]*\]|[^:,]*)(?::(\d*))?$/.exec(text);
  if (match === null)
    throw new DatabaseUrlError(variable, 'has no readable host and port (one host, no list)');
  const host = match[1] ?? '';
  return { host: host.startsWith('[') ? host.slice(1, -1) : host, port: match[2] ?? '' };
}

function decode(text: string, variable: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError(variable, 'has a % that is no percent-encoding');
  }
}
