import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeAddress, parseDatabaseUrl } from '../../containers/engine/database/url.ts';
import { DatabaseUrlError, TransactionPoolerError } from '../../core/errors/index.ts';
import { refusalOf } from '../support/refusal.ts';

const parse = (text: string) => parseDatabaseUrl(text, 'DATABASE_URL');

/** Places where people put a password without encoding it. */
const TEMPLATES: readonly ((password: string) => string)[] = [
  (password) => `postgresql://user:${password}@host:5432/db`,
  (password) => `postgresql://user:${password}@host/db?sslmode=require`,
  (password) => `postgresql://user:${password}@[::1]:5432/db`,
  (password) => `postgresql://user:${password}@/db?host=/tmp`,
  (password) => `postgresql://user:12/${password}@host/db`,
  (password) => `postgresql://host/db?user=me&password=${password}`,
  (password) => `postgresql://host?user=me&password=${password}&sslmode=require`,
  (password) => `postgres:${password}@host`,
  (password) => `postgres:12/${password}@host/db`,
  (password) => `user:${password}@host:5432/db`,
  (password) => `host=host user=user password='${password}'`,
  (password) => `https://user:${password}@host/db`,
];

/** What is said in any case, whatever the password is. */
const SAID_ANYWAY =
  'DATABASE_URL postgresql://user:password@host:5432/database?sslmode=… database user at host:12 [::1]:5432';

/** What of the password is in the text and would not be there by chance. */
function leaked(password: string, text: string): string[] {
  const chunks = Array.from({ length: Math.max(0, password.length - 2) }, (_, at) =>
    password.slice(at, at + 3),
  );
  return chunks.filter((chunk) => text.includes(chunk) && !SAID_ANYWAY.includes(chunk));
}

function saidOf(text: string): string {
  try {
    return describeAddress(parse(text));
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return (error as Error).message;
  }
}

/** Signs with a meaning in a connection string, letters of no English word, and some that are neither. */
const SIGNS = '@/?#:&=%[],;+\\\'" ';
const passwords = fc.oneof(
  fc.string({ unit: fc.constantFrom(...SIGNS, ...'QXZJ', ...'0123456789', '한', '😀'), minLength: 3 }),
  // words between signs, as what is cut apart would show
  fc
    .array(fc.oneof(fc.stringMatching(/^[QXZJ0-9]{3,6}$/), fc.constantFrom(...SIGNS)), {
      minLength: 2,
      maxLength: 9,
    })
    .map((parts) => parts.join(''))
    .filter((password) => password.length >= 3),
);

