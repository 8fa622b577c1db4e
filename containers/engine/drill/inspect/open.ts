import type pg from 'pg';
import { readFacts } from '../../database/facts.ts';
import { parseRolesFile, type RolesFile } from '../../database/roles-file.ts';
import { clientsFor } from '../../programs/clients.ts';
import type { SchemaArchive } from '../../restore/archives.ts';
import { fetchArchive, fetchSchema, objectOf } from '../../restore/archives.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { readText } from '../../streams/open.ts';
import { lookAtDestination } from '../../supabase/project.ts';
import { isProject, managedSchemas } from '../../supabase/scope.ts';
import type { DrillRun } from '../context.ts';

/**
 * What comparing takes of a restore, made anew: nothing is known of what the restore before did, or of who has been at the
 * target since.
 * @param scratch a private directory of its own
 * @throws ClientTooOldError, and whatever looking at the target throws
 */
export async function asRestoreRun(drill: DrillRun, client: pg.Client, scratch: string): Promise<RestoreRun> {
  const { manifest, config, bucket, folder, keyring, target, workers, reporter, signal } = drill;
  const facts = await readFacts(client);
  const targetMajor = Math.floor(facts.serverVersionNum / 10_000);
  const { project, sandbox } = await lookAtDestination(client, manifest, await isRealProject(drill, client));
  return {
    manifest,
    config,
    opener: { bucket, folder, keyring, attempts: config.upload.attempts, signal },
    overlays: [],
    reconciled: [],
    clients: await clientsFor(manifest.client.postgresMajor, `reading ${manifest.id}`),
    targetClients: await clientsFor(targetMajor, 'reading the restored structure back'),
    target,
    targetMajor,
    missingTablespaces: [],
    project,
    sandbox,
    jobsLeftOff: [],
    grantsRefused: new Set(),
    createdRoles: new Set(),
    workers,
    provedByCaller: true,
    reporter,
    scratch,
    signal,
    fail: () => undefined,
  };
}

/**
 * What a set of a project brings makes a plain database look like one: it has the accounts, and their owner. Only a real
 * one has the schemas that no set brings.
 */
async function isRealProject({ manifest, targetKind }: DrillRun, client: pg.Client): Promise<boolean> {
  if (targetKind !== 'database') return targetKind === 'supabase';
  if (!(await isProject(client))) return false;
  const left = manifest.platform?.left ?? [];
  const managed = await managedSchemas(client);
  // a plain database gets the schema of its extensions as well
  return (
    manifest.platform === undefined || left.some((name) => name !== 'extensions' && managed.includes(name))
  );
}

/** The set's archives, fetched again: that of the user last, before it that of the platform where the set brings it. */
export async function fetchArchives(run: RestoreRun): Promise<[...SchemaArchive[], SchemaArchive]> {
  const users = await fetchSchema(run);
  return run.sandbox === undefined ? [users] : [await fetchArchive(run, 'platform'), users];
}

/** roles.sql of the set. */
export async function fetchRoles(run: RestoreRun): Promise<RolesFile> {
  return parseRolesFile(await readText(run.opener, objectOf(run, 'roles')));
}
