import { longestGapMinutes, shortestGapMinutes } from '../cron.ts';
import { type EnvironmentConfig, environmentSchema } from '../environment.ts';
import { estimateMonth } from './estimate.ts';

/** Something that would make the month cheaper, and by how much. */
export interface Lever {
  /** What to change, and what is given up by it. */
  readonly change: string;
  readonly savesUsd: number;
}

interface Candidate {
  readonly change: string;
  readonly changed: EnvironmentConfig;
}

/** What saves less is not worth a line. */
const LEAST_USD = 0.01;

/**
 * The changes that save most, each estimated by itself: what two of them save together may be less than the sum.
 * A change that would contradict the rest of the environment is none.
 */
export function levers(environment: EnvironmentConfig, count = 3): Lever[] {
  const now = estimateMonth(environment).totalUsd;
  return candidates(environment)
    .filter(({ changed }) => environmentSchema.safeParse(changed).success)
    .map(({ change, changed }) => ({ change, savesUsd: now - estimateMonth(changed).totalUsd }))
    .filter(({ savesUsd }) => savesUsd >= LEAST_USD)
    .sort((a, b) => b.savesUsd - a.savesUsd)
    .slice(0, count);
}

function candidates(environment: EnvironmentConfig): Candidate[] {
  return [
    ...rarer(environment, 'critical', '0/30 * * * ? *', 'every 30 minutes: up to 30 minutes may be lost'),
    ...rarer(environment, 'important', '0 0/2 * * ? *', 'every 2 hours: up to 2 hours may be lost'),
    ...smaller(environment, 'critical'),
    ...smaller(environment, 'important'),
    ...withoutPitr(environment),
    ...keptFor(environment),
    ...otherTiers(environment),
    ...logs(environment),
  ];
}

function rarer(
  environment: EnvironmentConfig,
  kind: 'critical' | 'important',
  cron: string,
  words: string,
): Candidate[] {
  const { schedules, rpoMinutes, staleAfterMinutes } = environment;
  const gap = longestGapMinutes(cron);
  if (!schedules[kind].enabled || shortestGapMinutes(schedules[kind].cron) >= gap) return [];
  const changed = {
    ...environment,
    schedules: { ...schedules, [kind]: { enabled: true, cron } },
    rpoMinutes: { ...rpoMinutes, [kind]: Math.max(gap, rpoMinutes[kind]) },
    staleAfterMinutes: { ...staleAfterMinutes, [kind]: Math.max(3 * gap, staleAfterMinutes[kind]) },
  };
  return [{ change: `${kind} sets ${words} (schedules.${kind}.cron "${cron}")`, changed }];
}

function smaller(environment: EnvironmentConfig, kind: 'critical' | 'important'): Candidate[] {
  const { cost } = environment;
  const share = `${kind}Share` as const;
  if (!environment.schedules[kind].enabled || cost.workload[share] === 0) return [];
  const workload = { ...cost.workload, [share]: cost.workload[share] / 2 };
  const change =
    `take tables out of the ${kind} level until it holds half as much (engine.levels.${kind}): ` +
    `${percent(cost.workload[share])} to ${percent(workload[share])} of the database`;
  return [{ change, changed: { ...environment, cost: { ...cost, workload } } }];
}

function withoutPitr(environment: EnvironmentConfig): Candidate[] {
  const { supabase } = environment;
  if (supabase === undefined || !supabase.pitr.watch) return [];
  return [
    {
      change:
        'no point-in-time recovery: the newest set is what is left (supabase.pitr.watch false, and off at Supabase)',
      changed: { ...environment, supabase: { ...supabase, pitr: { ...supabase.pitr, watch: false } } },
    },
  ];
}

const DAILY_DAYS = 5;
const WEEKLY_DAYS = 3 * 365;

function keptFor(environment: EnvironmentConfig): Candidate[] {
  const { policy } = environment;
  const kept = (kind: 'daily' | 'weekly', keepDays: number, words: string) =>
    policy.retention[kind].keepDays <= keepDays
      ? []
      : [
          {
            change: `keep ${kind} sets ${words} (policy.retention.${kind}.keepDays ${keepDays})`,
            changed: {
              ...environment,
              policy: {
                ...policy,
                retention: { ...policy.retention, [kind]: { ...policy.retention[kind], keepDays } },
              },
            },
          },
        ];
  return [...kept('daily', DAILY_DAYS, 'for 5 days'), ...kept('weekly', WEEKLY_DAYS, 'for 3 years')];
}

function otherTiers(environment: EnvironmentConfig): Candidate[] {
  return (['standard', 'conservative'] as const)
    .filter((tiering) => tiering !== environment.policy.tiering)
    .map((tiering) => ({
      change: `move the archive by the ${tiering} days (policy.tiering "${tiering}")`,
      changed: { ...environment, policy: { ...environment.policy, tiering } },
    }));
}

const LOG_DAYS = 30;

function logs(environment: EnvironmentConfig): Candidate[] {
  if (environment.logRetentionDays <= LOG_DAYS) return [];
  return [
    {
      change: `keep logs for ${LOG_DAYS} days (logRetentionDays ${LOG_DAYS})`,
      changed: { ...environment, logRetentionDays: LOG_DAYS },
    },
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
