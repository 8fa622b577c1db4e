import { type CatalogEntry, findSet } from '../../../core/catalog.ts';
import { UnsuitableSetError } from '../../../core/errors/index.ts';
import { FULL_KINDS } from '../../../core/kinds.ts';
import type { Manifest } from '../../../core/manifest.ts';
import type { RestoreRequest } from '../../../core/restore-request.ts';
import { parseInstant } from '../../../core/set-id.ts';
import type { Bucket } from '../storage/bucket.ts';

/** The set of a whole database that a request means. */
export async function findWhole(
  bucket: Bucket,
  { set, at }: RestoreRequest,
): Promise<CatalogEntry & { manifest: Manifest }> {
  return await findSet(bucket, set, {
    kinds: FULL_KINDS,
    ...(at === undefined ? {} : { at: parseInstant(at) }),
  });
}

/** @throws UnsuitableSetError when it holds some tables only */
export function proveWhole(manifest: Manifest): void {
  if (manifest.limitedTo === null) return;
  throw new UnsuitableSetError(
    `${manifest.id} holds only ${manifest.tables.length} tables, not the database; restore a daily or weekly set in full`,
  );
}
