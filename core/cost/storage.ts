import type { EnvironmentConfig } from '../environment.ts';
import { KIND_PREFIX } from '../kinds.ts';
import { lifecycleRules } from '../lifecycle.ts';
import { BILLED_DAYS, type ColdClass, SMALL_OBJECT_BYTES } from '../storage-classes.ts';
import type { Workload } from './config.ts';
import type { CostLine, WriteLine } from './line.ts';
import { monitorLines } from './monitor.ts';
import type { Priced } from './price.ts';
import { DAYS_OF_MONTH, type SetsOfKind } from './sets.ts';

const GB = 1024 ** 3;
const KB = 1024;
/** Index that an archived object adds to itself, and name and metadata of it, which stay readable. */
const ARCHIVE_INDEX_BYTES = 32 * KB;
const ARCHIVE_NAME_BYTES = 8 * KB;

type StorageClass = 'STANDARD' | ColdClass;

const STORED: Readonly<Record<StorageClass, Priced>> = {
  STANDARD: 's3Standard',
  STANDARD_IA: 's3StandardIa',
  ONEZONE_IA: 's3OnezoneIa',
  GLACIER_IR: 's3GlacierIr',
  GLACIER: 's3Glacier',
  DEEP_ARCHIVE: 's3DeepArchive',
};

const MOVED: Readonly<Record<ColdClass, Priced>> = {
  STANDARD_IA: 's3ToStandardIa',
  ONEZONE_IA: 's3ToOnezoneIa',
  GLACIER_IR: 's3ToGlacierIr',
  GLACIER: 's3ToGlacier',
  DEEP_ARCHIVE: 's3ToDeepArchive',
};

/**
 * Bytes that a class bills for one object: no less than 128 KiB in those that can be read at once, and the index of it in
 * the archives.
 * @returns bytes at the price of the class, and at that of STANDARD besides
 */
