import pg from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import {
  databaseUrl,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestDatabase,
  withClient,
} from '../support/engine.ts';
import { asUser, backUp, expectEqual, makeNamedDatabase, makeRole, restore, said } from '../support/runs.ts';

const NEW_CONTENT = `
  CREATE TABLE films (id int PRIMARY KEY, title text);
  INSERT INTO films SELECT i, '영상 ' || i FROM generate_series(1, 500) i`;
const OLD_CONTENT = `CREATE TABLE before (n int); INSERT INTO before SELECT generate_series(1, 77)`;

async function query<T extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values?: unknown[],
): Promise<T[]> {
  return (await withClient(url, (client) => client.query<T>(sql, values))).rows;
}

/** What the server says of a database besides its name and content. */
async function about(serverUrl: string, name: string): Promise<pg.QueryResultRow | undefined> {
  const rows = await query(
    serverUrl,
    `SELECT to_jsonb(d) - '{oid,datname,datfrozenxid,datminmxid,dattablespace,datacl}'::text[] AS about,
       pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding
     FROM pg_database d WHERE datname = $1`,
    [name],
  );
  return rows[0];
}

/** Databases whose names begin with this one's, itself included. */
async function namedLike(serverUrl: string, name: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    serverUrl,
    'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1',
    [name],
  );
  return rows.map((row) => row.name);
}

/** A full database, and a set of other content to put in its place. */
async function fullTarget(
  major: 15 | 17,
  options = '',
): Promise<{ source: TestDatabase; target: TestDatabase; env: Record<string, string>; id: string }> {
  const source = await makeDatabase(major);
  await source.query(NEW_CONTENT);
  const target = await makeDatabase(major, options);
  await target.query(OLD_CONTENT);
  const env = engineEnv(await makeBucket(), source, target);
  return { source, target, env, id: (await backUp(env)).id };
}

/** The same where everything is one role's, which is all that the engine is told. */
async function fullTargetOf(major: 15 | 17, role: string): ReturnType<typeof fullTarget> {
  const [source, target] = [
    await makeDatabase(major, `OWNER ${role}`),
    await makeDatabase(major, `OWNER ${role}`),
  ];
  await query(asUser(source.url, role), NEW_CONTENT);
  await query(asUser(target.url, role), OLD_CONTENT);
  const urls = [source, target].map(({ url }) => ({ url: asUser(url, role) })) as [
    { url: string },
    { url: string },
  ];
  const env = engineEnv(await makeBucket(), ...urls);
  return { source, target, env, id: (await backUp(env)).id };
}

async function expectUntouched(serverUrl: string, target: TestDatabase): Promise<void> {
  expect((await target.query('SELECT count(*)::int AS n FROM before')).rows).toEqual([{ n: 77 }]);
  expect((await target.query("SELECT to_regclass('public.films') AS films")).rows).toEqual([{ films: null }]);
  expect(await namedLike(serverUrl, target.name)).toEqual([target.name]);
}

