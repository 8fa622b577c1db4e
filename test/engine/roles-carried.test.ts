import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { engine, engineEnv, makeBucket, type TestBucket, withClient } from '../support/engine.ts';
import { HOSTILE_VALUES as HOSTILE, HOSTILE_NAMES as NAMES } from '../support/hostile-text.ts';
import { asUser, backUp, restore, said } from '../support/runs.ts';

interface Pair {
  readonly source: LocalPostgres;
  readonly target: LocalPostgres;
}

let count = 0;

/** A new database on each server, and what a run from one to the other needs. */
async function makePair({ source, target }: Pair): Promise<{
  bucket: TestBucket;
  env: Record<string, string>;
  from: string;
  to: string;
}> {
  count += 1;
  await Promise.all([source, target].map((server) => server.createDatabase(`db_${count}`)));
  const [from, to] = [source.url(`db_${count}`), target.url(`db_${count}`)];
  const bucket = await makeBucket();
  return { bucket, env: engineEnv(bucket, { url: from }, { url: to }), from, to };
}

async function query<T extends pg.QueryResultRow>(url: string, ...statements: string[]): Promise<T[]> {
  return withClient(url, async (client) => {
    let rows: T[] = [];
    for (const statement of statements) rows = (await client.query<T>(statement)).rows;
    return rows;
  });
}

const id = pg.escapeIdentifier;
const text = pg.escapeLiteral;

const ROLES = `SELECT to_jsonb(r) - '{oid,rolconfig}'::text[] AS attributes, r.rolconfig AS config,
  (SELECT array_agg(concat_ws(' ', m.roleid::regrole, 'admin', m.admin_option, 'inherit', to_jsonb(m) ->> 'inherit_option',
     'set', to_jsonb(m) ->> 'set_option', 'by', CASE WHEN to_jsonb(m) ? 'set_option' THEN m.grantor::regrole END) ORDER BY 1)
   FROM pg_auth_members m WHERE m.member = r.oid) AS memberships
  FROM pg_roles r WHERE rolname !~ '^pg_' ORDER BY rolname`;

