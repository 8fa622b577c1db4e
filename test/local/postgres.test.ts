import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPostgres, PsqlFailed, startPostgres } from '../../local/postgres.ts';
import { ServerDidNotStart } from '../../local/processes.ts';
import type { PostgresMajor } from '../../local/toolchain.ts';
import { isAlive } from './alive.ts';

const EXTENSIONS = [
  ...['pg_trgm', 'hstore', 'citext', 'postgres_fdw', 'pgcrypto', 'uuid-ossp', 'xml2', 'unaccent'],
  ...['btree_gist', 'pg_stat_statements', 'ltree', 'tablefunc'],
];
const MAJORS: readonly PostgresMajor[] = [15, 17];

describe.each(MAJORS)('PostgreSQL %i', (major) => {
  let server: LocalPostgres;
  beforeAll(async () => {
    server = await startPostgres({ major });
  });
  afterAll(() => server.stop());

  it('answers over TCP and over the socket, from psql and from pg', async () => {
    expect(await server.psql('postgres', 'SHOW server_version')).toMatch(new RegExp(`^${major}\\.`));
    for (const url of [server.url('postgres'), server.socketUrl('postgres')]) {
      const { stdout } = await execa(join(server.binDir, 'psql'), ['-X', '-At', '-c', 'SELECT 1 + 1', url]);
      expect(stdout).toBe('2');
      const client = new pg.Client(url);
      await client.connect();
      expect((await client.query('SELECT 40 + 2 AS answer')).rows).toEqual([{ answer: 42 }]);
      await client.end();
    }
  });

  it('is set up as UTF8, C.UTF-8, UTC and without waiting for the disk', async () => {
    const sql =
      'SHOW server_encoding; SHOW timezone; SHOW fsync; SHOW max_connections; SELECT datcollate FROM pg_database WHERE oid = 1';
    expect((await server.psql('postgres', sql)).split('\n')).toEqual([
      'UTF8',
      'UTC',
      'off',
      '100',
      'C.UTF-8',
    ]);
    expect(await server.psql('postgres', "SELECT upper('æøå'), 'ä' < 'z'")).toBe('ÆØÅ|f');
  });

  it('creates every extension', async () => {
    await server.createDatabase('extensions');
    await server.psql('extensions', EXTENSIONS.map((name) => `CREATE EXTENSION "${name}";`).join('\n'));
    const use =
      "SELECT digest('a', 'md5'), uuid_generate_v4() IS NOT NULL, similarity('word', 'words') > 0.5";
    expect(await server.psql('extensions', use)).toBe('\\x0cc175b9c0f1b6a831c399e269772661|t|t');
  });

  it('creates, copies and drops databases of any name', async () => {
    await server.createDatabase('Odd "name"/%?', { encoding: 'LATIN1', locale: 'C' });
    expect(await server.psql('Odd "name"/%?', 'SHOW server_encoding')).toBe('LATIN1');
    await server.psql('Odd "name"/%?', 'CREATE TABLE kept AS SELECT 7 AS n');
    await server.createDatabase('copy', { template: 'Odd "name"/%?' });
    expect(await server.psql('copy', 'SELECT n FROM kept')).toBe('7');
    await server.dropDatabase('copy');
    await expect(server.psql('copy', 'SELECT 1')).rejects.toThrow(PsqlFailed);
  });

  it('dumps and restores with its own programs', async () => {
    await server.createDatabase('source');
    await server.createDatabase('target');
    await server.psql('source', 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS n');
    const file = join(dirname(server.logFile), 'source.dump');
    await execa(join(server.binDir, 'pg_dump'), ['-Fc', '-f', file, server.url('source')]);
    await execa(join(server.binDir, 'pg_restore'), ['-d', server.url('target'), file]);
    expect(await server.psql('target', 'SELECT sum(n) FROM t')).toBe('500500');
    await execa(join(server.binDir, 'pgbench'), ['-i', '-q', server.url('target')]);
  });

  it('names the failing statement', async () => {
    await expect(server.psql('postgres', 'SELECT 1; SELECT nothing_there;')).rejects.toThrow(/nothing_there/);
  });

  it('restarts on the same port with its data', async () => {
    const before = server.port;
    await server.psql(
      'postgres',
      "CREATE TABLE IF NOT EXISTS survives (); ALTER SYSTEM SET work_mem = '7MB'",
    );
    await server.restart();
    expect(server.port).toBe(before);
    expect(await server.psql('postgres', 'SHOW work_mem; SELECT count(*) FROM survives')).toBe('7MB\n0');
  });
});

describe('two servers at once', () => {
  it('run beside each other and leave neither process nor directory', async () => {
    const servers = await Promise.all(MAJORS.map((major) => startPostgres({ major })));
    const pids = await Promise.all(
      servers.map(async (server) =>
        Number(
          await server
            .psql('postgres', "SELECT pg_read_file('postmaster.pid', 0, 7)")
            .then((text) => text.split('\n')[0]),
        ),
      ),
    );
    expect(pids.map(isAlive)).toEqual([true, true]);
    await Promise.all(servers.map((server) => server.stop()));
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(servers.map((server) => existsSync(dirname(server.logFile)))).toEqual([false, false]);
  });
});

describe('options', () => {
  it.each(MAJORS)(
    'PostgreSQL %i demands the password and encrypts with a certificate clients can verify',
    async (major) => {
      const server = await startPostgres({
        major,
        ssl: true,
        auth: 'scram-sha-256',
        superuserName: 'supabase admin',
        password: 'p@ss/w:rd %?#é',
        durable: true,
        settings: { max_connections: '23', application_name: "it's" },
      });
      try {
        const params = {
          sslmode: 'verify-full',
          sslrootcert: server.caFile ?? '',
          application_name: 'a b+c',
        };
        const query =
          "SELECT ssl, current_user, current_setting('max_connections'), current_setting('fsync'), current_setting('application_name') FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        const ask = (url: string) => execa(join(server.binDir, 'psql'), ['-X', '-At', '-c', query, url]);
        expect((await ask(server.url('postgres', { params }))).stdout).toBe('t|supabase admin|23|on|a b+c');
        expect(await server.psql('postgres', 'SHOW application_name')).toBe('psql');
        await expect(ask(server.url('postgres', { password: 'wrong' }))).rejects.toThrow(
          /password authentication/,
        );
      } finally {
        await server.stop();
      }
    },
  );

  it("fails with the server's own words when a setting is wrong", async () => {
    const attempt = startPostgres({ major: 17, settings: { shared_buffers: 'plenty' } });
    await expect(attempt).rejects.toThrow(ServerDidNotStart);
    await expect(attempt).rejects.toThrow(/shared_buffers/);
  });
});
