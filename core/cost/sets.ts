import { shortestGapMinutes } from '../cron.ts';
import type { EnvironmentConfig } from '../environment.ts';
import { KINDS, type Kind, WHOLE_KINDS } from '../kinds.ts';
import type { Workload } from './config.ts';

/** A month as AWS counts it: 730 hours, a twelfth of a year. */
export const HOURS_OF_MONTH = 730;
export const DAYS_OF_MONTH = HOURS_OF_MONTH / 24;

const DAY_MINUTES = 24 * 60;
const MIB_OF_GB = 1024;

/** Lifecycle acts at the midnight (UTC) after the day on which it is due. */
const MIDNIGHT_DAYS = 1;

/** Small objects of every set: the claim, the manifest, its checksums, structure, roles, the result of the check. */
const OBJECTS_ABOUT_A_SET = 8;

/** What the sets of one kind are in a month. */
export interface SetsOfKind {
  readonly kind: Kind;
  /** Runs in a month. */
  readonly runs: number;
  /** Rows that one set holds, in GB, uncompressed. */
  readonly rowsGb: number;
  /** … and what of it one run reads from the database. */
  readonly readGb: number;
  /** One set, as it lies in the bucket. */
  readonly storedGb: number;
  /** Objects of one set. */
  readonly objects: number;
  /** … and those of them that are large: lifecycle moves only these. */
  readonly largeObjects: number;
  /** Days until lifecycle puts a delete marker on a set. */
  readonly currentDays: number;
  /** Days until its versions are gone, and the bill for them. */
  readonly billedDays: number;
}

/** The sets of every kind that is made at all. */
export function setsOf(environment: EnvironmentConfig, workload: Workload): SetsOfKind[] {
  return KINDS.flatMap((kind) => {
    const runs = runsOf(environment, workload, kind);
    return runs === 0
      ? []
      : [{ kind, runs, ...sizeOf(environment, workload, kind), ...daysOf(environment, kind, runs) }];
  });
}

/** Runs a month. A schedule is counted at its densest, for it may be dense all month. */
function runsOf({ schedules }: EnvironmentConfig, workload: Workload, kind: Kind): number {
  if (kind === 'prerestore') return workload.restoresPerMonth;
  const { enabled, cron } = schedules[kind];
  return enabled ? (DAYS_OF_MONTH * DAY_MINUTES) / shortestGapMinutes(cron) : 0;
}

function sizeOf(
  { engine }: EnvironmentConfig,
  workload: Workload,
  kind: Kind,
): Pick<SetsOfKind, 'rowsGb' | 'readGb' | 'storedGb' | 'objects' | 'largeObjects'> {
  const whole = WHOLE_KINDS.includes(kind);
  const share = whole ? 1 : workload[kind === 'critical' ? 'criticalShare' : 'importantShare'];
  const rowsGb = workload.databaseGb * share;
  const { reuse, checksums } = engine.backup;
  const reuses = reuse.enabled && checksums === 'full';
  const read = reuses && (kind === 'critical' || kind === 'important') ? workload.readShare[kind] : 1;
  const tables = whole
    ? workload.tables
    : Math.min(workload.tables, engine.levels[kind === 'critical' ? 'critical' : 'important'].length);
  const largeObjects = Math.ceil((rowsGb * MIB_OF_GB) / engine.backup.slicing.maxSliceMiB);
  return {
    rowsGb,
    readGb: rowsGb * read,
    storedGb: rowsGb / workload.compressionRatio,
    objects: tables + largeObjects + OBJECTS_ABOUT_A_SET,
    largeObjects,
  };
}

function daysOf(
  { policy }: EnvironmentConfig,
  kind: Kind,
  runs: number,
): Pick<SetsOfKind, 'currentDays' | 'billedDays'> {
  const { keepDays, keepVerified } = policy.retention[kind];
  const currentDays = Math.max(keepDays, keepVerified * (DAYS_OF_MONTH / runs)) + MIDNIGHT_DAYS;
  return {
    currentDays,
    billedDays: Math.max(policy.objectLockDays, currentDays + policy.noncurrentDays + MIDNIGHT_DAYS),
  };
}