describe('a password that was not encoded', () => {
  it('is in no message and in no description, wherever it stands', () => {
    fc.assert(
      fc.property(passwords, fc.constantFrom(...TEMPLATES), (password, template) => {
        // `postgres:` and a password that begins with `//` is a connection string, of which it is the user
        fc.pre(!template(password).startsWith('postgres://'));
        expect(leaked(password, saidOf(template(password)))).toEqual([]);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    'postgres:p@ssw0rd@host',
    'postgres:12/s3cret@host/db',
    'postgresql://postgres:12/s3cret@host/db',
    'postgresql://postgres:12?s3cret@host/db',
    'postgresql://user:p@ssw0rd@host/db',
    'postgresql://user:p@ss?s3cret=1@host/db',
    'postgresql://user:?s3cret=1&@/db?host=/tmp',
    'postgresql://user:100%s3cret@host/db',
    "host=x password=se'cret",
    'postgresql://host/db?user=me&password=s3cret#hash',
    'postgresql://host/db?user=me&password=pass&s3cret=1',
    'postgresql://user:s3cret@host/db\nanother line',
    'postgresql://user:line%0As3cret@host/db',
    'postgresql://user:nul%00s3cret@host/db',
  ])('is refused, and the message does not repeat it: %j', (text) => {
    const message = refusalOf(() => parse(text), DatabaseUrlError);
    expect(message).toMatch(/^DATABASE_URL .*percent-encoded$/);
    for (const part of ['s3cret', 'ssw0rd', 'cret']) expect(message).not.toContain(part);
  });

  it.each([
    ['postgresql://user:pa#ss@host/db', 'pa#ss'],
    ['postgresql://user:pa ss@host', 'pa ss'],
    ['postgresql://user:back\\slash@host/db', 'back\\slash'],
    ['postgresql://user:quo\'te"s@host/db', 'quo\'te"s'],
    ['postgresql://user:[ab@host/db', '[ab'],
    ['postgresql://user:a:b:c@[::1]:5432/db', 'a:b:c'],
    ['postgresql://user:%40%2F%3F%25@host/db', '@/?%'],
    ['postgresql://host/db?user=me&password=p@ss', 'p@ss'],
    ['postgresql://host/db?user=me&password=one+two', 'one+two'],
  ])('is taken where libpq takes it: %s', (text, password) => {
    expect(parse(text).password).toBe(password);
  });
});

describe('a port', () => {
  it.each([
    'postgresql://u:p@host:6543/db',
    'postgresql://u:p@host:06543/db',
    'postgresql://u:p@host: 6543/db',
    'postgresql://u:p@host:6543 /db',
    'postgresql://u:p@host:%36543/db',
    'postgresql://u:p@host/db?port=6543',
    'postgresql://u:p@host/db?port=06543',
    'postgresql://u:p@host/db?port=%206543',
    'postgresql://u:p@host:5432/db?port=6543',
    'postgresql://u:p@host1:5432,host2:6543/db',
    'postgresql://u:p@host/db?port=5432,6543',
    'postgresql://u:p@host/db?host=a,b&port=6543,5432',
    'postgresql:///db?host=/tmp&port=6543',
  ])('of a transaction pooler is recognized however it is written: %s', (text) => {
    expect(refusalOf(() => parse(text), TransactionPoolerError)).toMatch(/6543.*5432/);
  });

  it.each(['99999', '65536', '0', '-1', '5432x', '0x1538', '5432.0', '1e3', '%3a'])(
    'that is none is refused, and the message does not repeat it: %s',
    (port) => {
      const message = refusalOf(() => parse(`postgresql://u:p@host:${port}/db`), DatabaseUrlError);
      expect(message).toMatch(/port .*from 1 to 65535/);
      expect(refusalOf(() => parse(`postgresql://u:p@host/db?port=${port}`), DatabaseUrlError)).toBe(message);
    },
  );

  it.each(['postgresql://u:p@host:05432/db', 'postgresql://u:p@host/db?port=%205432%20'])(
    'is a number, however it is written: %s',
    (text) => expect(parse(text).keywords.port).toBe('5432'),
  );
});

describe('several servers in one connection string', () => {
  it.each([
    'postgresql://u:p@host1:5432,host2:5433/db',
    'postgresql://u:p@host1,host2/db',
    'postgresql://u:p@/db?host=a,b',
    'postgresql://u:p@host/db?port=5432,5433',
    'postgresql://u:p@host/db?hostaddr=127.0.0.1,127.0.0.2',
  ])('are refused, for the sessions of one run could end at different ones: %s', (text) => {
    expect(refusalOf(() => parse(text), DatabaseUrlError)).toMatch(/several servers.*name one/);
  });
});

describe('a parameter', () => {
  it.each([
    'pgbouncer=true',
    'schema=public',
    'connection_limit=1',
    'pool_timeout=0',
    'foo=s3cret',
    'sslMode=require',
  ])('that PostgreSQL does not know is refused by its name, without its value: %s', (parameter) => {
    const [name = '', value = ''] = parameter.split('=');
    const message = refusalOf(() => parse(`postgresql://u:p@host/db?${parameter}`), DatabaseUrlError);
    expect(message).toContain(`has the parameter ${name}, which PostgreSQL does not know`);
    expect(message).not.toContain(`=${value}`);
    expect(message).not.toContain('s3cret');
  });

  it.each([
    ['service=x', 'service'],
    ['passfile=/x', 'passfile'],
    ['sslcrl=/x', 'sslcrl'],
    ['sslcrldir=/x', 'sslcrldir'],
    ['sslpassword=s3cret', 'sslpassword'],
    ['requirepeer=postgres', 'requirepeer'],
    ['require_auth=scram-sha-256', 'require_auth'],
    ['replication=database', 'replication'],
    ['gssencmode=require', 'gssencmode'],
    ['krbsrvname=x', 'krbsrvname'],
    ['sslnegotiation=direct', 'sslnegotiation'],
    ['load_balance_hosts=random', 'load_balance_hosts'],
    ['sslsni=0', 'sslsni'],
    [`options=${'-c%20work_mem=5MB%20'.repeat(60)}`, 'options'],
    ['sslcertmode=require', 'sslcertmode'],
    ['channel_binding=maybe', 'channel_binding'],
    ['target_session_attrs=leader', 'target_session_attrs'],
    ['connect_timeout=soon', 'connect_timeout'],
    ['keepalives_idle=1e999', 'keepalives_idle'],
    ['ssl_min_protocol_version=SSLv3', 'ssl_min_protocol_version'],
  ])('that only half of a run could honour is refused, with what to do: %s', (parameter, name) => {
    const message = refusalOf(() => parse(`postgresql://u:p@host/db?${parameter}`), DatabaseUrlError);
    expect(message).toMatch(new RegExp(`has (the parameter )?${name}[ ,=]`));
    expect(message).not.toContain('s3cret');
  });

  it.each([
    ['sslmode=require', { sslmode: 'require' }],
    ['ssl=true', { sslmode: 'require' }],
    ['application_name=mine', { application_name: 'mine' }],
    ['connect_timeout=5', { connect_timeout: '5' }],
    ['keepalives=1&keepalives_idle=10&keepalives_count=3&keepalives_interval=5', { keepalives_count: '3' }],
    ['tcp_user_timeout=1000', { tcp_user_timeout: '1000' }],
    ['target_session_attrs=read-write', { target_session_attrs: 'read-write' }],
    ['channel_binding=require', { channel_binding: 'require' }],
    ['ssl_min_protocol_version=TLSv1.3', { ssl_min_protocol_version: 'TLSv1.3' }],
    ['options=-c%20work_mem%3D5MB', { options: '-c work_mem=5MB' }],
  ])('that PostgreSQL knows is taken: %s', (parameters, expected) => {
    expect(parse(`postgresql://u:p@host/db?${parameters}`).keywords).toMatchObject(expected);
  });

  it.each([
    'gssencmode=disable',
    'gssencmode=prefer',
    'client_encoding=UTF8',
    'sslnegotiation=postgres',
    'load_balance_hosts=disable',
    'sslcompression=0',
    'sslsni=1',
  ])('that asks for what is done anyway is taken, and not passed on: %s', (parameter) => {
    const [name = ''] = parameter.split('=');
    expect(parse(`postgresql://u:p@host/db?${parameter}`).keywords).not.toHaveProperty(name);
  });
});

describe('a description of where a database is', () => {
  it.each([
    ['postgresql://u:p@host/db', 'database db at host:5432'],
    ['postgresql://u:p@[2001:db8::1]:5433/db', 'database db at [2001:db8::1]:5433'],
    ['postgresql://u@/db?host=%2Fvar%2Frun', 'database db at /var/run:5432'],
  ])('names host and port: %s', (text, description) => {
    expect(describeAddress(parse(text))).toBe(description);
  });
});
