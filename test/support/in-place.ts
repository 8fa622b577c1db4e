import pg from 'pg';
import { inject } from 'vitest';
import {
  databaseUrl,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
  withClient,
} from './engine.ts';
import { backUp } from './runs.ts';

/** What the set holds, so: what is there after a restore. */
export const NEW_CONTENT = `
  CREATE TABLE films (id int PRIMARY KEY, title text);
  INSERT INTO films SELECT i, '영상 ' || i FROM generate_series(1, 500) i`;
/** What the target holds before. */
export const OLD_CONTENT = `CREATE TABLE before (n int); INSERT INTO before SELECT generate_series(1, 77)`;

/** A full database, and a set of other content to put in its place. */
export interface InPlace {
  readonly major: 15 | 17;
  readonly target: TestDatabase;
  readonly bucket: TestBucket;
  readonly env: Record<string, string>;
  readonly id: string;
}

export async function inPlace(major: 15 | 17 = 15): Promise<InPlace> {
  const source = await makeDatabase(major);
  await source.query(NEW_CONTENT);
  const target = await makeDatabase(major);
  await target.query(OLD_CONTENT);
  const bucket = await makeBucket();
  const env = engineEnv(bucket, source, target);
  return { major, target, bucket, env, id: (await backUp(env)).id };
}

/** A database of the same server, by its name. */
export function onServer(major: 15 | 17, name: string): TestDatabase {
  const url = databaseUrl(inject('servers')[major].url, encodeURIComponent(name));
  return { name, url, query: (sql, values) => withClient(url, (client) => client.query(sql, values)) };
}

/** Which content a database has; `mixed` is what must never be. */
export async function contentOf(database: Pick<TestDatabase, 'query'>): Promise<'old' | 'new' | 'mixed'> {
  const { rows } = await database.query(
    `SELECT to_regclass('public.before') IS NOT NULL AS old, to_regclass('public.films') IS NOT NULL AS new`,
  );
  const [{ old = false, new: fresh = false } = {}] = rows;
  if (old === fresh) return 'mixed';
  const table = old ? 'before' : 'films';
  const { rows: counted } = await database.query(`SELECT count(*)::int AS n FROM public.${table}`);
  if (counted[0]?.n !== (old ? 77 : 500)) return 'mixed';
  return old ? 'old' : 'new';
}

/** All that a server keeps of a database beside its content, the oid included, but not the name. */
export async function recordOf(major: 15 | 17, name: string): Promise<pg.QueryResultRow | undefined> {
  const { rows } = await onServer(major, 'postgres').query(
    `SELECT to_jsonb(d) - '{datname,datfrozenxid,datminmxid}'::text[] AS about, shobj_description(d.oid, 'pg_database') AS comment,
       (SELECT jsonb_agg(jsonb_build_array(setrole::regrole, setconfig) ORDER BY 1) FROM pg_db_role_setting WHERE setdatabase = d.oid) AS settings
     FROM pg_database d WHERE datname = $1`,
    [name],
  );
  return rows[0];
}

/** What a database that was put aside says of itself. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever it says
export async function noteOf(major: 15 | 17, name: string): Promise<any> {
  return JSON.parse((await recordOf(major, name))?.comment ?? 'null');
}

/** Gives a database a comment on the server. */
export async function comment(database: TestDatabase, text: string | null): Promise<void> {
  const literal = text === null ? 'NULL' : pg.escapeLiteral(text);
  await database.query(`COMMENT ON DATABASE ${pg.escapeIdentifier(database.name)} IS ${literal}`);
}
