import type pg from 'pg';
import { hasUserRows } from '../../../core/supabase/managed.ts';
import { readFurniture, readSequences } from '../database/inventory.ts';
import { readLargeObjects } from '../database/large-objects.ts';
import type { RestoreRun } from './context.ts';
import { withoutNumbers } from './toc.ts';

/** Sequences that are not at the manifest's values, a sentence each. */
export async function compareSequences(
  { manifest, project }: RestoreRun,
  client: pg.Client,
): Promise<string[]> {
  const sequences = await readSequences(client, manifest.excludedSchemas);
  const state = new Map(
    sequences.map((sequence) => [JSON.stringify([sequence.schema, sequence.name]), sequence]),
  );
  return manifest.sequences.flatMap((expected) => {
    const got = state.get(JSON.stringify([expected.schema, expected.name]));
    if (got?.lastValue === expected.lastValue && got.isCalled === expected.isCalled) return [];
    if (project !== undefined && hasUserRows(expected.schema)) return [];
    const is = got === undefined ? 'is missing' : `is at ${got.lastValue} (called: ${got.isCalled})`;
    return [
      `sequence ${expected.schema}.${expected.name} ${is}, expected ${expected.lastValue} (called: ${expected.isCalled})`,
    ];
  });
}

/** @param client outside of a transaction */
export async function compareLargeObjects({ manifest }: RestoreRun, client: pg.Client): Promise<string[]> {
  await client.query('BEGIN');
  const { rows, checksum } = await readLargeObjects(client, manifest.checksums);
  await client.query('ROLLBACK');
  if (rows.toString() !== manifest.largeObjects.count)
    return [`there are ${rows} large objects, expected ${manifest.largeObjects.count}`];
  return (checksum?.toString() ?? null) === manifest.largeObjects.checksum
    ? []
    : ['the large objects have other content'];
}

/** @param leftOut entries of the archive that could not be built, told elsewhere */
export async function compareMaterializedViews(
  { manifest }: RestoreRun,
  client: pg.Client,
  leftOut: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const { materializedViews } = await readFurniture(client, manifest.excludedSchemas);
  return manifest.materializedViews.flatMap((view) => {
    const got = materializedViews.find((other) => other.schema === view.schema && other.name === view.name);
    const left = `MATERIALIZED VIEW DATA ${view.schema} ${view.name} `;
    const unfilled =
      got?.populated === false && [...leftOut].some((entry) => withoutNumbers(entry).startsWith(left));
    if (got?.populated === view.populated || unfilled) return [];
    const is = got === undefined ? 'missing' : got.populated ? 'populated' : 'not populated';
    return [`materialized view ${view.schema}.${view.name} is ${is}`];
  });
}
