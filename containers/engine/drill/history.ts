import PQueue from 'p-queue';
import { DRILL_OBJECT, drillFolder, drillOfFolder, drillStart } from '../../../core/drill/keys.ts';
import { type PastDrill, parseReport } from '../../../core/drill/report.ts';
import { pastOf } from '../../../core/drill/trend.ts';
import { reason } from '../../../core/errors/index.ts';
import { PREFIX } from '../../../core/names.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Bucket } from '../storage/bucket.ts';

/** Drills that are read back: three years of monthly ones. */
const READ = 36;
const AT_ONCE = 8;

/**
 * Earlier drills, oldest first; one whose report cannot be read is left out, and said.
 * @throws StorageError when the drills cannot even be listed
 */
export async function pastDrills(
  bucket: Pick<Bucket, 'listFolders' | 'getText'>,
  before: Date,
  reporter: Pick<Reporter, 'warn'>,
): Promise<PastDrill[]> {
  const folders = await bucket.listFolders(`${PREFIX.drills}/`);
  const ids = folders
    .flatMap((folder) => drillOfFolder(folder) ?? [])
    .filter((id) => (drillStart(id)?.getTime() ?? Number.POSITIVE_INFINITY) < before.getTime())
    .sort()
    .slice(-READ);
  const queue = new PQueue({ concurrency: AT_ONCE });
  const read = async (id: string) => {
    try {
      return pastOf(await readReport(bucket, id));
    } catch (error) {
      reporter.warn('the report of an earlier drill cannot be read; the trend is without it', {
        id,
        because: reason(error),
      });
      return undefined;
    }
  };
  const found = await queue.addAll(ids.map((id) => () => read(id)));
  return found.filter((drill) => drill !== undefined);
}

async function readReport(bucket: Pick<Bucket, 'getText'>, id: string) {
  const text = await bucket.getText(drillFolder(id) + DRILL_OBJECT.report);
  if (text === undefined) throw new Error('it is not there: that drill did not come to its end');
  const report = parseReport(text);
  if (report === undefined) throw new Error('it is no report that this version reads');
  if (report.id !== id) throw new Error(`it is that of ${report.id}`);
  return report;
}