describe.each([15, 17] as const)('a full database whose name is confirmed, PostgreSQL %i', (major) => {
  it('is replaced by what the set holds, and kept under another name', async () => {
    const server = inject('servers')[major].url;
    const { source, target, env, id } = await fullTarget(major);
    const { replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', target.name);
    expect(await namedLike(server, target.name)).toEqual([target.name, kept]);
    await expectEqual(major, source.url, target.url);
    const old = await query(databaseUrl(server, kept), 'SELECT count(*)::int AS n FROM before');
    expect(old).toEqual([{ n: 77 }]);
  });

  it('ends the sessions with the old one, which would otherwise go on writing to it', async () => {
    const { target, env, id } = await fullTarget(major);
    const session = new pg.Client(target.url);
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    await session.connect();
    await session.query('BEGIN; INSERT INTO before VALUES (78)');
    const { replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', target.name);
    await expect(session.query('COMMIT')).rejects.toThrow();
    expect(errors[0]).toMatchObject({ code: '57P01' });
    const old = await query(
      databaseUrl(inject('servers')[major].url, kept),
      'SELECT count(*)::int AS n FROM before',
    );
    expect(old).toEqual([{ n: 77 }]);
  });

  const locales = {
    15: "LOCALE_PROVIDER icu ICU_LOCALE 'ko-KR'",
    17: "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
  };
  it.each([
    ['an encoding and a locale', "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' TEMPLATE template0"],
    ['a provider of its own', `${locales[major]} LOCALE 'C' ENCODING 'UTF8' TEMPLATE template0`],
    [
      'a limit of sessions, and rules where the version has them',
      `LOCALE_PROVIDER icu ICU_LOCALE 'ko-KR' ${major === 17 ? "ICU_RULES '&a < g'" : ''} LOCALE 'C' ENCODING 'UTF8' TEMPLATE template0 CONNECTION LIMIT 7`,
    ],
  ])('has the owner, encoding and locale it had: %s', async (_, options) => {
    const server = inject('servers')[major].url;
    const owner = await makeRole(server, 'NOLOGIN');
    const { target, env, id } = await fullTarget(major, `OWNER ${owner} ${options}`);
    const before = await about(server, target.name);
    expect(before).toMatchObject({ owner, encoding: 'UTF8', about: { datallowconn: true } });
    const { replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', target.name);
    expect(await about(server, target.name)).toEqual(before);
    expect(await about(server, kept)).toEqual(before);
  });
});

describe('a database restored in its own place', () => {
  it('is again as it was when the set was made, without a target being named', async () => {
    const source = await makeDatabase(15);
    await source.query(NEW_CONTENT);
    const env = engineEnv(await makeBucket(), source);
    const { id } = await backUp(env);
    await source.query("DELETE FROM films WHERE id > 10; UPDATE films SET title = 'gone'");
    await restore(env, id, '--confirm', source.name);
    const { rows } = await source.query(
      "SELECT count(*)::int AS n, count(*) FILTER (WHERE title = 'gone')::int AS gone FROM films",
    );
    expect(rows).toEqual([{ n: 500, gone: 0 }]);
  });

  it.each(['두 낱말 "x"', '가'.repeat(21), `${'long_'.repeat(12)}end`])(
    'keeps its name, and the old one gets a name the server takes: %s',
    async (name) => {
      const server = inject('servers')[15].url;
      await makeNamedDatabase(server, name);
      const url = databaseUrl(server, encodeURIComponent(name));
      await query(url, NEW_CONTENT);
      const env = engineEnv(await makeBucket(), { url });
      const { id } = await backUp(env);
      await query(url, 'DELETE FROM films');
      const { replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', name);
      expect(kept).not.toBe(name);
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(63);
      expect(await query(url, 'SELECT count(*)::int AS n FROM films')).toEqual([{ n: 500 }]);
      const old = databaseUrl(server, encodeURIComponent(kept));
      expect(await query(old, 'SELECT count(*)::int AS n FROM films')).toEqual([{ n: 0 }]);
    },
  );
});

describe('a full database is left alone', () => {
  it.each([
    ['without its name', (): string[] => []],
    ['with the name of another', () => ['--confirm', 'postgres']],
    ['with its name in other letters', (name: string) => ['--confirm', name.toUpperCase()]],
  ])('%s', async (_, confirmation) => {
    const { target, env, id } = await fullTarget(15);
    const end = await engine(['restore', id, '--mode', 'full', ...confirmation(target.name)], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'TargetNotEmptyError' } } });
    await expectUntouched(inject('servers')[15].url, target);
  });

  it.each([
    ['owns it and may not create databases', 'LOGIN NOCREATEDB', true],
    ['may create databases and does not own it', 'LOGIN CREATEDB', false],
  ])('by a role that %s', async (_, attributes, owns) => {
    const server = inject('servers')[15].url;
    const role = await makeRole(server, attributes);
    const { target, env, id } = await fullTarget(15, owns ? `OWNER ${role}` : '');
    const asRole = { ...env, TARGET_DATABASE_URL: asUser(target.url, role) };
    const end = await engine(['restore', id, '--mode', 'full', '--confirm', target.name], asRole);
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'UnsuitableTargetError' } },
    });
    expect(end.result.error.message).toContain('CREATEDB');
    await expectUntouched(server, target);
  });

  it('where a session with it cannot be ended: that of a superuser, by a role that is none', async () => {
    const server = inject('servers')[15].url;
    const role = await makeRole(server, 'LOGIN CREATEDB');
    const { target, env, id } = await fullTargetOf(15, role);
    const session = new pg.Client(target.url);
    await session.connect();
    onTestFinished(() => session.end());
    const end = await engine(['restore', id, '--mode', 'full', '--confirm', target.name], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: { outcome: 'failed', error: { name: 'DatabaseFailedError' } },
    });
    expect(end.result.error.message).toContain('while ending the sessions with the database');
    expect((await session.query('SELECT count(*)::int AS n FROM before')).rows).toEqual([{ n: 77 }]);
    await expectUntouched(server, target);
  });
});

describe('a role that is no superuser, may create databases and owns the target', () => {
  it.each([15, 17] as const)('replaces it, PostgreSQL %i', async (major) => {
    const server = inject('servers')[major].url;
    const role = await makeRole(server, 'LOGIN CREATEDB');
    const { source, target, env, id } = await fullTargetOf(major, role);
    await restore(env, id, '--confirm', target.name);
    await expectEqual(major, source.url, target.url);
  });
});
