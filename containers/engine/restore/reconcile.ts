import type pg from 'pg';
import { RestoreMismatchError } from '../../../core/errors/index.ts';
import type { ForeignKeyEntry } from '../../../core/manifest.ts';
import { formatSlot } from '../../../core/set-id.ts';
import { hasUserRows } from '../../../core/supabase/managed.ts';
import { keyOf, nameOf, type TableName } from '../../../core/table-names.ts';
import { connect } from '../database/connect.ts';
import type { SchemaArchive } from './archives.ts';
import { differencesOf } from './compare-tables.ts';
import type { Reconciled, RestoreRun } from './context.ts';
import { Keeper, ORPHAN_SCHEMA } from './orphan-keeper.ts';
import { blocksOf, sqlOf } from './toc.ts';

/**
 * Sets of different times need not agree: a row may refer to one that was deleted before the other set was made, or that came
 * after it. Such rows are kept in a schema of their own, as they were, and leave their table, or, where the key says so
 * for a parent that is deleted, lose the reference. A row that leaves may be what others refer to, so this goes on until none is left. Before
 * indexes, triggers and the keys themselves are there: nothing fires, and the keys are then built on rows that agree.
 * @returns what gave way, as sentences
 * @throws RestoreMismatchError when a table that is about to be changed is not what was saved
 */
export async function reconcile(run: RestoreRun, archives: readonly SchemaArchive[]): Promise<string[]> {
  const keys = await validatedKeys(run, archives);
  const client = await connect(run.target, run.signal);
  try {
    await client.query('BEGIN');
    // keys and triggers of the platform's tables are there already
    if (run.project !== undefined) await client.query('SET LOCAL session_replication_role = replica');
    const keeper = new Keeper(
      client,
      run.manifest,
      `${ORPHAN_SCHEMA}${formatSlot(new Date()).toLowerCase()}`,
    );
    await settle(run, client, keys, keeper);
    await client.query('COMMIT');
  } finally {
    await client.end().catch(() => undefined);
  }
  return run.reconciled.map(sentence);
}

async function settle(
  run: RestoreRun,
  client: pg.Client,
  keys: readonly ForeignKeyEntry[],
  keeper: Keeper,
): Promise<void> {
  const sources = sourcesOf(run);
  const smaller = new Set<string>();
  const proved = new Set<string>();
  // each round looks at keys over sets, and at those whose parents lost rows in the round before
  let due = keys.filter(({ from, to }) => {
    const [child, parent] = [sources.get(keyOf(from)), sources.get(keyOf(to))];
    // rows of a table that no set has, an extension's, are not ours to judge by
    return child !== undefined && parent !== undefined && child !== parent;
  });
  while (due.length > 0) {
    smaller.clear();
    for (const key of due) {
      run.signal.throwIfAborted();
      const orphans = await keeper.find(key);
      if (orphans === 0) continue;
      // what was read is proved as long as it is what was saved
      if (!proved.has(keyOf(key.from))) await prove(run, client, key.from);
      proved.add(keyOf(key.from));
      const done = await keeper.keep(key);
      run.reconciled.push(done);
      if (done.way === 'moved') smaller.add(keyOf(key.from));
    }
    due = keys.filter(({ to }) => smaller.has(keyOf(to)));
  }
}

/** Which set the rows of a table come from; a partitioned table is named by its root. */
function sourcesOf({ manifest, overlays }: RestoreRun): Map<string, string> {
  const sources = new Map<string, string>();
  const note = (tables: readonly (TableName & { partitionOf: TableName | null })[], id: string) => {
    for (const table of tables) {
      sources.set(keyOf(table), id);
      sources.set(keyOf(table.partitionOf ?? table), id);
    }
  };
  note(manifest.tables, manifest.id);
  for (const { entry, replaced } of overlays) note(replaced, entry.id);
  return sources;
}

/** Keys that rows must meet: those that the platform's tables have here already, and not those that the source had never validated. */
async function validatedKeys(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
): Promise<ForeignKeyEntry[]> {
  const blocks = new Map<string, string>();
  for (const { file } of archives)
    for (const [heading, text] of blocksOf(await sqlOf(run, file, ['--section=post-data'])))
      blocks.set(heading, text);
  return run.manifest.foreignKeys.filter(({ name, from }) => {
    if (run.project !== undefined && hasUserRows(from.schema)) return true;
    const heading = `Name: ${from.name} ${name}; Type: FK CONSTRAINT; Schema: ${from.schema}; Owner: `;
    const sql = [...blocks].find(([found]) => found.startsWith(heading))?.[1];
    return sql !== undefined && !/ NOT VALID;\s*$/.test(sql);
  });
}

async function prove(run: RestoreRun, client: pg.Client, table: TableName): Promise<void> {
  const differences = await differencesOf(run, client, table);
  if (differences.length > 0)
    throw new RestoreMismatchError(
      run.manifest.id,
      differences,
      'try another set, and keep this one for inspection',
    );
}

function sentence({ table, constraint, parent, way, rows, keptIn }: Reconciled): string {
  const what = way === 'moved' ? 'were taken out' : 'lost their reference';
  return `${rows} rows of ${nameOf(table)} ${what}: what they refer to in ${parent} (${constraint}) was not there; as they were, they are in ${keptIn}`;
}
