import { type CatalogEntry, type CatalogStore, findSet } from '../../../../core/catalog.ts';
import { NoSuchSetError, NoSuchTableError } from '../../../../core/errors/index.ts';
import type { Manifest } from '../../../../core/manifest.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import { parseRowCondition, parseRowKey } from '../../../../core/row-selection.ts';
import { parseInstant } from '../../../../core/set-id.ts';
import { keyOf } from '../../database/table-names.ts';
import { findTable, tablesOf } from './set-tables.ts';

/**
 * The set a request for tables or rows means. `latest` is the newest of any kind that holds them, the sets of one level
 * included: those are the younger ones. With dependents it must hold whatever may hang on the rows, too.
 * @throws NoSuchSetError
 */
export async function findSetFor(
  store: CatalogStore,
  request: RestoreRequest,
): Promise<CatalogEntry & { manifest: Manifest }> {
  const at = request.at === undefined ? {} : { at: parseInstant(request.at) };
  try {
    return await findSet(store, request.set, { ...at, fits: (manifest) => holds(manifest, request) });
  } catch (error) {
    if (!(error instanceof NoSuchSetError) || request.set !== 'latest') throw error;
    // none fits: the newest of all says what it lacks
    return await findSet(store, request.set, at);
  }
}

function holds(manifest: Manifest, request: RestoreRequest): boolean {
  const named = [
    ...(request.tables ?? []),
    ...(request.rows ?? []).map((text) => parseRowKey(text).table),
    ...(request.where ?? []).map((text) => parseRowCondition(text).table),
  ];
  try {
    const needed = new Set(named.map((name) => keyOf(findTable(manifest, name))));
    if (!request.withDependents) return true;
    for (const table of needed)
      for (const { from, to } of manifest.foreignKeys) if (keyOf(to) === table) needed.add(keyOf(from));
    const held = new Set(tablesOf(manifest).map(keyOf));
    return [...needed].every((table) => held.has(table));
  } catch (error) {
    if (error instanceof NoSuchTableError) return false;
    throw error;
  }
}
