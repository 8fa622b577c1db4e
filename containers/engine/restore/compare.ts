import { connect } from '../database/connect.ts';
import { Sessions } from '../database/sessions.ts';
import { compareAdditions } from '../supabase/apply.ts';
import type { Completed } from '../supabase/complete.ts';
import type { SchemaArchive } from './archives.ts';
import { compareLargeObjects, compareMaterializedViews, compareSequences } from './compare-others.ts';
import { type Comparison, compareStructure } from './compare-structure.ts';
import { comparableTables, compareTables, tellTables } from './compare-tables.ts';
import type { RestoreRun } from './context.ts';

/**
 * Compares rows, structure, sequences, large objects and materialized views, as many tables at once as there are workers.
 * @param leftOut entries of the archive that could not be built, told elsewhere
 */
export async function compareWithManifest(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
  leftOut: ReadonlySet<string>,
  ofProject: Completed,
): Promise<Comparison> {
  const open = () => connect(run.target, run.signal);
  const client = await open();
  const sessions = await Sessions.open(run.workers, open).catch(async (error: unknown) => {
    await client.end().catch(() => undefined);
    throw error;
  });
  try {
    const tables = await comparableTables(run, client);
    const [content, structure] = await Promise.all([
      compareTables(run, tables, sessions).then(tellTables),
      compareStructure(run, archives, leftOut, ofProject.unreachableOwners),
    ]);
    const others = [
      ...(await compareSequences(run, client)),
      ...(await compareLargeObjects(run, client)),
      ...(await compareMaterializedViews(run, client, leftOut)),
    ];
    const missing = await compareAdditions(client, ofProject.additions, ofProject.problems);
    return {
      differences: [...content.differences, ...structure.differences, ...others, ...missing],
      notVerified: [...content.notVerified, ...structure.notVerified],
    };
  } finally {
    await Promise.all([client.end().catch(() => undefined), sessions.end()]);
  }
}
