import { z } from 'zod';
import { billingMonth } from '../cost/month.ts';

const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'expected a month such as 2026-11');

const switchSchema = z.union([
  /** Written by the cost guard, or by somebody who wants no drills: over with the month, for it names the month. */
  z.strictObject({ offForMonth: month, because: z.string().max(500).default('') }),
  /** An operator's word: for this month the guard switches nothing off. */
  z.strictObject({ onForMonth: month }),
  /** Nobody has said anything. */
  z.strictObject({}),
]);

/** What the parameter says about drills. Months are those of the bill, in UTC. */
export type DrillSwitch = z.output<typeof switchSchema>;

/** As the stack makes it. */
export const UNTOUCHED = '{}';

/** @returns nothing where the text says nothing that is understood */
export function parseDrillSwitch(text: string): DrillSwitch | undefined {
  try {
    return switchSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** For which month drills are off, and why; nothing where they are on. */
export function drillsOff(state: DrillSwitch, now: Date): { month: string; because: string } | undefined {
  if (!('offForMonth' in state) || state.offForMonth !== billingMonth(now)) return undefined;
  return { month: state.offForMonth, because: state.because };
}

/** Whether somebody wants drills this month, whatever the month costs. */
export function drillsWanted(state: DrillSwitch, now: Date): boolean {
  return 'onForMonth' in state && state.onForMonth === billingMonth(now);
}

/**
 * What the guard puts there once the month has cost more than it may.
 * @returns nothing where they are off already, or an operator wants them
 */
export function switchedOff(state: DrillSwitch, because: string, now: Date): DrillSwitch | undefined {
  if (drillsOff(state, now) !== undefined || drillsWanted(state, now)) return undefined;
  return { offForMonth: billingMonth(now), because };
}

/** Why a drill was not held, for people; empty where it was. */
export function skippedWords(off: { readonly month: string; readonly because: string } | undefined): {
  readonly en: string;
  readonly ko: string;
} {
  if (off === undefined) return { en: '', ko: '' };
  const because = off.because === '' ? '' : ` (${off.because})`;
  return {
    en:
      `A drill was not held: drills are off for ${off.month}${because}. Backups go on. ` +
      'Hold one all the same with {"aboveCeiling": true}.',
    ko:
      `훈련을 하지 않았습니다. ${off.month}에는 훈련이 꺼져 있습니다${because}. 백업은 계속됩니다. ` +
      '그래도 하려면 {"aboveCeiling": true}로 시작하십시오.',
  };
}
