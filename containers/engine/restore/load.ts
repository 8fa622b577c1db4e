import pg from 'pg';
import { DatabaseFailedError, RestoreMismatchError } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { prepareSession, qualify } from '../database/session.ts';
import { fetchSchema, objectOf, restorePostData, restorePreData, type SchemaArchive } from './archives.ts';
import { compareWithManifest } from './compare.ts';
import type { RestoreRun } from './context.ts';
import { restoreData } from './data.ts';
import { type RolesFile, readRolesFile, restoreDatabaseSettings, restoreRoles } from './roles.ts';

/**
 * Loads the set into an empty database and compares.
 * @returns what could not be verified, by name
 * @throws RestoreMismatchError when what came back is not what was saved
 */
export async function load(run: RestoreRun): Promise<string[]> {
  const { reporter } = run;
  const { archive, rolesFile, roleProblems } = await reporter.phase('structure', () => loadStructure(run));
  await reporter.phase('data', () => restoreData(run));
  await reporter.phase('indexes', () => restorePostData(run, archive));
  const settingProblems = await reporter.phase('finish', () => finish(run, rolesFile));
  const differences = await reporter.phase('compare', () => compareWithManifest(run, archive));
  if (differences.length > 0) {
    throw new RestoreMismatchError(
      run.manifest.id,
      differences,
      'the restore was rolled back: try another set, and keep this one for inspection',
    );
  }
  return [...roleProblems, ...settingProblems, ...notCompared(run)];
}

async function loadStructure(
  run: RestoreRun,
): Promise<{ archive: SchemaArchive; rolesFile: RolesFile; roleProblems: string[] }> {
  const [archive, rolesFile] = await Promise.all([
    fetchSchema(run),
    readRolesFile(run, objectOf(run, 'roles')),
  ]);
  const client = await connect(run.target);
  let roleProblems: string[];
  try {
    roleProblems = await restoreRoles(client, rolesFile.roles);
    // a source without `public` must not come back with one; the target has it from its template, empty
    if (!run.manifest.schemas.includes('public') && !run.manifest.excludedSchemas.includes('public')) {
      await client.query('DROP SCHEMA IF EXISTS public');
    }
  } finally {
    await client.end().catch(() => undefined);
  }
  await restorePreData(run, archive);
  return { archive, rolesFile, roleProblems };
}

/** Sequences to the manifest's values, statistics for the planner, settings of the database. */
async function finish(run: RestoreRun, rolesFile: RolesFile): Promise<string[]> {
  const client = await connect(run.target);
  try {
    await prepareSession(client);
    for (const { schema, name, lastValue, isCalled } of run.manifest.sequences) {
      const sequence = pg.escapeLiteral(qualify(schema, name));
      await client.query(
        `SELECT pg_catalog.setval(${sequence}::pg_catalog.regclass, ${lastValue}, ${isCalled})`,
      );
    }
    await client.query('ANALYZE');
    const problems = await restoreDatabaseSettings(
      client,
      run.target.keywords.dbname ?? '',
      rolesFile.database,
    );
    // earlier transactions did not wait for the disk; this one does, and with it all before it
    await client.query('SET synchronous_commit = on');
    await client.query('SELECT pg_catalog.pg_current_xact_id()');
    return problems;
  } catch (error) {
    throw new DatabaseFailedError('setting sequences and statistics', error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function notCompared({ manifest }: RestoreRun): string[] {
  return manifest.checksums === 'full'
    ? []
    : [
        `content of ${manifest.tables.length} tables: the set recorded counts only (backup.checksums: counts)`,
      ];
}
