import type { DrillReport, LevelObjectives, PastDrill } from '../../../core/drill/report.ts';
import { trendOf } from '../../../core/drill/trend.ts';
import { reason } from '../../../core/errors/index.ts';
import { PRODUCT_VERSION } from '../backup/manifest.ts';
import { describeAddress } from '../database/url.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Bucket } from '../storage/bucket.ts';
import { type Chosen, describeSet } from './choose.ts';
import { pastDrills } from './history.ts';
import type { DrillRecord } from './record.ts';
import type { DrillRequest } from './request.ts';
import type { OpenTarget } from './target.ts';
import type { Timeline } from './timeline.ts';

/** How far a drill has come, besides what its checks have found. */
export interface Progress {
  chosen?: Chosen;
  target?: OpenTarget;
  serverVersion: string | null;
  recoverySeconds: number | null;
  levels: LevelObjectives[];
  dataLoss: DrillReport['dataLoss'];
}

/** What had nothing to do took no time that anybody wants to see. */
const SHOWN_SECONDS = 0.005;

export function buildReport(
  about: { id: string; startedAt: Date; request: DrillRequest; past: readonly PastDrill[] },
  progress: Progress,
  record: DrillRecord,
  timeline: Timeline,
): DrillReport {
  const { id, startedAt, request, past } = about;
  const { chosen, target, serverVersion, recoverySeconds, levels, dataLoss } = progress;
  return {
    format: 'videoplanet-drill',
    formatVersion: 1,
    id,
    productVersion: PRODUCT_VERSION,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    verdict: record.verdict,
    target: { kind: request.target, name: nameOf(request, target), serverVersion },
    set: chosen === undefined ? null : describeSet(chosen),
    phases: timeline.phases
      .filter(({ seconds }) => seconds >= SHOWN_SECONDS)
      .toSorted((a, b) => a.begins - b.begins),
    recoverySeconds,
    checks: record.checks,
    tables: record.tables,
    levels,
    dataLoss,
    // a drill that a workflow began anew is no earlier one of itself
    trend: trendOf(
      past.filter((drill) => drill.id !== id),
      request.target,
      recoverySeconds,
    ),
    notVerified: record.notVerified,
    notRun: record.notRun,
  };
}

function nameOf(request: DrillRequest, target: OpenTarget | undefined): string {
  if (target === undefined) return request.target;
  if (request.target === 'task') return `database ${target.address.keywords.dbname}`;
  return describeAddress(target.address);
}

/** Past drills; a drill is none the worse for not knowing them. */
export async function readPast(bucket: Bucket, before: Date, reporter: Reporter): Promise<PastDrill[]> {
  try {
    return await pastDrills(bucket, before, reporter);
  } catch (error) {
    reporter.warn('earlier drills could not be read, so there is no trend', { because: reason(error) });
    return [];
  }
}
