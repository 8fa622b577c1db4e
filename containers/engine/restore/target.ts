import type pg from 'pg';
import {
  shortList,
  TargetNotEmptyError,
  UnsuitableTargetError,
  UsageError,
} from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { type DatabaseFacts, readFacts } from '../database/facts.ts';
import type { DatabaseAddress } from '../database/url.ts';
import { lookAtDestination, nameUsersBelongings, type Project, type Sandbox } from '../supabase/project.ts';
import { nameToConfirm } from '../supabase/scope.ts';
import { nameBelongings } from './belongings.ts';

/** How the set gets into the target: straight into an empty one, or beside a full one that it then replaces. */
export type Way = 'into-empty' | 'replace';

/** What was found out about the target before anything is written. */
export interface Examined {
  readonly way: Way;
  readonly major: number;
  readonly database: string;
  /** The Supabase project it is; nothing for other databases. */
  readonly project: Project | undefined;
  /** Where a set of a project goes into another database. */
  readonly sandbox: Sandbox | undefined;
  /** Some of what it holds, by name. */
  readonly holds: readonly string[];
  /** How texts are sorted here and were in the source, where that differs. */
  readonly otherCollation: { readonly here: string; readonly source: string } | undefined;
}

/**
 * Decides whether and how the set may be restored here, before anything is written.
 * @param confirmed the name the operator typed, where one was
 * @throws UnsuitableTargetError as `lookAtTarget`
 * @throws TargetNotEmptyError when something would be overwritten and the name does not match
 * @throws UsageError when the name is that of another database, though this one is empty
 */
export async function examineTarget(
  client: pg.Client,
  target: DatabaseAddress,
  manifest: Manifest,
  confirmed: string | undefined,
): Promise<Examined> {
  const found = await lookAtTarget(client, target, manifest);
  const { way, database, holds } = found;
  if (way === 'into-empty' && confirmed !== undefined && confirmed !== database)
    throw new UsageError(
      `--confirm says ${confirmed}, but the target database is ${database}, which is empty and needs no ` +
        'confirmation; see whether TARGET_DATABASE_URL leads to the database that is meant, or leave --confirm out',
    );
  if (way === 'replace' && confirmed !== database) throw new TargetNotEmptyError(database, holds, confirmed);
  return found;
}

/**
 * Finds out how the set would get into the target; only reads.
 * @throws UnsuitableTargetError when the server is older than the source or cannot hold its characters
 */
export async function lookAtTarget(
  client: pg.Client,
  target: DatabaseAddress,
  manifest: Manifest,
): Promise<Examined> {
  const facts = await readFacts(client);
  const major = await refuseTarget(client, manifest, facts);
  const { project, sandbox } = await lookAtDestination(client, manifest);
  const holds =
    project === undefined ? await nameBelongings(client) : await nameUsersBelongings(client, project);
  const database = await nameToConfirm(client, target, facts.database);
  if (project !== undefined && holds.length > 0) throw projectNotEmpty(database, holds);
  const { collate } = manifest.source;
  return {
    major,
    database,
    project,
    sandbox,
    way: holds.length === 0 ? 'into-empty' : 'replace',
    holds,
    otherCollation: facts.collate === collate ? undefined : { here: facts.collate, source: collate },
  };
}

/** Nobody but the platform may rename the database of a project, so none can be put in its place. */
function projectNotEmpty(database: string, holds: readonly string[]): UnsuitableTargetError {
  return new UnsuitableTargetError(
    `the project (database ${database}) is not empty: it has ${shortList(holds)}. The database of a Supabase project cannot be ` +
      'replaced: restore into a new project, or put tables or rows back with --mode table or --mode rows',
  );
}

/**
 * Refuses a server that cannot take the set, whatever is in the database.
 * @returns its major version
 * @throws UnsuitableTargetError
 */
export async function refuseTarget(
  client: pg.Client,
  manifest: Manifest,
  facts: DatabaseFacts,
): Promise<number> {
  const major = Math.floor(facts.serverVersionNum / 10_000);
  const sourceMajor = Math.floor(manifest.source.serverVersionNum / 10_000);
  if (major < sourceMajor) {
    throw new UnsuitableTargetError(
      `the target is PostgreSQL ${facts.serverVersion}, the set is of ${manifest.source.serverVersion}; restore into version ${sourceMajor} or newer`,
    );
  }
  const { rows } = await client.query<{ standby: boolean }>(
    'SELECT pg_catalog.pg_is_in_recovery() AS standby',
  );
  if (rows[0]?.standby === true)
    throw new UnsuitableTargetError(
      'the target is a standby, which takes no writes; restore into its primary',
    );
  const { encoding } = manifest.source;
  if (facts.encoding !== encoding && (facts.encoding !== 'UTF8' || encoding === 'SQL_ASCII')) {
    throw new UnsuitableTargetError(
      `the target's encoding is ${facts.encoding}, the set's is ${encoding}; create the target with ENCODING '${encoding}' TEMPLATE template0`,
    );
  }
  return major;
}
