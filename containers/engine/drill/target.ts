import { checked } from '../../../core/drill/verdict.ts';
import { DrillTargetNotEmptyError, EnvironmentError, reason, shortList } from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { ENV, TARGET_API_ENV } from '../../../core/names.ts';
import { NOTHING } from '../../../core/new-project/credentials.ts';
import { connect } from '../database/connect.ts';
import { type DatabaseAddress, parseDatabaseUrl } from '../database/url.ts';
import type { Reporter } from '../progress/reporter.ts';
import { lookAtTarget } from '../restore/target.ts';
import { requireEnv } from '../settings.ts';
import type { TargetApi } from './context.ts';
import type { DrillRecord } from './record.ts';
import type { DrillRequest } from './request.ts';
import { startTaskPostgres, type TaskPostgres } from './task-postgres.ts';

/** The database of a drill, for as long as the drill lasts. */
export interface OpenTarget {
  readonly address: DatabaseAddress;
  readonly api: TargetApi | undefined;
  /** Set where the drill has made it. */
  readonly own: TaskPostgres | undefined;
}

/**
 * Makes the database of a drill, or takes the one of TARGET_DATABASE_URL.
 * @throws EnvironmentError, DatabaseUrlError when it is not named
 * @throws NoServerProgramsError, TaskPostgresError when none can be made here
 */
export async function openTarget(
  request: DrillRequest,
  manifest: Manifest,
  { reporter, signal }: { reporter: Reporter; signal: AbortSignal },
): Promise<OpenTarget> {
  if (request.target !== 'task')
    return { address: namedTarget(), api: targetApi(process.env), own: undefined };
  const { source } = manifest;
  const own = await startTaskPostgres({
    major: Math.floor(source.serverVersionNum / 10_000),
    encoding: source.encoding,
    collate: source.collate,
    ctype: source.ctype,
    database: source.database,
    reporter,
    signal,
  });
  return { address: own.address, api: undefined, own };
}

/** Never DATABASE_URL: a drill must not come near what it is the rehearsal for. */
export function namedTarget(): DatabaseAddress {
  return parseDatabaseUrl(
    requireEnv(ENV.targetDatabaseUrl, 'the connection string of an empty database that the drill may fill'),
    ENV.targetDatabaseUrl,
  );
}

/** All three or none: half of them would be a mistake that looks like a target without an API. */
export function targetApi(env: NodeJS.ProcessEnv): TargetApi | undefined {
  const names = Object.values(TARGET_API_ENV);
  const given = names.filter((name) => !['', NOTHING].includes((env[name] ?? '').trim()));
  if (given.length === 0) return undefined;
  const missing = names.find((name) => !given.includes(name));
  if (missing !== undefined)
    throw new EnvironmentError(missing, `is not set, and ${given.join(', ')} is`, 'set all three, or none');
  return {
    url: (env[TARGET_API_ENV.url] ?? '').replace(/\/+$/, ''),
    anonKey: env[TARGET_API_ENV.anonKey] ?? '',
    serviceRoleKey: env[TARGET_API_ENV.serviceRoleKey] ?? '',
  };
}

/**
 * Looks into the target before anything is written.
 * @returns the server's version
 * @throws DrillTargetNotEmptyError for a database that somebody named: whatever is in it may be the only copy
 * @throws UnsuitableTargetError
 */
export async function proveEmpty(
  request: DrillRequest,
  { address, own }: OpenTarget,
  manifest: Manifest,
  record: DrillRecord,
  signal: AbortSignal,
): Promise<string> {
  const client = await connect(address, signal);
  try {
    const version = await client.query<{ server_version: string }>('SHOW server_version');
    if (!request.asItIs) {
      const { holds, database } = await lookAtTarget(client, address, manifest);
      if (holds.length > 0 && own === undefined) throw new DrillTargetNotEmptyError(database, holds);
      record.add(
        holds.length === 0
          ? checked('target-empty', 'verified')
          : checked('target-empty', 'failed', [`it has ${shortList(holds)}`]),
      );
    }
    return version.rows[0]?.server_version ?? 'unknown';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Ends what the drill has made. */
export async function cleanUp(
  request: DrillRequest,
  target: OpenTarget | undefined,
  record: DrillRecord,
): Promise<void> {
  if (target?.own === undefined) {
    const why =
      request.target === 'supabase'
        ? 'the workflow that made the project deletes it after this report, and raises an alarm if it cannot'
        : 'the target was there before the drill: what was restored into it is left there; drop it when nobody needs it';
    record.add(checked('clean-up', 'not-run', [request.target === 'task' ? 'no server was started' : why]));
    return;
  }
  await target.own.stop().then(
    () => record.add(checked('clean-up', 'verified')),
    (error: unknown) => record.add(checked('clean-up', 'failed', [reason(error)])),
  );
}
