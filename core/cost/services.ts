import { shortestGapMinutes } from '../cron.ts';
import type { EnvironmentConfig } from '../environment.ts';
import type { Workload } from './config.ts';
import type { CostLine, WriteLine } from './line.ts';
import { resourcesOf } from './resources.ts';
import { DAYS_OF_MONTH, type SetsOfKind } from './sets.ts';

/** From the pull of the image, which is billed, to the first row; and from the last to the end of the task. */
export const AROUND_TASK_MINUTES = 1;
/** The archive is compressed at level 12, which takes about so many times as long as level 3. */
const ARCHIVE_FACTOR = 4;
/**
 * Rows that a server hashes in a second, of which only the hash is sent: a third of what PostgreSQL 15 and 17 were measured
 * at with all of it in memory (217–397 MiB/s of text, one session, two busy cores).
 */
const HASHED_MIBPS = 100;
/** A restore writes its indexes anew. */
const RESTORE_FACTOR = 2;
/** A restore, and three readings more: of the target, of the source, of the set. */
const DRILL_FACTOR = 5;
/** Ephemeral storage that comes with a task; only a drill asks for more. */
export const INCLUDED_STORAGE_GB = 20;

const MINUTES_OF_HOUR = 60;
const DAY_MINUTES = 24 * 60;
const KB_OF_GB = 1024 ** 2;

/** Receive, Plan, the choice, Backup, Verify, Retention, Audit and the end; the start counts as well. */
const TRANSITIONS_OF_A_BACKUP = 9;
const TRANSITIONS_OF_A_RESTORE = 25;
const TRANSITIONS_OF_A_FILES_RUN = 7;
/** Plan, retention, audit. */
const CALLS_OF_A_BACKUP = 3;
const CALLS_OF_A_RESTORE = 8;
const FUNCTION_GB = 0.5;
/** Of a call, on the average: most answer at once, retention and the monitor read manifests. */
const CALL_SECONDS = 3;

/** What a task writes to its log, its flow records and the history of its execution. */
const LOG_KB_OF_A_TASK = 150;
const LOG_KB_OF_A_CALL = 5;
/** Secrets a task is handed. */
const SECRETS_OF_A_TASK = 4;
/** What the month has cost, and a forecast. The budget and its alerts are free. */
const ASKED_A_DAY = 2;
const MAILS_OF_A_MONTH = 30;
const IMAGE_GB = 0.3;

/** Runs of one purpose in a month, and what each takes of Fargate. */
interface TaskRuns {
  readonly what: string;
  readonly tasks: number;
  readonly hours: number;
  readonly size: Pick<EnvironmentConfig['task'], 'cpu' | 'memoryMiB'>;
  /** Of one task, above what comes with it. */
  readonly moreStorageGb: number;
}

function taskRuns(
  environment: EnvironmentConfig,
  workload: Workload,
  kinds: readonly SetsOfKind[],
): TaskRuns[] {
  const minutes = (gb: number, factor = 1) =>
    AROUND_TASK_MINUTES + (gb * 1024 * factor) / workload.throughputMiBps / 60;
  const hashing = (gb: number) => (gb * 1024) / HASHED_MIBPS / 60;
  const runs = (what: string, tasks: number, minutesOfOne: number) => ({
    what,
    tasks,
    hours: (tasks * minutesOfOne) / MINUTES_OF_HOUR,
    size: environment.task,
    moreStorageGb: 0,
  });
  const { restoresPerMonth: restores, drillsPerMonth: drills } = workload;
  const ofDrill = {
    size: environment.drill,
    moreStorageGb: environment.drill.ephemeralStorageGiB - INCLUDED_STORAGE_GB,
  };
  return [
    ...kinds.flatMap(({ kind, runs: count, readGb, rowsGb }) => [
      runs(
        `${kind} sets`,
        count,
        minutes(readGb, kind === 'weekly' ? ARCHIVE_FACTOR : 1) + hashing(rowsGb - readGb),
      ),
      runs(`${kind} sets, verified`, count, minutes(rowsGb)),
    ]),
    ...(restores > 0 ? [runs('restores', restores, minutes(workload.databaseGb, RESTORE_FACTOR))] : []),
    // restored, looked at, read in the source and read back
    ...(drills > 0
      ? [{ ...runs('drills', drills, minutes(workload.databaseGb, DRILL_FACTOR)), ...ofDrill }]
      : []),
    ...(environment.files.enabled
      ? [runs('files', filesRuns(environment), minutes(growthOfARun(environment, workload)))]
      : []),
  ];
}

export function filesRuns({ files }: EnvironmentConfig): number {
  return files.enabled ? (DAYS_OF_MONTH * DAY_MINUTES) / shortestGapMinutes(files.cron) : 0;
}

function growthOfARun(environment: EnvironmentConfig, { files }: Workload): number {
  return files.growthGbPerMonth / filesRuns(environment);
}

