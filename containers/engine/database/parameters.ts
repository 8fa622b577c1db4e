/** What becomes of a parameter: taken as it is, not needed, or refused for this reason. */
export type Judgement = 'take' | 'drop' | { readonly refuse: string };

const WHOLE_NUMBER = /^-?\d{1,9}$/;
const TLS_VERSION = /^TLSv1(\.[123])?$/;

/** Both node-postgres and libpq do the same with these, or they concern how long one session of libpq stays alive. */
const TAKEN: Readonly<Record<string, RegExp | undefined>> = {
  host: undefined,
  hostaddr: undefined,
  port: undefined,
  user: undefined,
  password: undefined,
  dbname: undefined,
  options: undefined,
  application_name: undefined,
  sslmode: undefined,
  sslrootcert: undefined,
  sslcert: undefined,
  sslkey: undefined,
  connect_timeout: WHOLE_NUMBER,
  keepalives: WHOLE_NUMBER,
  keepalives_idle: WHOLE_NUMBER,
  keepalives_interval: WHOLE_NUMBER,
  keepalives_count: WHOLE_NUMBER,
  tcp_user_timeout: WHOLE_NUMBER,
  ssl_min_protocol_version: TLS_VERSION,
  ssl_max_protocol_version: TLS_VERSION,
  channel_binding: /^(disable|prefer|require)$/,
  target_session_attrs: /^(any|read-write|read-only|primary|standby|prefer-standby)$/,
};

/** Taken with a value that asks for what is done in any case; not passed on, since older clients lack some of them. */
const AS_IT_IS: Readonly<Record<string, RegExp>> = {
  client_encoding: /./,
  fallback_application_name: /./,
  gssencmode: /^(disable|prefer)$/,
  load_balance_hosts: /^disable$/,
  replication: /^(false|off|no|0)$/,
  sslcertmode: /^allow$/,
  sslcompression: /^0$/,
  sslnegotiation: /^postgres$/,
  sslsni: /^1$/,
};

/** libpq knows these, and only the half of a run that its programs do would honour them. */
const HALF: Readonly<Record<string, string>> = {
  service: 'name host, port, user and database here',
  servicefile: 'name host, port, user and database here',
  passfile: 'put the password into the connection string',
  sslpassword: 'use a key without a passphrase',
  sslcrl: 'use a certificate authority that has revoked nothing',
  sslcrldir: 'use a certificate authority that has revoked nothing',
  requirepeer: 'leave it out',
  require_auth: 'use channel_binding=require',
  krbsrvname: 'use a password or a certificate',
  gsslib: 'use a password or a certificate',
  gssdelegation: 'use a password or a certificate',
};

/**
 * Whether a parameter of a connection string may be used: a run reads rows through node-postgres and structure through
 * pg_dump, and both must reach the same server with the same security. What one of them would pass over is refused.
 * @param nameable whether the name of an unknown parameter may be repeated; it may be part of a password
 */
export function judgeParameter(name: string, value: string, nameable: boolean): Judgement {
  if (name in TAKEN) return TAKEN[name]?.test(value) === false ? { refuse: unfit(name) } : 'take';
  if (name in AS_IT_IS) return AS_IT_IS[name]?.test(value) ? 'drop' : { refuse: notHonoured(name) };
  if (name in HALF) return { refuse: notHonoured(name) };
  const named = nameable && /^[\w.-]{1,40}$/.test(name) ? `the parameter ${name}` : 'a parameter';
  return { refuse: `has ${named}, which PostgreSQL does not know: take it out` };
}

function unfit(name: string): string {
  const expected = TAKEN[name] === WHOLE_NUMBER ? 'a whole number' : 'one of the values that libpq knows';
  return `has ${name}, but not with ${expected}`;
}

function notHonoured(name: string): string {
  const instead = HALF[name] ?? 'leave it out';
  return `has the parameter ${name} with a value that not every session of a run could honour: ${instead}`;
}
