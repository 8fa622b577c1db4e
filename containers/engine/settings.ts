import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Config, DEFAULT_CONFIG, parseConfig } from '../../core/config.ts';
import { EnvironmentError, reason } from '../../core/errors/index.ts';
import { ENV } from '../../core/names.ts';
import { type DatabaseAddress, parseDatabaseUrl } from './database/url.ts';

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

/** The database that is backed up. */
export function sourceDatabase(): DatabaseAddress {
  return parseDatabaseUrl(
    requireEnv(ENV.databaseUrl, 'the connection string of the database'),
    ENV.databaseUrl,
  );
}

/** The database a restore writes to: TARGET_DATABASE_URL where set, else DATABASE_URL, which means in place. */
export function targetDatabase(): DatabaseAddress {
  const named = process.env[ENV.targetDatabaseUrl];
  return named === undefined || named === ''
    ? sourceDatabase()
    : parseDatabaseUrl(named, ENV.targetDatabaseUrl);
}

/**
 * The configuration BACKUP_CONFIG points to; without it the team's policy.
 * @throws EnvironmentError when the file cannot be read or is no JSON
 * @throws ConfigurationError when it does not fit the schema
 */
export function loadConfig(): Config {
  const path = process.env[ENV.config];
  if (path === undefined || path === '') return DEFAULT_CONFIG;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new EnvironmentError(
      ENV.config,
      `names ${path}, which cannot be used (${reason(error)})`,
      'expected a readable JSON file',
    );
  }
  return parseConfig(value, path);
}

/** Streams at once: as configured, else one for each core. */
export function workerCount(config: Config): number {
  return config.backup.workers === 0 ? availableParallelism() : config.backup.workers;
}
