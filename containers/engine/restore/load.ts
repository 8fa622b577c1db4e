import pg from 'pg';
import {
  DatabaseFailedError,
  ProductError,
  RestoreMismatchError,
  reason,
} from '../../../core/errors/index.ts';
import type { Addition } from '../../../core/supabase/additions.ts';
import { hasUserRows } from '../../../core/supabase/managed.ts';
import { rolesSql } from '../backup/roles.ts';
import { connect } from '../database/connect.ts';
import { userSchema } from '../database/inventory.ts';
import type { RolesFile } from '../database/roles-file.ts';
import { qualify } from '../database/session.ts';
import { additionsOf, jobsToTurnOn, restoreVault, scheduleJobs } from '../supabase/apply.ts';
import { type Completed, completeProject, prepareProject } from '../supabase/complete.ts';
import { rolesOfUser } from '../supabase/roles.ts';
import {
  fetchArchive,
  fetchSchema,
  objectOf,
  restoreEventTriggers,
  restorePlatformFirst,
  restorePreData,
  type SchemaArchive,
} from './archives.ts';
import { putChecksBack, setChecksAside, validateChecks } from './checks.ts';
import { compareWithManifest } from './compare.ts';
import type { RestoreRun } from './context.ts';
import { restoreData } from './data.ts';
import { type Built, restorePostData } from './post-data.ts';
import { clearDefaultPrivileges, resetPublic } from './privileges.ts';
import { reconcile } from './reconcile.ts';
import { readRolesFile, restoreDatabaseSettings, restoreRoleSettings, restoreRoles } from './roles.ts';

/** What loading a set leaves to be told. */
export interface LoadedSet {
  /** What could not be verified, by name. */
  readonly notVerified: string[];
  /** Entries of the archives that could not be built. */
  readonly leftOut: ReadonlySet<string>;
  /** What a project has beyond a plain database. */
  readonly ofProject: Completed;
}

/**
 * Loads the set into an empty database and compares, unless whoever asked for the restore does that.
 * @throws RestoreMismatchError when what came back is not what was saved
 */
export async function load(run: RestoreRun): Promise<LoadedSet> {
  const { reporter } = run;
  const { archive, archives, additions, rolesFile, roleProblems } = await reporter.phase('structure', () =>
    loadStructure(run),
  );
  const checks = await during(run, setChecksAside);
  if (!run.structureOnly) await reporter.phase('data', () => restoreData(run));
  await during(run, (client) => putChecksBack(client, checks));
  const gaveWay =
    run.overlays.length === 0 ? [] : await reporter.phase('reconcile', () => reconcile(run, archives));
  const { problems, leftOut } = await reporter.phase('indexes', () => buildAll(run, archives));
  const ofProject = await during(run, (client) => completeProject(run, client, archive, additions));
  const unmet = await during(run, (client) => validateChecks(run, client, checks));
  const unset = await reporter.phase('finish', () => finish(run));
  const compared = run.provedByCaller ? [] : await prove(run, archives, leftOut, ofProject);
  const late = await during(run, (client) => lastOfAll(run, client, archive, { rolesFile, ofProject }));
  const notVerified = [
    ...roleProblems,
    ...gaveWay,
    ...problems,
    ...ofProject.problems,
    ...unmet,
    ...unset,
    ...compared,
    ...late,
    ...notCompared(run),
  ];
  return { notVerified, leftOut, ofProject };
}

/** @returns what could not be compared */
async function prove(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
  leftOut: ReadonlySet<string>,
  ofProject: Completed,
): Promise<readonly string[]> {
  const { differences, notVerified } = await run.reporter.phase('compare', () =>
    compareWithManifest(run, archives, leftOut, ofProject),
  );
  if (differences.length === 0) return notVerified;
  throw new RestoreMismatchError(
    run.manifest.id,
    differences,
    'try another set, and keep this one for inspection',
  );
}

/** The platform's first: what users built refers to it. */
async function buildAll(run: RestoreRun, archives: readonly SchemaArchive[]): Promise<Built> {
  const built: Built[] = [];
  for (const archive of archives) built.push(await restorePostData(run, archive));
  return {
    problems: built.flatMap(({ problems }) => problems),
    leftOut: new Set(built.flatMap(({ leftOut }) => [...leftOut])),
  };
}

