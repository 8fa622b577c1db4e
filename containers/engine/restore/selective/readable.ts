import { nameOf } from '../../../../core/table-names.ts';
import { archiveState, refuseArchived } from '../archive-state.ts';
import type { SelectiveRun } from './context.ts';
import { objectsOf, type SetTable } from './set-tables.ts';

/**
 * Finds out, before anything of them is read, whether the objects of some tables can be.
 * @throws SetArchivedError with the wait, the price and the command
 */
export async function proveTablesReadable(run: SelectiveRun, tables: readonly SetTable[]): Promise<void> {
  const { bucket, folder } = run.opener;
  const objects = objectsOf(run.manifest, tables).filter(({ key }) => !run.readable.has(key));
  const state = await archiveState(bucket, folder, objects, run.limitMinutes, run.signal);
  refuseArchived(run.manifest.id, state, tables.map(nameOf));
  for (const { key } of objects) run.readable.add(key);
}
