import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import {
  configEnv,
  databaseUrl,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  withClient,
} from '../support/engine.ts';
import { asUser, backUp, makeNamedDatabase, makeRole, restore, said } from '../support/runs.ts';

const CONTENT = `
  CREATE TABLE "표" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, day date, raw bytea, gap interval, price money, body text);
  INSERT INTO "표" (at, day, raw, gap, price, body)
    SELECT timestamptz '2026-03-04 05:06:07+09' + i * interval '1 hour', date '2026-03-04' + i, decode(md5(i::text), 'hex'),
      i * interval '1 day 2 hours', i * 1.5, '값 ' || repeat(md5(i::text), 20) FROM generate_series(1, 3000) i;
  SELECT lo_from_bytea(0, '\\x00ff5c')`;

/** Back up and restore over these connections; sliced, so that every kind of session is opened. */
async function bothWays(source: string, target: string): Promise<void> {
  const env = {
    ...engineEnv(await makeBucket(), { url: source }, { url: target }),
    ...(await configEnv(SLICE_EVERYTHING)),
  };
  await restore(env, (await backUp(env)).id);
}

describe('a server that wants TLS and passwords', () => {
  let server: LocalPostgres;
  let folder: string;
  let strangerCa: string;
  let count = 0;

  beforeAll(async () => {
    server = await startPostgres({ major: 15, ssl: true, auth: 'scram-sha-256' });
    await server.createDatabase('source');
    await withClient(server.url('source'), (client) => client.query(CONTENT));
    folder = await mkdtemp(join(tmpdir(), 'vpb-ca-'));
    strangerCa = join(folder, 'stranger.crt');
    await execa('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '7',
      ],
      ...['-subj', '/CN=localhost', '-keyout', join(folder, 'stranger.key'), '-out', strangerCa],
    ]);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await server.stop();
  });

  async function emptyDatabase(): Promise<string> {
    count += 1;
    await server.createDatabase(`copy_${count}`);
    return `copy_${count}`;
  }

  it('is reached through its socket', async () => {
    const through = (name: string) => {
      const { password } = new URL(server.url(name));
      return server.socketUrl(name).replace(/@[^/]*\/(.*)$/, (_, database) => {
        const socket = /@([^:]+):/.exec(server.socketUrl(name))?.[1] ?? '';
        return `@/${database}?host=${socket}&port=${server.port}&password=${password}`;
      });
    };
    const [source, target] = [through('source'), through(await emptyDatabase())];
    expect(source).toContain('@/source?host=%2F');
    await bothWays(source, target);
  });

  it.each([
    ['require', (): Record<string, string> => ({ sslmode: 'require' })],
    ['verify-full', () => ({ sslmode: 'verify-full', sslrootcert: server.caFile ?? '' })],
    ['verify-ca', () => ({ sslmode: 'verify-ca', sslrootcert: server.caFile ?? '' })],
    ['prefer', () => ({ sslmode: 'prefer' })],
    ['disable', () => ({ sslmode: 'disable' })],
  ])('is reached with sslmode=%s', async (_, params) => {
    await bothWays(
      server.url('source', { params: params() }),
      server.url(await emptyDatabase(), { params: params() }),
    );
  });

  it('is reached by its name as well as by its address', async () => {
    const params = { sslmode: 'verify-full', sslrootcert: server.caFile ?? '' };
    const named = (database: string) =>
      server.url(database, { params }).replace('@127.0.0.1:', '@localhost:');
    await bothWays(named('source'), named(await emptyDatabase()));
  });

  it('really speaks TLS in every session of a run that requires it', async () => {
    const role = `only_tls_${server.port}`;
    await server.psql(
      'postgres',
      `ALTER SYSTEM SET log_connections = on; SELECT pg_reload_conf(); CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD 'p'`,
    );
    const url = (database: string) =>
      server.url(database, { user: role, password: 'p', params: { sslmode: 'require' } });
    await bothWays(url('source'), url(await emptyDatabase()));
    const { stdout } = await execa('grep', ['-E', `connection authorized: user=${role} `, server.logFile]);
    const lines = stdout.split('\n');
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => !line.includes('SSL enabled'))).toEqual([]);
  });

  it('is not trusted with a certificate of a stranger', async () => {
    const url = server.url('source', { params: { sslmode: 'verify-full', sslrootcert: strangerCa } });
    const end = await engine(['backup', '--kind', 'daily'], engineEnv(await makeBucket(), { url }));
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'UnreachableDatabaseError' } },
    });
  });

  it('refuses a wrong password, which no message repeats', async () => {
    const url = server.url('source', { password: 'secret-and-wrong' });
    const end = await engine(['backup', '--kind', 'daily'], engineEnv(await makeBucket(), { url }));
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'UnreachableDatabaseError' } },
    });
    expect(said(end)).not.toContain('secret-and-wrong');
  });

  it.each([
    'colon:at@slash/hash#percent%41?',
    ' spaces  at both ends ',
    `quotes ' " \\ back\\slash $HOME \`x\``,
    '비밀번호 😀 = & + ;',
    '*:#!,[]{}|<>~^',
  ])('is reached with the password %j', async (password) => {
    const role = `odd_${count}`;
    await withClient(server.url('postgres'), (client) =>
      client.query(`CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD ${pg.escapeLiteral(password)}`),
    );
    const url = (database: string) => server.url(database, { user: role, password });
    await bothWays(url('source'), url(await emptyDatabase()));
  });
});

describe('a database named', () => {
  it.each([
    'two words',
    ' both ends ',
    `quo"te's`,
    '한글 이름',
    'a=b',
    'host=nowhere',
    'percent%41 + & ? #',
    'back\\slash',
    'postgresql://nowhere/x',
  ])('%j is backed up, and restored into', async (name) => {
    const server = inject('servers')[15].url;
    const template = await makeDatabase(15);
    await template.query(CONTENT);
    const copy = name.endsWith(' ') ? `${name} ` : `${name}~`;
    await makeNamedDatabase(server, name, `TEMPLATE ${template.name}`);
    await makeNamedDatabase(server, copy);
    const url = (database: string) => databaseUrl(server, encodeURIComponent(database));
    await bothWays(url(name), url(copy));
    // asked for without a URL, which node-postgres decodes in its own way
    const { hostname: host, port, username: user } = new URL(server);
    const client = new pg.Client({ host, port: Number(port), user, database: copy });
    await client.connect();
    const { rows } = await client.query('SELECT count(*)::int AS n FROM "표"');
    await client.end();
    expect(rows).toEqual([{ n: 3000 }]);
  });
});

describe('settings that come with the connection', () => {
  it('are taken from options= in the URL', async () => {
    const source = await makeDatabase(15);
    await source.query(CONTENT);
    const target = await makeDatabase(15);
    const options = `options=${encodeURIComponent('-c work_mem=5MB -c search_path=pg_catalog')}&application_name=mine`;
    await bothWays(`${source.url}?${options}`, `${target.url}?${options}`);
  });
});

describe('a role that is no superuser', () => {
  it.each([15, 17] as const)(
    'backs its own database up and restores into another of its own, PostgreSQL %i',
    async (major) => {
      const server = inject('servers')[major].url;
      const role = await makeRole(server, 'LOGIN');
      const [source, target] = [
        await makeDatabase(major, `OWNER ${role}`),
        await makeDatabase(major, `OWNER ${role}`),
      ];
      await withClient(asUser(source.url, role), (client) => client.query(CONTENT));
      await bothWays(asUser(source.url, role), asUser(target.url, role));
    },
  );
});
