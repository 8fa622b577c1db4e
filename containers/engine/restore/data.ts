import type { SetObject } from '../../../core/manifest.ts';
import { keyOf } from '../../../core/table-names.ts';
import { inParallel } from '../streams/parallel.ts';
import { isOfManagedTable, restoreManagedSlice } from '../supabase/rows.ts';
import { restoreRest } from './archives.ts';
import type { RestoreRun } from './context.ts';
import { emptyReplaced, overlayObjects, overlayTasks } from './overlay.ts';
import { restoreSlice, slicesOf, sliceTable } from './slice.ts';

function restoreSliceOf(run: RestoreRun, slice: SetObject): Promise<void> {
  const table = sliceTable(slice);
  const entry = run.manifest.tables.find((candidate) => keyOf(candidate) === keyOf(table));
  return run.project !== undefined && isOfManagedTable(slice) && entry !== undefined
    ? restoreManagedSlice(run, run.project, slice, { entry, opener: run.opener })
    : restoreSlice(run, run.opener, slice, table);
}

/** All rows: the rest and the slices, largest first, `workers` streams at once; then those of newer sets. */
export async function restoreData(run: RestoreRun): Promise<void> {
  const replaced = new Set(run.overlays.flatMap((overlay) => overlay.replaced.map(keyOf)));
  const slices = slicesOf(run.manifest.objects, (table) => !replaced.has(keyOf(table)));
  const { overlays } = run;
  const objects = [...run.manifest.objects.filter(({ slice }) => slice === undefined), ...slices].filter(
    ({ role }) => role === 'rest' || role === 'slice',
  );
  const total = [...objects, ...overlays.flatMap(overlayObjects)];
  run.reporter.begin(
    total.reduce((sum, { plain }) => sum + plain.bytes, 0),
    slices.length + 1,
  );
  try {
    await inParallel(
      run.workers,
      [
        () => restoreRest(run).then(() => run.reporter.tableDone()),
        ...slices.map((slice) => () => restoreSliceOf(run, slice)),
      ],
      run.fail,
    );
    for (const overlay of overlays) await emptyReplaced(run, overlay);
    await inParallel(
      run.workers,
      overlays.flatMap((overlay) => overlayTasks(run, overlay)),
      run.fail,
    );
  } finally {
    run.reporter.end();
  }
}
