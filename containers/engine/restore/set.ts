import { UnsuitableSetError } from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';

/** @throws UnsuitableSetError when it holds some tables only */
export function proveWhole(manifest: Manifest): void {
  if (manifest.limitedTo === null) return;
  throw new UnsuitableSetError(
    `${manifest.id} holds only ${manifest.tables.length} tables, not the database; restore a daily or weekly set in full`,
  );
}
