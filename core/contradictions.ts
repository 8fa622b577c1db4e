import { isCron, longestGapMinutes } from './cron.ts';
import type { EnvironmentConfig } from './environment.ts';
import { ofHealth } from './health/contradictions.ts';
import { SCHEDULED_KINDS, type ScheduledKind } from './kinds.ts';
import { AROUND_RUN_MINUTES, runMinutesOf } from './run-limit.ts';
import { isTimeZone, skippedStart } from './skipped-hour.ts';

const DAY_MINUTES = 24 * 60;

/** Where a number stands, and a sentence that names it and the one it does not go with. */
export type Contradiction = readonly [path: readonly string[], message: string];

/** Numbers of an environment that are each possible and cannot hold together. */
export function contradictions(environment: EnvironmentConfig): Contradiction[] {
  const { schedules } = environment;
  // what is wrong with a cron itself has been said
  const usable = SCHEDULED_KINDS.filter((kind) => schedules[kind].enabled && isCron(schedules[kind].cron));
  return [
    ...usable.flatMap((kind) => ofSchedule(environment, kind)),
    ...ofMonitor(environment, usable),
    ...[...SCHEDULED_KINDS, 'restore' as const].flatMap((run) => ofRunLimit(environment, run)),
    ...SCHEDULED_KINDS.flatMap((kind) => ofUploads(environment, kind)),
    ...ofIntegrity(environment),
    ...ofDrill(environment),
    ...ofHealth(environment),
  ];
}

/** A function's variables may have 4 KiB together (Lambda quota); names and ARNs need some of it. */
const INTEGRITY_BYTES = 3000;

function ofIntegrity({ engine }: EnvironmentConfig): Contradiction[] {
  const bytes = Buffer.byteLength(JSON.stringify(engine.integrity));
  if (bytes <= INTEGRITY_BYTES) return [];
  return [
    [
      ['engine', 'integrity'],
      `its rules are ${bytes} bytes of JSON, and a function takes ${INTEGRITY_BYTES}: put long queries into views of the ` +
        'database, and select from those',
    ],
  ];
}

function ofSchedule(
  { timeZone, schedules, rpoMinutes, staleAfterMinutes }: EnvironmentConfig,
  kind: ScheduledKind,
): Contradiction[] {
  const { cron } = schedules[kind];
  const gap = longestGapMinutes(cron);
  const found: Contradiction[] = [];
  const skipped = isTimeZone(timeZone) ? skippedStart(cron, timeZone) : undefined;
  if (skipped !== undefined)
    found.push([
      ['schedules', kind, 'cron'],
      `${cron} is due on ${skipped}, a time that the clocks of ${timeZone} skip, and a start that is skipped is not made ` +
        'up for; take an hour in which clocks are not changed, such as 04:00',
    ]);
  if (gap > rpoMinutes[kind])
    found.push([
      ['rpoMinutes', kind],
      `up to ${rpoMinutes[kind]} minutes may be lost, but schedules.${kind} leaves ${gap} minutes between sets; ` +
        'schedule more often, or say the loss that is meant',
    ]);
  if (staleAfterMinutes[kind] <= gap)
    found.push([
      ['staleAfterMinutes', kind],
      `an alarm at ${staleAfterMinutes[kind]} minutes goes with every set, for schedules.${kind} leaves ${gap} minutes ` +
        `between them; set more than ${gap} and the time a run takes`,
    ]);
  return found;
}

/** Alarms of age go by what the monitor measures: two measurements in a row, or the want of them. */
function ofMonitor(
  { schedules: { monitor }, staleAfterMinutes }: EnvironmentConfig,
  kinds: readonly ScheduledKind[],
): Contradiction[] {
  const [kind] = [...kinds].sort((a, b) => staleAfterMinutes[a] - staleAfterMinutes[b]);
  if (kind === undefined || !isCron(monitor.cron)) return [];
  if (!monitor.enabled)
    return [
      [
        ['schedules', 'monitor', 'enabled'],
        `nobody would measure the age of ${kinds.join(', ')} sets, and their alarms would never end; leave the monitor on, ` +
          'or switch these schedules off too',
      ],
    ];
  const [gap, limit] = [longestGapMinutes(monitor.cron), Math.min(staleAfterMinutes[kind], DAY_MINUTES)];
  return gap <= limit
    ? []
    : [
        [
          ['schedules', 'monitor', 'cron'],
          `the age of sets is measured every ${gap} minutes (${monitor.cron}), too seldom for an alarm at ` +
            `${staleAfterMinutes[kind]} minutes (staleAfterMinutes.${kind}); measure every ${limit} minutes or more often`,
        ],
      ];
}

function ofRunLimit({ task, engine }: EnvironmentConfig, of: ScheduledKind | 'restore'): Contradiction[] {
  const timeout = task.timeoutMinutes[of];
  const run = runMinutesOf(timeout);
  if (engine.limits.runMinutes >= run) return [];
  return [
    [
      ['engine', 'limits', 'runMinutes'],
      `the engine ends every run after ${engine.limits.runMinutes} minutes, and task.timeoutMinutes.${of} gives it ` +
        `${run} (${timeout} less ${AROUND_RUN_MINUTES} around the run); set ${run} or more, or a shorter timeout`,
    ],
  ];
}

/** Making a project and handing it over, at the most: from its first minute on it grows old enough for the reaper. */
const MAKING_PROJECT_MINUTES = 60;

function ofDrill({ drill, supabase, engine }: EnvironmentConfig): Contradiction[] {
  const found: Contradiction[] = [];
  const run = runMinutesOf(drill.timeoutMinutes);
  if (engine.limits.runMinutes < run)
    found.push([
      ['engine', 'limits', 'runMinutes'],
      `the engine ends every run after ${engine.limits.runMinutes} minutes, and drill.timeoutMinutes gives it ${run} ` +
        `(${drill.timeoutMinutes} less ${AROUND_RUN_MINUTES} around the run); set ${run} or more, or a shorter timeout`,
    ]);
  if (supabase?.drill === undefined) {
    if (drill.target === 'supabase')
      found.push([
        ['drill', 'target'],
        'there is no supabase.drill that says in which organization drills make their projects; set it, or take task',
      ]);
    return found;
  }
  const { maxHours } = supabase.drill;
  const most = maxHours * 60 - MAKING_PROJECT_MINUTES;
  if (drill.timeoutMinutes > most)
    found.push([
      ['drill', 'timeoutMinutes'],
      `a drill of ${drill.timeoutMinutes} minutes may still run when its project is ${maxHours} hours old ` +
        `(supabase.drill.maxHours) and deleted as left over; set ${most} or less, for making the project takes up to ` +
        `${MAKING_PROJECT_MINUTES}, or more hours`,
    ]);
  return found;
}

function ofUploads({ policy, task }: EnvironmentConfig, kind: ScheduledKind): Contradiction[] {
  const timeout = task.timeoutMinutes[kind];
  const kept = policy.abortUploadsAfterDays * DAY_MINUTES;
  if (timeout <= kept) return [];
  return [
    [
      ['task', 'timeoutMinutes', kind],
      `a task of ${timeout} minutes may still be uploading when lifecycle aborts its uploads, after ${kept} ` +
        `(policy.abortUploadsAfterDays ${policy.abortUploadsAfterDays}); set ${kept} or less`,
    ],
  ];
}
