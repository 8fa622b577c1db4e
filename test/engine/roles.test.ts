import type pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPostgres } from '../../local/postgres.ts';
import { loadSampleData } from '../../local/sample/load.ts';
import { engineEnv, makeBucket, makeDatabase, withClient } from '../support/engine.ts';
import { backUp, restore } from '../support/runs.ts';

const ROLES = ['anon', 'authenticated', 'service_role'];

/** Who asks: a role, and the user whose token the policies read. */
interface Caller {
  readonly role: string;
  readonly sub: string;
}

const RELATIONS = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name,
    (SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attname) FROM pg_attribute a
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege($1, c.oid, a.attnum, 'SELECT')) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname IN ('public', 'auth', 'storage') AND c.relkind IN ('r', 'v', 'm') ORDER BY 1`;

/** For each relation the rows a caller gets to see, or that it may see none of its columns. */
async function visible(client: pg.Client, { role, sub }: Caller): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; columns: string | null }>(RELATIONS, [role]);
  const seen = new Map<string, string>();
  await client.query(`SET ROLE ${role}`);
  await client.query("SELECT set_config('request.jwt.claim.sub', $1, false)", [sub]);
  for (const { name, columns } of rows) {
    const query = `SELECT count(*)::int AS n, md5(string_agg(t::text, '' ORDER BY t::text)) AS md5
      FROM (SELECT ${columns} FROM ${name}) AS t`;
    seen.set(name, columns === null ? 'no column' : await answer(client, query));
  }
  await client.query('RESET ROLE');
  return seen;
}

async function answer(client: pg.Client, query: string): Promise<string> {
  try {
    const { rows } = await client.query<{ n: number; md5: string }>(query);
    return `${rows[0]?.n} rows ${rows[0]?.md5}`;
  } catch (error) {
    return (error as Error).message;
  }
}

async function callers(url: string): Promise<Caller[]> {
  const owners = await withClient(url, (client) =>
    client.query<{ id: string }>('SELECT DISTINCT owner_id AS id FROM public.projects ORDER BY 1 LIMIT 2'),
  );
  const users = owners.rows.map(({ id }) => ({ role: 'authenticated', sub: id }));
  return [
    { role: 'anon', sub: '' },
    { role: 'authenticated', sub: '' },
    { role: 'service_role', sub: '' },
    ...users,
  ];
}

describe.each([15, 17] as const)('roles, grants and policies, PostgreSQL %i', (major) => {
  it('work in a copy on a server that knew none of the roles: everyone sees exactly the same rows', async () => {
    const server = await startPostgres({ major });
    onTestFinished(() => server.stop());
    await server.createDatabase('copy');
    const copy = { url: server.url('copy') };
    const known = await server.psql(
      'postgres',
      `SELECT count(*) FROM pg_roles WHERE rolname IN ('${ROLES.join("','")}')`,
    );
    expect(known).toBe('0');
    const source = await makeDatabase(major);
    await loadSampleData(source.url, { megabytes: 1 });
    const env = engineEnv(await makeBucket(), source, copy);
    await restore(env, (await backUp(env)).id);
    for (const caller of await callers(source.url)) {
      const [before, after] = await Promise.all(
        [source.url, copy.url].map((url) => withClient(url, (client) => visible(client, caller))),
      );
      expect(after, JSON.stringify(caller)).toEqual(before);
    }
  });

  it('are told apart by this very look: a user sees some rows of others’ tables, and not all', async () => {
    const source = await makeDatabase(major);
    await loadSampleData(source.url, { megabytes: 1 });
    const [, , , user] = await callers(source.url);
    const [all, some] = await withClient(source.url, async (client) => [
      await visible(client, { role: 'service_role', sub: '' }),
      await visible(client, user ?? { role: '', sub: '' }),
    ]);
    expect(some?.get('public.projects')).toMatch(/^[1-9]\d* rows/);
    expect(some?.get('public.projects')).not.toBe(all?.get('public.projects'));
    expect(some?.get('auth.users')).toBe('no column');
  });
});
