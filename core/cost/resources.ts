import type { EnvironmentConfig } from '../environment.ts';
import { KINDS, SCHEDULED_KINDS } from '../kinds.ts';

/** How many there are of what is billed by the piece; test/lib/cost.test.ts compares them with the templates. */
export interface Resources {
  readonly alarms: number;
  readonly secrets: number;
  readonly schedules: number;
  readonly metrics: number;
}

/** Failed, timed out, stopped: of each state machine. */
const ALARMS_OF_A_WORKFLOW = 3;
/** Five functions that may fail, and the queue of what could not be started. */
const ALARMS_ALWAYS = 6;
/** Above the ceiling, something found, the guard failing, the guard not running. */
const COST_ALARMS = 4;
/** The month so far, and findings. */
const COST_METRICS = 2;
/**
 * Of the sets that exist: damaged, unverified, stuck, overdue, uploads left open, dropped, jumped, slow, near the limit. Each
 * goes by a metric of its own, and no more than that: the size has two.
 */
const ALARMS_OF_HEALTH = 9;
const METRICS_OF_HEALTH = 9;
/** Off, stale, too short, not measured. */
const PITR_ALARMS = 4;
/** What the reaper deleted, could not delete, failed at, and that it does not run; what a drill did not delete. */
const DRILL_ALARMS = 5;
/** Both databases, the key in its three parts, the webhook. */
const SECRETS_ALWAYS = 6;
/** The token of the Management API, and what opens a project that a restore makes. */
const SECRETS_OF_A_PROJECT = 2;
/** Age and count of each kind that the clock makes; what retention marked of every kind. */
const METRICS_OF_A_KIND = 2;

/** Counts what an environment deploys. */
export function resourcesOf({ schedules, files, supabase }: EnvironmentConfig): Resources {
  const kinds = SCHEDULED_KINDS.filter((kind) => schedules[kind].enabled).length;
  const monitored = schedules.monitor.enabled ? 1 : 0;
  const withFiles = files.enabled ? 1 : 0;
  const watched = supabase === undefined ? 0 : 1;
  const pitr = supabase?.pitr.watch === true ? 1 : 0;
  const drills = supabase?.drill === undefined ? 0 : 1;
  return {
    alarms:
      kinds +
      ALARMS_OF_A_WORKFLOW * (3 + withFiles) +
      withFiles +
      (schedules.drill.enabled ? 1 : 0) +
      (1 + ALARMS_OF_HEALTH) * monitored +
      (schedules.retention.enabled ? 1 : 0) +
      ALARMS_ALWAYS +
      COST_ALARMS +
      PITR_ALARMS * pitr +
      DRILL_ALARMS * drills,
    secrets:
      SECRETS_ALWAYS + SECRETS_OF_A_PROJECT * watched + drills + (files.enabled || watched === 1 ? 1 : 0),
    schedules: SCHEDULED_KINDS.length + 4 + withFiles + pitr + drills,
    metrics:
      (METRICS_OF_A_KIND * kinds + METRICS_OF_HEALTH + (schedules.drill.enabled ? 1 : 0) + withFiles) *
        monitored +
      KINDS.length +
      COST_METRICS +
      3 * pitr +
      2 * drills,
  };
}
