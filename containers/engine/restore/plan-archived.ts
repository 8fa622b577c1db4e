import type { Manifest } from '../../../core/manifest.ts';
import type { Archived } from '../../../core/restore-plan.ts';
import type { Bucket } from '../storage/bucket.ts';
import { archiveState } from './archive-state.ts';

/** How sets lie in the bucket. */
export interface Stored {
  readonly archived: Archived;
  /** Keys that a manifest names and the bucket lacks. */
  readonly missing: readonly string[];
}

/** @param restoreMinutes how long a restore may take: thawed copies that end before count as archived */
export async function lookAtStorage(
  bucket: Bucket,
  sets: readonly { readonly id: string; readonly folder: string; readonly manifest: Manifest }[],
  restoreMinutes: number,
  signal: AbortSignal,
): Promise<Stored> {
  let archived: Archived = { objects: 0, bytes: 0, thaw: [] };
  const missing: string[] = [];
  for (const { id, folder, manifest } of sets) {
    const state = await archiveState(bucket, folder, manifest.objects, restoreMinutes, signal);
    archived = {
      objects: archived.objects + state.archived,
      bytes: archived.bytes + state.bytes,
      thaw: [...archived.thaw, ...(state.archived === 0 ? [] : [{ set: id, options: state.options }])],
    };
    missing.push(...state.missing);
  }
  return { archived, missing };
}
