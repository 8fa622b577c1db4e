import { type CatalogEntry, type CatalogStore, findSet } from '../../../../core/catalog.ts';
import { NoSuchSetError } from '../../../../core/errors/index.ts';
import type { Manifest } from '../../../../core/manifest.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import { holdsAsked } from '../../../../core/restore-set.ts';
import { parseInstant } from '../../../../core/set-id.ts';

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
    return await findSet(store, request.set, { ...at, fits: (manifest) => holdsAsked(manifest, request) });
  } catch (error) {
    if (!(error instanceof NoSuchSetError) || request.set !== 'latest') throw error;
    // none fits: the newest of all says what it lacks
    return await findSet(store, request.set, at);
  }
}
