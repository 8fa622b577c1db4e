import type { CatalogStore } from '../catalog.ts';
import { listSetIds } from '../catalog.ts';
import { FULL_KINDS } from '../kinds.ts';
import { PREFIX } from '../names.ts';
import { DRILL_OBJECT, drillOfFolder } from './keys.ts';
import { parseReport } from './report.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Two clocks that differ by more are not merely two clocks. */
const SKEW_MS = 10 * 60_000;
/** Reports that are read before a bucket is taken for one without a verified drill: three years of monthly ones. */
const READ = 36;

/**
 * Days since the newest drill began that verified everything, from the reports in the bucket (spec D6). Where there has been
 * none, days since the first set: whoever has backed up for so long without a drill has never proved one.
 * @returns nothing where there are no sets either
 */
export async function verifiedDrillAgeDays(store: CatalogStore, now: Date): Promise<number | undefined> {
  const folders = await store.listFolders(`${PREFIX.drills}/`);
  const newestFirst = folders
    .filter((folder) => drillOfFolder(folder) !== undefined)
    .sort()
    .reverse();
  for (const folder of newestFirst.slice(0, READ)) {
    const report = parseReport((await store.getText(folder + DRILL_OBJECT.report)) ?? '');
    if (report?.verdict !== 'verified') continue;
    const startedAt = new Date(report.startedAt);
    // one that is still to come would be fresh until that day
    if (startedAt.getTime() <= now.getTime() + SKEW_MS) return days(startedAt, now);
  }
  const slots = (await listSetIds(store, FULL_KINDS)).map(({ slot }) => slot.getTime());
  return slots.length === 0 ? undefined : days(new Date(Math.min(...slots)), now);
}

function days(since: Date, now: Date): number {
  return Math.max(0, (now.getTime() - since.getTime()) / DAY_MS);
}
