import PQueue from 'p-queue';
import { DRILL_OBJECT, drillFolder, drillOfFolder, drillStart } from '../../../core/drill/keys.ts';
import { type PastDrill, parseReport } from '../../../core/drill/report.ts';
import { pastOf } from '../../../core/drill/trend.ts';
import { PREFIX } from '../../../core/names.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Bucket } from '../storage/bucket.ts';

/** Drills that are read back: three years of monthly ones. */
const READ = 36;
const AT_ONCE = 8;

/** Earlier drills, oldest first; one whose report cannot be read is left out, and said. */
export async function pastDrills(bucket: Bucket, before: Date, reporter: Reporter): Promise<PastDrill[]> {
  const folders = await bucket.listFolders(`${PREFIX.drills}/`);
  const ids = folders
    .flatMap((folder) => drillOfFolder(folder) ?? [])
    .filter((id) => (drillStart(id)?.getTime() ?? Number.POSITIVE_INFINITY) < before.getTime())
    .sort()
    .slice(-READ);
  const queue = new PQueue({ concurrency: AT_ONCE });
  const found = await queue.addAll(ids.map((id) => () => readDrill(bucket, id, reporter)));
  return found.filter((drill) => drill !== undefined);
}

async function readDrill(bucket: Bucket, id: string, reporter: Reporter): Promise<PastDrill | undefined> {
  const text = await bucket.getText(drillFolder(id) + DRILL_OBJECT.report);
  const report = text === undefined ? undefined : parseReport(text);
  if (report?.id === id) return pastOf(report);
  reporter.warn('the report of an earlier drill cannot be read; the trend is without it', { id });
  return undefined;
}