/** Fargate, and the public address that each task has while it runs. */
export function taskLines(
  line: WriteLine,
  environment: EnvironmentConfig,
  workload: Workload,
  kinds: readonly SetsOfKind[],
): CostLine[] {
  const all = taskRuns(environment, workload, kinds);
  const moreStorage = all.reduce((sum, run) => sum + run.hours * run.moreStorageGb, 0);
  const hours = all.reduce((sum, run) => sum + run.hours, 0);
  return [
    ...all.flatMap((run) => [
      line('Tasks', `${run.what}: processor (ARM)`, (run.hours * run.size.cpu) / 1024, 'fargateVcpu'),
      line('Tasks', `${run.what}: memory`, (run.hours * run.size.memoryMiB) / 1024, 'fargateMemory'),
    ]),
    line('Tasks', `ephemeral storage above ${INCLUDED_STORAGE_GB} GB`, moreStorage, 'fargateStorage'),
    line('Tasks', 'public IPv4 addresses while tasks run', hours, 'publicIpv4'),
    line('Tasks', 'image of the engine, stored', IMAGE_GB, 'imageStored'),
  ];
}

/** Workflows, functions, schedules, logs, alarms, mails and secrets. No free tier is counted: others may use it up. */
export function serviceLines(
  line: WriteLine,
  environment: EnvironmentConfig,
  workload: Workload,
  kinds: readonly SetsOfKind[],
): CostLine[] {
  const count = resourcesOf(environment);
  const sets = kinds.reduce((sum, { kind, runs }) => sum + (kind === 'prerestore' ? 0 : runs), 0);
  const restores = workload.restoresPerMonth + workload.drillsPerMonth;
  const files = filesRuns(environment);
  const checks = checksOf(environment);
  // each run that went well is looked at once: was the one before it a failure?
  const ended = sets + files;
  const calls = CALLS_OF_A_BACKUP * (sets + files) + CALLS_OF_A_RESTORE * restores + checks + ended;
  const tasks = taskRuns(environment, workload, kinds).reduce((sum, run) => sum + run.tasks, 0);
  const logGb = (tasks * LOG_KB_OF_A_TASK + calls * LOG_KB_OF_A_CALL) / KB_OF_GB;
  const transitions =
    TRANSITIONS_OF_A_BACKUP * sets + TRANSITIONS_OF_A_RESTORE * restores + TRANSITIONS_OF_A_FILES_RUN * files;
  const guardRuns = guardRunsOf(environment);
  const mails = MAILS_OF_A_MONTH * environment.alertEmails.length;
  const keptMonths = environment.logRetentionDays / DAYS_OF_MONTH;
  return [
    line('Watching', 'logs written', logGb, 'logsIngested'),
    line('Watching', `logs kept ${environment.logRetentionDays} days`, logGb * keptMonths, 'logsStored'),
    line('Watching', 'alarms', count.alarms, 'alarm'),
    line('Watching', 'metrics of our own', count.metrics, 'metric'),
    line('Watching', 'dashboard', 1, 'dashboard'),
    line('Watching', 'mails', mails / 100_000, 'mail'),
    line('Watching', 'what AWS counts, asked daily', ASKED_A_DAY * guardRuns, 'costRequest'),
    line('Watching', 'table of what was told: writes', ended / 1e6, 'tableWrite'),
    line('Workflows', 'state transitions', transitions / 1000, 'transition'),
    line('Workflows', 'functions: compute (ARM)', calls * CALL_SECONDS * FUNCTION_GB, 'lambdaCompute'),
    line('Workflows', 'functions: calls', calls / 1e6, 'lambdaRequest'),
    line('Workflows', 'starts by schedule', (sets + files + checks) / 1e6, 'schedule'),
    line('Secrets', 'secrets', count.secrets, 'secret'),
    line('Secrets', 'secrets read', (tasks * SECRETS_OF_A_TASK + calls) / 10_000, 'secretCall'),
  ];
}

function guardRunsOf({ cost }: EnvironmentConfig): number {
  return (DAYS_OF_MONTH * DAY_MINUTES) / shortestGapMinutes(cost.guard.cron);
}

/** Calls of the monitors, of the cost guard and of retention by the clock. */
function checksOf(environment: EnvironmentConfig): number {
  const month = DAYS_OF_MONTH * DAY_MINUTES;
  const { schedules, supabase } = environment;
  const { monitor, retention } = schedules;
  const own = [monitor, retention]
    .filter(({ enabled }) => enabled)
    .map(({ cron }) => month / shortestGapMinutes(cron));
  const watches = supabase?.pitr.watch === true ? month / shortestGapMinutes(monitor.cron) : 0;
  const sweeps = supabase?.drill === undefined ? 0 : month / shortestGapMinutes(supabase.drill.sweep);
  return own.reduce((sum, calls) => sum + calls, 0) + watches + sweeps + guardRunsOf(environment);
}