describe.each([15, 17] as const)('roles carried to another server, PostgreSQL %i', (major) => {
  let servers: Pair;
  beforeAll(async () => {
    const [source, target] = await Promise.all([startPostgres({ major }), startPostgres({ major })]);
    servers = { source, target };
  });
  afterAll(() => Promise.all([servers.source.stop(), servers.target.stop()]));

  it('a role’s setting is a value, whatever stands in it, and never a statement', async () => {
    const { env, from, to } = await makePair(servers);
    await query(
      from,
      'CREATE ROLE att LOGIN',
      ...HOSTILE.map((value, i) => `ALTER ROLE att SET "app.v${i}" = ${text(value)}`),
      // this one every role may choose for itself, without any privilege
      'SET SESSION AUTHORIZATION att',
      `ALTER ROLE att SET application_name = ${text(HOSTILE[0] ?? '')}`,
    );
    const { id: set } = await backUp(env);
    for (const attempt of ['the role is new', 'the role exists']) {
      if (attempt === 'the role exists') await query(to, 'ALTER ROLE att RESET ALL');
      await restore(env, set);
      const rows = await query(
        to,
        "SELECT rolname, rolsuper, rolconfig FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1",
      );
      const config =
        attempt === 'the role exists'
          ? null
          : [...HOSTILE.map((value, i) => `app.v${i}=${value}`), `application_name=${HOSTILE[0]}`];
      expect(rows, attempt).toEqual([
        { rolname: 'att', rolsuper: false, rolconfig: config },
        { rolname: 'postgres', rolsuper: true, rolconfig: null },
      ]);
    }
  });

  it('settings and comment of the database are values too', async () => {
    const { env, from, to } = await makePair(servers);
    const [comment = ''] = HOSTILE;
    await query(
      from,
      'CREATE ROLE own LOGIN',
      ...HOSTILE.flatMap((value, i) => [
        `ALTER DATABASE db_${count} SET "app.d${i}" = ${text(value)}`,
        `ALTER ROLE own IN DATABASE db_${count} SET "app.r${i}" = ${text(value)}`,
      ]),
      `COMMENT ON DATABASE db_${count} IS ${text(comment)}`,
    );
    await restore(env, (await backUp(env)).id);
    const look = `SELECT setrole::regrole::text AS role, setconfig, shobj_description(setdatabase, 'pg_database') AS comment
      FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1`;
    const after = await query(to, look);
    expect(after).toEqual(await query(from, look));
    expect(after).toEqual([
      { role: '-', setconfig: HOSTILE.map((value, i) => `app.d${i}=${value}`), comment },
      { role: 'own', setconfig: HOSTILE.map((value, i) => `app.r${i}=${value}`), comment },
    ]);
    expect(await query(to, "SELECT FROM pg_roles WHERE rolname = 'evil'")).toEqual([]);
  });

  it('odd names, attributes, settings and memberships are the same; the newly created belong together', async () => {
    const { env, from, to } = await makePair(servers);
    const options = major >= 16 ? 'WITH ADMIN OPTION, INHERIT FALSE, SET FALSE' : 'WITH ADMIN OPTION';
    const [first = '', ...others] = NAMES;
    // of the tests before; what exists on both sides is left alone, and need not be equal
    for (const url of [from, to]) await query(url, 'DROP ROLE IF EXISTS att', 'DROP ROLE IF EXISTS own');
    await query(
      from,
      'CREATE ROLE heir',
      ...NAMES.map((name) => `CREATE ROLE ${id(name)}`),
      `ALTER ROLE ${id(first)} WITH SUPERUSER CREATEDB CREATEROLE NOINHERIT LOGIN REPLICATION BYPASSRLS CONNECTION LIMIT 7`,
      `ALTER ROLE ${id(first)} VALID UNTIL '2031-02-03 04:05:06.789+09'`,
      `ALTER ROLE ${id('역할')} VALID UNTIL 'infinity' CONNECTION LIMIT 0`,
      `ALTER ROLE ${id(first)} SET search_path = "$user", ${id('a"b\n,c')}, public`,
      `ALTER ROLE ${id(first)} SET work_mem = '5MB'`,
      ...others.map((name) => `GRANT ${id(first)} TO ${id(name)} ${options}`),
      ...(major >= 16 ? [`GRANT ${id(first)} TO heir GRANTED BY ${id(':"DBNAME"')}`] : []),
      ...NAMES.map((name) => `CREATE SCHEMA ${id(name)} AUTHORIZATION ${id(name)}`),
      ...NAMES.map((name) => `GRANT CONNECT ON DATABASE db_${count} TO ${id(name)}`),
      "SET DateStyle = 'SQL, DMY'",
      'GRANT pg_monitor TO "역할"',
    );
    const before = await query(from, ROLES);
    expect(JSON.stringify(before)).toContain('2031-02-02T19:05:06.789');
    await restore(env, (await backUp(env)).id);
    expect(await query(to, ROLES)).toEqual(before);
  });

  it('a role that exists is left as it is, even where its setting names the database', async () => {
    const { env, from, to } = await makePair(servers);
    await query(from, 'CREATE ROLE dn', `ALTER ROLE dn SET "app.q" = 'psql -d :"DBNAME"'`);
    await query(to, 'CREATE ROLE dn LOGIN');
    await restore(env, (await backUp(env)).id);
    const rows = await query(to, "SELECT rolcanlogin, rolconfig FROM pg_roles WHERE rolname = 'dn'");
    expect(rows).toEqual([{ rolcanlogin: true, rolconfig: null }]);
  });

  it('a membership between roles that both exist is not added but told', async () => {
    const { env, from, to } = await makePair(servers);
    for (const url of [from, to]) await query(url, 'CREATE ROLE readers', 'CREATE ROLE someone');
    await query(from, 'GRANT readers TO someone');
    const { id: set } = await backUp(env);
    const end = await engine(['restore', set, '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { outcome: 'could-not-verify' } });
    expect(end.result.notVerified).toEqual([
      expect.stringMatching(/^role: «GRANT "readers" TO "someone".*» was not done/),
    ]);
    await query(to, 'GRANT readers TO someone');
    await restore(env, set);
  });

  it('a setting of all roles is carried, and told instead of done: the server may serve others', async () => {
    const { env, from, to } = await makePair(servers);
    await query(from, "ALTER ROLE ALL SET app.everywhere = 'secret'");
    const { id: set } = await backUp(env);
    await query(from, 'ALTER ROLE ALL RESET app.everywhere');
    const end = await engine(['restore', set, '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { outcome: 'could-not-verify' } });
    expect(end.result.notVerified).toEqual([
      expect.stringMatching(/^role: «ALTER ROLE ALL SET "app"\."everywhere" TO …» was not done/),
    ]);
    expect(said(end)).not.toContain("'secret'");
    expect(
      await query(to, 'SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = 0'),
    ).toEqual([]);
  });

  it('an empty search_path, and a database whose privileges were all revoked', async () => {
    const { env, from, to } = await makePair(servers);
    await query(
      from,
      'CREATE ROLE outsider',
      `SELECT set_config('search_path', '', false)`,
      `ALTER DATABASE db_${count} SET search_path FROM CURRENT`,
      `REVOKE ALL ON DATABASE db_${count} FROM PUBLIC`,
      `REVOKE ALL ON DATABASE db_${count} FROM postgres`,
    );
    expect(
      await query(from, 'SELECT datacl FROM pg_catalog.pg_database WHERE datname = current_database()'),
    ).toEqual([{ datacl: '{}' }]);
    await restore(env, (await backUp(env)).id);
    expect(await query(to, 'SHOW search_path')).toEqual([{ search_path: '""' }]);
    expect(
      await query(
        to,
        `SELECT has_database_privilege('outsider', current_database(), p) AS has FROM unnest(ARRAY['CONNECT', 'TEMP']) p`,
      ),
    ).toEqual([{ has: false }, { has: false }]);
  });
});

describe.each([15, 17] as const)('by a role that may create roles and no more, PostgreSQL %i', (major) => {
  let servers: Pair;
  beforeAll(async () => {
    const [source, target] = await Promise.all([startPostgres({ major }), startPostgres({ major })]);
    servers = { source, target };
    for (const server of [source, target])
      await query(server.url('postgres'), 'CREATE ROLE app LOGIN CREATEROLE');
  });
  afterAll(() => Promise.all([servers.source.stop(), servers.target.stop()]));

  async function asApp(): Promise<{ env: Record<string, string>; from: string; to: string }> {
    const { bucket, from, to } = await makePair(servers);
    for (const url of [from, to]) await query(url, `ALTER DATABASE db_${count} OWNER TO app`);
    const urls = [from, to].map((url) => ({ url: asUser(url, 'app') })) as [{ url: string }, { url: string }];
    return { env: engineEnv(bucket, ...urls), from, to };
  }

  it('ordinary roles come back with nothing to complain of, from a backup by that role as well', async () => {
    const { env, from, to } = await asApp();
    await query(
      from,
      "CREATE ROLE plain LOGIN NOINHERIT CONNECTION LIMIT 3 VALID UNTIL '2031-01-01Z'",
      'CREATE ROLE crew',
      'GRANT crew TO plain',
      "ALTER ROLE plain SET statement_timeout = '5s'",
      'CREATE TABLE t (a int)',
      'ALTER TABLE t OWNER TO app',
      'GRANT SELECT ON t TO plain',
    );
    await restore(env, (await backUp(env)).id);
    const look = `SELECT rolcanlogin, rolinherit, rolconnlimit, rolvaliduntil, rolconfig, pg_has_role('plain', 'crew', 'MEMBER') AS member
      FROM pg_roles WHERE rolname = 'plain'`;
    expect(await query(to, look)).toEqual(await query(from, look));
  });

  it('what it may not give is named, and only that', async () => {
    const { env, from, to } = await asApp();
    await query(
      from,
      'CREATE ROLE strong SUPERUSER CREATEROLE LOGIN',
      'CREATE ROLE "by\npasser" BYPASSRLS',
      "ALTER ROLE strong SET session_preload_libraries = 'secret'",
    );
    const end = await engine(['restore', (await backUp(env)).id, '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 2 });
    expect(end.result.notVerified).toEqual([
      expect.stringMatching(
        /^role: «ALTER ROLE U&"by\\000Apasser" WITH BYPASSRLS;» was refused \(.+\), done without$/,
      ),
      expect.stringMatching(/^role: «ALTER ROLE "strong" WITH SUPERUSER;» was refused \(.+\), done without$/),
      'role: «ALTER ROLE "strong" SET "session_preload_libraries" TO …» was refused (SQLSTATE 42501)',
    ]);
    expect(said(end)).not.toContain("'secret'");
    const rows = await query(
      to,
      "SELECT rolcanlogin, rolcreaterole, rolsuper FROM pg_roles WHERE rolname = 'strong'",
    );
    expect(rows).toEqual([{ rolcanlogin: true, rolcreaterole: true, rolsuper: false }]);
  });
});
