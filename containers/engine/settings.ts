import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Config, DEFAULT_CONFIG, parseConfig } from '../../core/config.ts';
import { EnvironmentError, reason } from '../../core/errors/index.ts';
import type { Kind } from '../../core/kinds.ts';
import { ENV } from '../../core/names.ts';
import { runLimitMinutes } from '../../core/run-limit.ts';
import { projectRefOf } from '../../core/supabase/host.ts';
import { type DatabaseAddress, parseDatabaseUrl } from './database/url.ts';
import { projectDatabase } from './supabase/address.ts';

/**
 * The value of a variable that must be there.
 * @throws EnvironmentError naming it and what it is for
 */
export function requireEnv(name: string, purpose: string): string {
  const value = process.env[name];
  if (value === undefined || value.trim() === '')
    throw new EnvironmentError(name, 'is not set', `set it to ${purpose}`);
  return value;
}

function isUnset(name: string): boolean {
  return (process.env[name] ?? '').trim() === '';
}

/** The database that a set of the kind is made of: the target of restores, where the set is to hold what one would replace. */
export function backedUpDatabase(kind: Kind): Promise<DatabaseAddress> {
  return kind === 'prerestore' ? targetDatabase() : sourceDatabase();
}

/** Whether the environment names the database that is backed up at all. */
export function hasSource(): boolean {
  return !isUnset(ENV.databaseUrl) || !isUnset(ENV.supabaseProjectRef);
}

/**
 * The database that is backed up: DATABASE_URL, or the project that SUPABASE_PROJECT_REF names.
 * @throws EnvironmentError when each of the two leads to another project
 */
export async function sourceDatabase(): Promise<DatabaseAddress> {
  if (isUnset(ENV.databaseUrl) && !isUnset(ENV.supabaseProjectRef)) return await projectDatabase(process.env);
  const address = parseDatabaseUrl(
    requireEnv(ENV.databaseUrl, 'the connection string of the database'),
    ENV.databaseUrl,
  );
  const named = process.env[ENV.supabaseProjectRef]?.trim() ?? '';
  const ref = projectRefOf(address.keywords);
  if (named !== '' && ref !== undefined && ref !== named)
    throw new EnvironmentError(
      ENV.databaseUrl,
      `leads to project ${ref}, and ${ENV.supabaseProjectRef} names ${named}`,
      'make them one',
    );
  return address;
}

/** The database a restore writes to: TARGET_DATABASE_URL where set, else DATABASE_URL, which means in place. */
export async function targetDatabase(): Promise<DatabaseAddress> {
  const named = process.env[ENV.targetDatabaseUrl];
  return named === undefined || named === ''
    ? await sourceDatabase()
    : parseDatabaseUrl(named, ENV.targetDatabaseUrl);
}

/**
 * The configuration: the file that BACKUP_CONFIG points to, or the text of BACKUP_CONFIG_JSON, which a task definition
 * can carry; without either the team's policy.
 * @throws EnvironmentError when both are set, the file cannot be read, or the text is no JSON
 * @throws ConfigurationError when it does not fit the schema
 */
export function loadConfig(): Config {
  const path = process.env[ENV.config] ?? '';
  const text = process.env[ENV.configJson] ?? '';
  if (path !== '' && text !== '')
    throw new EnvironmentError(ENV.config, `and ${ENV.configJson} are both set`, 'unset one of them');
  if (text !== '')
    return parseConfig(
      jsonOf(ENV.configJson, 'holds a text', () => text),
      ENV.configJson,
    );
  if (path === '') return DEFAULT_CONFIG;
  return parseConfig(
    jsonOf(ENV.config, `names ${path}`, () => readFileSync(path, 'utf8')),
    path,
  );
}

function jsonOf(variable: string, what: string, read: () => string): unknown {
  try {
    // editors on Windows begin a file with a byte order mark, which JSON does not know
    return JSON.parse(read().replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new EnvironmentError(
      variable,
      `${what}, which cannot be used (${reason(error)})`,
      variable === ENV.config ? 'expected a readable JSON file' : 'expected JSON',
    );
  }
}

/** Minutes after which this run ends itself. */
export function runMinutes(config: Config): number {
  return runLimitMinutes(config.limits.runMinutes, process.env[ENV.runMinutes]);
}

/** Streams at once: as configured, else one for each core. */
export function workerCount(config: Config): number {
  return config.backup.workers === 0 ? availableParallelism() : config.backup.workers;
}
