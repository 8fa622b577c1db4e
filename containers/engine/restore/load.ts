import pg from 'pg';
import { DatabaseFailedError, RestoreMismatchError, reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { userSchema } from '../database/inventory.ts';
import type { RolesFile } from '../database/roles-file.ts';
import { qualify } from '../database/session.ts';
import { fetchSchema, objectOf, restorePostData, restorePreData, type SchemaArchive } from './archives.ts';
import { compareWithManifest } from './compare.ts';
import type { RestoreRun } from './context.ts';
import { restoreData } from './data.ts';
import { readRolesFile, restoreDatabaseSettings, restoreRoles } from './roles.ts';

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
  await reporter.phase('finish', () => finish(run));
  const { differences, notVerified } = await reporter.phase('compare', () =>
    compareWithManifest(run, archive),
  );
  if (differences.length > 0) {
    throw new RestoreMismatchError(
      run.manifest.id,
      differences,
      'try another set, and keep this one for inspection',
    );
  }
  return [...roleProblems, ...notVerified, ...(await applySettings(run, rolesFile)), ...notCompared(run)];
}

async function loadStructure(
  run: RestoreRun,
): Promise<{ archive: SchemaArchive; rolesFile: RolesFile; roleProblems: string[] }> {
  const [archive, rolesFile] = await Promise.all([
    fetchSchema(run),
    readRolesFile(run, objectOf(run, 'roles')),
  ]);
  const client = await connect(run.target, run.signal);
  let roleProblems: string[];
  try {
    roleProblems = [...rolesFile.problems, ...(await restoreRoles(client, rolesFile.roles))];
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

/** Sequences to the manifest's values, statistics for the planner. */
async function finish(run: RestoreRun): Promise<void> {
  const client = await connect(run.target, run.signal);
  try {
    for (const { schema, name, lastValue, isCalled } of run.manifest.sequences) {
      const sequence = pg.escapeLiteral(qualify(schema, name));
      await client.query(
        `SELECT pg_catalog.setval(${sequence}::pg_catalog.regclass, ${lastValue}, ${isCalled})`,
      );
    }
    await analyze(run, client);
    // earlier transactions did not wait for the disk; this one does, and with it all before it
    await client.query('SET synchronous_commit = on');
    await client.query('SELECT pg_catalog.pg_current_xact_id()');
  } catch (error) {
    throw new DatabaseFailedError('setting the sequences', error);
  } finally {
    await client.end().catch(() => undefined);
  }
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

/** After the comparison: a setting may change how values are shown, and is not taken back by a rollback. */
async function applySettings(run: RestoreRun, { database }: RolesFile): Promise<string[]> {
  const client = await connect(run.target, run.signal);
  try {
    return await restoreDatabaseSettings(client, run.target.keywords.dbname ?? '', database);
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
