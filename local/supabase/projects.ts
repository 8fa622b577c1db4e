import { randomBytes, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type LocalPostgres, type PostgresOptions, startPostgres } from '../postgres.ts';
import type { PostgresMajor } from '../toolchain.ts';

const SUPERUSER = 'supabase_admin';
const OWNER = 'postgres';
const MAINTENANCE_DATABASE = 'postgres';
const TEMPLATE = 'supabase_template';
/** In this order: each may use what those before it made. */
const TEMPLATE_FILES = [
  ...['project.sql', 'auth.sql', 'storage.sql', 'realtime.sql'],
  ...['vault.sql', 'cron.sql', 'net.sql', 'lend.sql'],
];
const REF = /^[a-z]{20}$/;
/** As the platform sets them; pg_stat_statements answers only when it was loaded at the start. */
const SETTINGS = {
  statement_timeout: '2min',
  wal_level: 'logical',
  shared_preload_libraries: 'pg_stat_statements',
};

/** The database of a Supabase project, which here is one of many on a server; its name is the project's ref. */
export interface Project {
  readonly ref: string;
  /** As `postgres`, whom a team gets: no superuser. */
  readonly url: string;
  /** As supabase_admin, the platform's superuser. */
  readonly adminUrl: string;
  /** As a role that may log in. */
  urlAs(role: string): string;
}

/** How a project is made. */
export interface ProjectOptions {
  /** Are new tables in public open to the API's roles, as in projects made before 2026-05-30? Default: true. */
  readonly defaultGrants?: boolean;
}

/** A server that makes projects. */
export interface LocalSupabase {
  readonly server: LocalPostgres;
  /**
   * @param ref 20 letters a-z; default: random ones
   * @throws {NoProjectRef} the ref has another form than the platform's
   */
  makeProject(ref?: string, options?: ProjectOptions): Promise<Project>;
  /** Drops a project if it exists, connections notwithstanding. */
  dropProject(ref: string): Promise<void>;
  stop(): Promise<void>;
}

/** A name that no project has. */
export class NoProjectRef extends Error {
  override readonly name = 'NoProjectRef';

  constructor(ref: string) {
    super(`"${ref}" is no project ref, expected 20 letters a-z. Leave it out for a random one.`);
  }
}

/**
 * Starts a PostgreSQL server that stands in for Supabase: roles, schemas, owners, grants and triggers as in a hosted
 * project, written anew from what is publicly known of it. A comment in each SQL file says what differs.
 *
 * @throws {ToolchainMissing} `npm run setup` has not run
 */
export async function startSupabase(
  options: { readonly major: PostgresMajor } & Pick<PostgresOptions, 'settings' | 'ssl'>,
): Promise<LocalSupabase> {
  const server = await startPostgres({
    ...options,
    superuserName: SUPERUSER,
    auth: 'scram-sha-256',
    settings: { ...SETTINGS, ...options.settings },
  });
  try {
    return await supabaseOn(server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function supabaseOn(server: LocalPostgres): Promise<LocalSupabase> {
  const password = randomBytes(12).toString('hex');
  await runFiles(server, MAINTENANCE_DATABASE, ['roles.sql'], password);
  await server.createDatabase(TEMPLATE);
  await runFiles(server, TEMPLATE, TEMPLATE_FILES, password);
  return {
    server,
    async makeProject(ref = randomRef(), { defaultGrants = true } = {}) {
      if (!REF.test(ref)) throw new NoProjectRef(ref);
      await asAdmin(
        server,
        MAINTENANCE_DATABASE,
        `CREATE DATABASE ${ref} TEMPLATE ${TEMPLATE} OWNER ${OWNER}`,
      );
      await asAdmin(server, ref, ownKey() + (defaultGrants ? '' : CLOSED_BY_DEFAULT));
      const urlAs = (user: string): string => server.url(ref, { user, password });
      return { ref, url: urlAs(OWNER), adminUrl: server.url(ref), urlAs };
    },
    dropProject: (ref) => server.dropDatabase(ref),
    stop: () => server.stop(),
  };
}

async function runFiles(
  server: LocalPostgres,
  database: string,
  files: readonly string[],
  password: string,
): Promise<void> {
  const texts = await Promise.all(files.map((file) => readFile(join(import.meta.dirname, file), 'utf8')));
  const secret = `SELECT set_config('stand_in.password', ${pg.escapeLiteral(password)}, false);`;
  await asAdmin(server, database, [secret, 'SET client_min_messages = error;', ...texts].join('\n'));
}

async function asAdmin(server: LocalPostgres, database: string, sql: string): Promise<void> {
  const client = new pg.Client(server.url(database));
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function randomRef(): string {
  return Array.from({ length: 20 }, () => String.fromCharCode(97 + randomInt(26))).join('');
}

/** Secrets of the vault are readable in one project only. */
function ownKey(): string {
  const key = pg.escapeLiteral(randomBytes(16).toString('hex'));
  return `CREATE OR REPLACE FUNCTION vault._root_key() RETURNS text LANGUAGE sql AS $$ SELECT ${key} $$;`;
}

const CLOSED_BY_DEFAULT = ['TABLES', 'SEQUENCES', 'FUNCTIONS']
  .map(
    (kind) =>
      `ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public REVOKE ALL ON ${kind} FROM anon, authenticated, service_role;`,
  )
  .join('\n');
