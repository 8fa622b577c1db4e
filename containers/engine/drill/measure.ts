import type { CatalogEntry } from '../../../core/catalog.ts';
import { measureObjectives } from '../../../core/drill/objectives.ts';
import type { Check, CheckId, LevelObjectives } from '../../../core/drill/report.ts';
import { couldNotVerify, figure, judged } from '../../../core/drill/verdict.ts';
import { reason } from '../../../core/errors/index.ts';
import { apiTimes } from './api.ts';
import type { DrillRun } from './context.ts';
import { fileTransfer } from './file-transfer.ts';
import { sampledFiles } from './files.ts';
import { httpProbes } from './http-probes.ts';
import { pgbench } from './pgbench.ts';
import type { DrillRecord } from './record.ts';
import { signIn } from './sign-in.ts';
import { sqlProbes } from './sql-probes.ts';

/**
 * What is measured in the restored database, one after the other, for each would slow the others down. What writes comes
 * after what counts rows, and takes its own away again.
 */
const MEASURES = {
  'sql-probes': sqlProbes,
  api: apiTimes,
  'http-probes': httpProbes,
  'sign-in': signIn,
  'file-transfer': fileTransfer,
  pgbench,
} as const satisfies Partial<Record<CheckId, (run: DrillRun) => Promise<Check>>>;

export const MEASURED = Object.keys(MEASURES) as (keyof typeof MEASURES)[];

/** Functions, API, sign-in, files and throughput of the restored target. */
export async function measureTarget(run: DrillRun, record: DrillRecord): Promise<void> {
  for (const id of MEASURED) record.add(await run.reporter.phase(id, () => guarded(run, id, MEASURES[id])));
}

/** Files of the newest inventory; they do not lie in the target. */
export async function measureFiles(run: DrillRun, record: DrillRecord): Promise<void> {
  record.add(await run.reporter.phase('files', () => guarded(run, 'files', sampledFiles)));
}

/** One check that breaks must not take the others' findings with it. */
async function guarded(
  run: DrillRun,
  id: Check['id'],
  check: (run: DrillRun) => Promise<Check>,
): Promise<Check> {
  try {
    return await check(run);
  } catch (error) {
    run.signal.throwIfAborted();
    return couldNotVerify(id, reason(error));
  }
}

/** RTO and RPO of the levels that the set has tables of, against what the configuration asks for (spec D4). */
export function judgeObjectives(
  run: Pick<DrillRun, 'config' | 'manifest'>,
  measured: { recoverySeconds: number | null; entries: readonly CatalogEntry[]; now: Date },
  record: DrillRecord,
): LevelObjectives[] {
  const there = new Set(run.manifest.tables.map(({ level }) => level));
  const levels = measureObjectives(run.config, measured).filter(({ level }) => there.has(level));
  for (const which of ['rto', 'rpo'] as const) {
    if (record.get(which) !== undefined) continue;
    const of = (state: string) => levels.filter((level) => level[which].state === state);
    record.add(
      judged(
        which,
        {
          wrong: of('missed').map(
            ({ level, [which]: { measuredMinutes, targetMinutes } }) =>
              `${level}: ${measuredMinutes} minutes, expected ${targetMinutes} or less`,
          ),
          unknown: of('unknown').map(({ level }) =>
            which === 'rto'
              ? `${level}: the restore did not end, so its time is not known`
              : `${level}: no verified set holds its tables`,
          ),
        },
        levels.flatMap(({ level, [which]: { measuredMinutes } }) =>
          measuredMinutes === null ? [] : [figure(level, measuredMinutes, 'minutes')],
        ),
      ),
    );
  }
  return levels;
}