/** Work in a session of its own. */
async function during<T>(run: RestoreRun, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(run.target, run.signal);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What the project's roles are like already, in the statements that would make them so. */
async function presentRoles(run: RestoreRun): Promise<ReadonlySet<string>> {
  const { text } = await during(run, (client) => rolesSql(client, 'UTF8'));
  return new Set(text.split('\n'));
}

interface Structure {
  /** Of what is the user's. */
  readonly archive: SchemaArchive;
  /** That, and before it that of the platform where the set brings it. */
  readonly archives: readonly SchemaArchive[];
  /** What users had added to the platform's schemas, where the set is of a project. */
  readonly additions: readonly Addition[];
  readonly rolesFile: RolesFile;
  readonly roleProblems: string[];
}

async function loadStructure(run: RestoreRun): Promise<Structure> {
  const [archive, whole, platform, additions] = await Promise.all([
    fetchSchema(run),
    readRolesFile(run, objectOf(run, 'roles')),
    run.sandbox === undefined ? undefined : fetchArchive(run, 'platform'),
    additionsOf(run),
  ]);
  const rolesFile =
    run.project === undefined ? { ...whole, settings: [] } : rolesOfUser(whole, await presentRoles(run));
  const { settings } = rolesFile;
  run.missingTablespaces.push(...(await missingTablespaces(run, archive)));
  const roleProblems = await during(run, async (client) => {
    const refused = await restoreRoles(client, rolesFile.roles, run.createdRoles);
    refused.push(...(await restoreRoleSettings(client, settings)));
    await clearDefaultPrivileges(client, run.project);
    if (run.project !== undefined) await prepareProject(run, client, run.project, additions);
    // a source without `public` must not come back with one; the target has it from its template, empty
    if (!run.manifest.schemas.includes('public') && !run.manifest.excludedSchemas.includes('public'))
      await client.query('DROP SCHEMA IF EXISTS public');
    else await resetPublic(client);
    return [...rolesFile.problems, ...refused];
  });
  if (platform === undefined) await restorePreData(run, archive);
  else await restorePlatformFirst(run, platform, archive);
  const placed = run.missingTablespaces.map(
    (name) => `tablespace ${name} is not on this server: what was in it is in the database's own`,
  );
  const archives = platform === undefined ? [archive] : [platform, archive];
  return { archive, archives, additions, rolesFile, roleProblems: [...roleProblems, ...placed] };
}

async function missingTablespaces(run: RestoreRun, { tablespaces }: SchemaArchive): Promise<string[]> {
  const { rows } = await during(run, (client) =>
    client.query<{ name: string }>(
      `SELECT DISTINCT name FROM pg_catalog.unnest($1::pg_catalog.text[]) AS named(name)
       WHERE name NOT IN (SELECT spcname FROM pg_catalog.pg_tablespace) ORDER BY 1`,
      [tablespaces],
    ),
  );
  return rows.map((row) => row.name);
}

/** Sequences to the manifest's values, statistics for the planner. */
async function finish(run: RestoreRun): Promise<string[]> {
  const unset: string[] = [];
  await during(run, async (client) => {
    for (const { schema, name, lastValue, isCalled } of run.manifest.sequences) {
      const sequence = pg.escapeLiteral(qualify(schema, name));
      const set = client.query(
        `SELECT pg_catalog.setval(${sequence}::pg_catalog.regclass, ${lastValue}, ${isCalled})`,
      );
      await set.catch((error: unknown) => {
        // what the platform looks after may have gone, or be closed, in a project of another version
        if (run.project === undefined || !hasUserRows(schema)) throw error;
        unset.push(`sequence ${schema}.${name}: it could not be set to ${lastValue} (${reason(error)})`);
      });
    }
    await analyze(run, client);
    // earlier transactions did not wait for the disk; this one does, and with it all before it
    await client.query('SET synchronous_commit = on');
    await client.query('SELECT pg_catalog.pg_current_xact_id()');
  }).catch((error: unknown) => {
    throw error instanceof ProductError ? error : new DatabaseFailedError('setting the sequences', error);
  });
  return unset;
}

/** Without statistics the first queries after a restore are slow; without this the data is whole all the same. */
async function analyze(run: RestoreRun, client: pg.Client): Promise<void> {
  // a root stands for its partitions; foreign tables would make this server call others
  const { rows } = await client.query<{ name: string }>(
    `SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition AND ${userSchema('n')} ORDER BY 1`,
  );
  for (const { name } of rows) {
    run.signal.throwIfAborted();
    await client.query(`ANALYZE ${name}`).catch((error: unknown) => {
      run.reporter.warn('no statistics for a table', { table: name, because: reason(error) });
    });
  }
}

/**
 * After the comparison: settings may change how values are shown, event triggers act on every session. This session is
 * from before either.
 */
async function lastOfAll(
  run: RestoreRun,
  client: pg.Client,
  archive: SchemaArchive,
  { rolesFile, ofProject }: { rolesFile: RolesFile; ofProject: Completed },
): Promise<string[]> {
  const lacking = await restoreEventTriggers(run, client, archive);
  const refused = await restoreDatabaseSettings(client, run.target.keywords.dbname ?? '', rolesFile.database);
  const jobs = await scheduleJobs(client, ofProject.additions, run.manifest.source.database);
  run.jobsLeftOff.push(...jobsToTurnOn(ofProject.additions));
  return [
    ...lacking,
    ...refused,
    ...jobs,
    ...(run.project === undefined ? [] : await restoreVault(run, client)),
  ];
}

function notCompared({ manifest }: RestoreRun): string[] {
  return manifest.checksums === 'full'
    ? []
    : [
        `content of ${manifest.tables.length} tables: the set recorded counts only (backup.checksums: counts)`,
      ];
}
