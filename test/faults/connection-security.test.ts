import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectRefused, runIn } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';
import { said } from '../support/runs.ts';

const DAILY = ['backup', '--kind', 'daily'];
/** Small tables in slices too: every kind of session is opened. */
const SLICED = { backup: { workers: 2, slicing: { thresholdMiB: 0.1, minSliceMiB: 0.5, maxSliceMiB: 4 } } };
const CONTENT = `CREATE TABLE films AS SELECT g AS id, repeat(md5(g::text), 30) AS plot FROM generate_series(1, 3000) g`;

let secure: LocalPostgres;
let plain: TestDatabase;
let folder: string;
let run: FaultRun;
let copies = 0;
beforeAll(async () => {
  [secure, plain] = await Promise.all([
    startPostgres({ major: 15, ssl: true, auth: 'scram-sha-256' }),
    makeDatabase(15),
  ]);
  await secure.createDatabase('source');
  await secure.psql('source', CONTENT);
  await plain.query(CONTENT);
  folder = await mkdtemp(join(tmpdir(), 'vpb-ca-'));
  run = await prepareRun(plain, SLICED);
  await writeFile(join(folder, 'no.crt'), 'no certificate');
  const names = ['-keyout', join(folder, 'other.key'), '-out', join(folder, 'other.crt')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  await execa('openssl', [
    'req',
    '-x509',
    ...curve,
    '-nodes',
    '-days',
    '7',
    '-subj',
    '/CN=localhost',
    ...names,
  ]);
  await copyFile(join(folder, 'other.key'), join(folder, 'open.key'));
  await chmod(join(folder, 'open.key'), 0o644);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await secure.stop();
});

/** A backup over the connection and a restore over the same into a database of its own. */
async function expectBothWays(
  url: (database: string) => string,
  source: string,
  copy: string,
  env: Record<string, string> = {},
): Promise<void> {
  const own = await prepareRun({ url: url(source) }, SLICED);
  const made = await runIn(own, DAILY, env);
  expect(made, said(made)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  const target = { ...env, TARGET_DATABASE_URL: url(copy) };
  const restored = await runIn(own, ['restore', made.result.id, '--mode', 'full'], target);
  expect(restored, said(restored)).toMatchObject({ exitCode: 0, result: { notVerified: [] } });
}

async function expectSecureBothWays(params: Record<string, string>, env = {}): Promise<void> {
  copies += 1;
  await secure.createDatabase(`copy_${copies}`);
  await expectBothWays((name) => secure.url(name, { params }), 'source', `copy_${copies}`, env);
}

async function expectPlainBothWays(query: string, env = {}): Promise<void> {
  const copy = await makeDatabase(15);
  const base = plain.url.slice(0, plain.url.lastIndexOf('/'));
  await expectBothWays((name) => `${base}/${name}${query}`, plain.name, copy.name, env);
}

describe('TLS that cannot be had as demanded is refused, by the name of the parameter and the cause', () => {
  const own = () => secure.caFile ?? '';
  it.each<[string, () => Record<string, string>, string, RegExp]>([
    [
      'a certificate of a stranger',
      () => ({ sslmode: 'verify-full', sslrootcert: join(folder, 'other.crt') }),
      'UnreachableDatabaseError',
      /sslmode=verify-full, and .*self-signed/,
    ],
    [
      'a self-signed certificate under the authorities of the system',
      () => ({ sslmode: 'verify-full', sslrootcert: 'system' }),
      'UnreachableDatabaseError',
      /sslmode=verify-full, and .*self-signed/,
    ],
    [
      'the authorities of the system without a mode, which means verify-full',
      () => ({ sslrootcert: 'system' }),
      'UnreachableDatabaseError',
      /sslmode=verify-full, and .*self-signed/,
    ],
    [
      'another host name',
      () => ({ sslmode: 'verify-full', sslrootcert: own(), host: 'elsewhere.test', hostaddr: '127.0.0.1' }),
      'UnreachableDatabaseError',
      /sslmode=verify-full, and .*elsewhere\.test/,
    ],
    [
      'a file that is not there',
      () => ({ sslmode: 'verify-full', sslrootcert: '/nowhere/ca.crt' }),
      'EnvironmentError',
      /sslrootcert=\/nowhere\/ca\.crt, which cannot be read; ENOENT/,
    ],
    [
      'a file that is no certificate',
      () => ({ sslmode: 'verify-ca', sslrootcert: join(folder, 'no.crt') }),
      'EnvironmentError',
      /sslrootcert=.*no\.crt, which is no certificate/,
    ],
    [
      'nothing to verify by',
      () => ({ sslmode: 'verify-full' }),
      'EnvironmentError',
      /sslmode=verify-full without sslrootcert.*sslrootcert=system/,
    ],
    [
      'authorities, but no mode that insists on them',
      () => ({ sslrootcert: own() }),
      'EnvironmentError',
      /sslrootcert with sslmode=prefer.*add sslmode=verify-full/,
    ],
    [
      'public authorities and no look at the name',
      () => ({ sslmode: 'require', sslrootcert: 'system' }),
      'EnvironmentError',
      /sslrootcert=system with sslmode=require; expected sslmode=verify-full/,
    ],
    [
      'a certificate without its key',
      () => ({ sslmode: 'require', sslcert: own() }),
      'EnvironmentError',
      /only one of sslcert and sslkey/,
    ],
    [
      'a key that others can read, which libpq refuses',
      () => ({ sslmode: 'require', sslcert: join(folder, 'other.crt'), sslkey: join(folder, 'open.key') }),
      'EnvironmentError',
      /sslkey=.*open\.key, which others can read.*chmod 600/,
    ],
    [
      'a key of another certificate',
      () => ({ sslmode: 'require', sslcert: own(), sslkey: join(folder, 'other.key') }),
      'UnreachableDatabaseError',
      /sslmode=require, and .*key values mismatch/,
    ],
    [
      'a version of TLS that the server does not speak',
      () => ({
        sslmode: 'require',
        ssl_max_protocol_version: 'TLSv1.1',
        ssl_min_protocol_version: 'TLSv1.1',
      }),
      'UnreachableDatabaseError',
      /sslmode=require, and /,
    ],
    [
      'channel binding without TLS',
      () => ({ sslmode: 'disable', channel_binding: 'require' }),
      'UnreachableDatabaseError',
      /channel_binding=require, and the server offers no channel binding/,
    ],
  ])('%s', async (_, params, name, says) => {
    const DATABASE_URL = secure.url('source', { params: params() });
    await expectRefused(run, DAILY, { DATABASE_URL }, [name, says]);
  });

  it.each([
    ['TLS', 'sslmode=require', /sslmode=require, and The server does not support SSL/],
    ['channel binding', 'channel_binding=require', /channel_binding=require, and/],
    [
      'a standby',
      'target_session_attrs=standby',
      /target_session_attrs=standby, and the server is a primary/,
    ],
    ['a server that reads only', 'target_session_attrs=read-only', /target_session_attrs=read-only, and/],
  ])('a server without what is demanded: %s', async (_, parameter, says) => {
    const DATABASE_URL = `${plain.url}?${parameter}`;
    await expectRefused(run, DAILY, { DATABASE_URL }, ['UnreachableDatabaseError', says]);
  });
});

describe('TLS as demanded carries a backup and a restore', () => {
  it('verified by the authorities of the system', async () => {
    await expectSecureBothWays(
      { sslmode: 'verify-full', sslrootcert: 'system' },
      { SSL_CERT_FILE: secure.caFile ?? '' },
    );
  });

  it('with channel binding, whatever lies in the home directory of the user', async () => {
    await execa('mkdir', [join(folder, '.postgresql')]);
    await execa('cp', [join(folder, 'other.crt'), join(folder, '.postgresql', 'root.crt')]);
    await expectSecureBothWays({ sslmode: 'require', channel_binding: 'require' }, { HOME: folder });
  });

  it('of one version only', async () => {
    await expectSecureBothWays({ sslmode: 'require', ssl_min_protocol_version: 'TLSv1.3' });
  });
});

describe('parameters of a connection string', () => {
  it('that a pooler of another library reads are refused before anything is written', async () => {
    const DATABASE_URL = `${plain.url}?pgbouncer=true&connection_limit=1`;
    await expectRefused(run, DAILY, { DATABASE_URL }, ['DatabaseUrlError', /the parameter pgbouncer/]);
  });

  it.each(['99999', '0', '5432x'])('with the port %s are refused in words', async (port) => {
    const DATABASE_URL = plain.url.replace(/:\d+\//, `:${port}/`);
    await expectRefused(run, DAILY, { DATABASE_URL }, ['DatabaseUrlError', /port .*1 to 65535/]);
  });

  it('that both halves of a run know carry a backup and a restore', async () => {
    await expectPlainBothWays(
      '?target_session_attrs=read-write&gssencmode=prefer&keepalives_idle=20&keepalives_count=3&tcp_user_timeout=60000' +
        '&channel_binding=prefer&client_encoding=LATIN1&sslnegotiation=postgres&connect_timeout=3000000',
    );
  });

  it('cannot end a dump by a timeout, nor can PGOPTIONS', async () => {
    const timeouts = ['statement', 'lock', 'idle_in_transaction_session', 'idle_session'];
    const options = timeouts.map((name) => `-c ${name}_timeout=1`).join(' ');
    await expectPlainBothWays(`?options=${encodeURIComponent(options)}`, {
      PGOPTIONS: '-c statement_timeout=1 -c default_transaction_read_only=on',
    });
    await expectPlainBothWays('', { PGOPTIONS: '-c statement_timeout=1', PGTARGETSESSIONATTRS: 'standby' });
  });
});