export function billedBytes(storageClass: StorageClass, bytes: number): { own: number; standard: number } {
  if (storageClass === 'STANDARD') return { own: bytes, standard: 0 };
  if (storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE')
    return { own: bytes + ARCHIVE_INDEX_BYTES, standard: ARCHIVE_NAME_BYTES };
  return { own: Math.max(bytes, SMALL_OBJECT_BYTES), standard: 0 };
}

interface Stay {
  readonly storageClass: StorageClass;
  /** Days since the making of the set. */
  readonly from: number;
  readonly to: number;
}

/** Where a set lies in the course of its life. What a delete marker lies on is moved no further. */
export function staysOf(policy: EnvironmentConfig['policy'], sets: SetsOfKind): Stay[] {
  const rule = lifecycleRules(policy).find(
    ({ prefix, transitions }) => transitions !== undefined && prefix === `${KIND_PREFIX[sets.kind]}/`,
  );
  const moves = (rule?.transitions ?? []).filter(({ afterDays }) => afterDays < sets.currentDays);
  const starts = [
    { storageClass: 'STANDARD' as const, from: 0 },
    ...moves.map(({ storageClass, afterDays }) => ({ storageClass, from: afterDays })),
  ];
  return starts.map((start, i) => ({ ...start, to: starts[i + 1]?.from ?? sets.billedDays }));
}

/**
 * Days of a stay that are billed when the product has run for so long. A set that left before the least a class bills is
 * billed for that all the same.
 */
function daysBilled({ storageClass, from, to }: Stay, ageDays: number): number {
  const least = storageClass === 'STANDARD' ? 0 : BILLED_DAYS[storageClass];
  return Math.max(0, Math.min(Math.max(to, from + least), ageDays) - from);
}

/** What the sets of a kind and the files cost as they lie there, after so many months. */
export function storageLines(
  line: WriteLine,
  environment: EnvironmentConfig,
  workload: Workload,
  kinds: readonly SetsOfKind[],
  months: number,
): CostLine[] {
  return [
    ...kinds.flatMap((sets) => ofSets(line, environment.policy, sets, months * DAYS_OF_MONTH)),
    ...ofFiles(line, environment, workload, months),
  ];
}

function ofSets(
  line: WriteLine,
  policy: EnvironmentConfig['policy'],
  sets: SetsOfKind,
  ageDays: number,
): CostLine[] {
  const setsPerDay = sets.runs / DAYS_OF_MONTH;
  const bytes = (sets.storedGb * GB) / Math.max(1, sets.largeObjects);
  const stored = new Map<StorageClass, number>();
  const add = (storageClass: StorageClass, gb: number) => {
    if (gb > 0) stored.set(storageClass, (stored.get(storageClass) ?? 0) + gb);
  };
  for (const stay of staysOf(policy, sets)) {
    // sets of a day, times the days each stays, is how many lie there at once
    const objects = setsPerDay * daysBilled(stay, ageDays) * sets.largeObjects;
    const { own, standard } = billedBytes(stay.storageClass, bytes);
    add(stay.storageClass, (objects * own) / GB);
    add('STANDARD', (objects * standard) / GB);
  }
  return [...stored].map(([storageClass, gb]) =>
    line('Storage', `${sets.kind} sets in ${storageClass}`, gb, STORED[storageClass]),
  );
}

/** Files are copied once and kept; nothing moves or expires them. */
function ofFiles(
  line: WriteLine,
  { files }: EnvironmentConfig,
  { files: { gb, growthGbPerMonth } }: Workload,
  months: number,
): CostLine[] {
  if (!files.enabled) return [];
  return [line('Storage', 'files in STANDARD', gb + growthGbPerMonth * months, 's3Standard')];
}

/** What it costs to put sets there, to read them back, to move and to mark them. */
export function requestLines(
  line: WriteLine,
  environment: EnvironmentConfig,
  workload: Workload,
  kinds: readonly SetsOfKind[],
  months: number,
): CostLine[] {
  const partMb = environment.engine.upload.firstPartMiB;
  const written = ({ runs, objects, largeObjects, storedGb }: SetsOfKind) => {
    // a large object is begun, sent in parts and completed, and copying one costs no more; every object is marked once
    // before it goes
    const parts = Math.ceil((storedGb * 1024) / partMb) + largeObjects;
    return runs * (2 * objects + largeObjects + parts + LISTS_OF_A_RUN);
  };
  const read = ({ runs, objects }: SetsOfKind) => runs * (objects + READS_OF_A_RUN);
  const thousands = (count: (sets: SetsOfKind) => number) =>
    kinds.reduce((sum, sets) => sum + count(sets), 0) / 1000;
  return [
    line('Requests', 'writing, copying, listing and marking sets', thousands(written), 's3Write'),
    line('Requests', 'reading sets back to verify and to mark', thousands(read), 's3Read'),
    ...monitorLines(line, environment),
    ...ofMoves(line, environment, kinds, months * DAYS_OF_MONTH),
    ...ofFileRequests(line, environment, workload),
  ];
}

const LISTS_OF_A_RUN = 10;
/** The manifests that retention reads besides, and the writer's that looks for a set to copy from. */
const READS_OF_A_RUN = 60;

/** Sets are moved on from the day on which the first of them is old enough. */
function ofMoves(
  line: WriteLine,
  { policy }: EnvironmentConfig,
  kinds: readonly SetsOfKind[],
  ageDays: number,
): CostLine[] {
  return kinds.flatMap((sets) =>
    staysOf(policy, sets).flatMap(({ storageClass, from }) =>
      storageClass === 'STANDARD' || from >= ageDays
        ? []
        : [
            line(
              'Requests',
              `moving ${sets.kind} sets to ${storageClass}`,
              (sets.runs * sets.largeObjects) / 1000,
              MOVED[storageClass],
            ),
          ],
    ),
  );
}

/** Each new file is written, and named in an inventory. */
function ofFileRequests(
  line: WriteLine,
  { files }: EnvironmentConfig,
  { files: { growthGbPerMonth, averageMb } }: Workload,
): CostLine[] {
  if (!files.enabled) return [];
  const added = (growthGbPerMonth * 1024) / averageMb;
  return [line('Requests', 'writing new files', (2 * added) / 1000, 's3Write')];
}
