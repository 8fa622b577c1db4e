import { z } from 'zod';
import { ProductError, RestoreRefused, reason, SupabaseAnswerLost } from '../../core/errors/index.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { type PitrPlan, planPitr, requireConfirmed, secondOf } from '../../core/pitr/plan.ts';
import { firstWatch, nextWatch, type PitrWatch, pitrWatchSchema } from '../../core/pitr/watch.ts';
import { parseRestoreInput } from '../../core/restore-input.ts';
import { plannedReport, type RestoreReport } from '../../core/restore-report.ts';
import type { SupabaseApi } from '../../core/supabase/api.ts';
import { parseEvent } from '../common/event.ts';
import { lookAt } from '../common/project-look.ts';
import { requireEnv } from '../common/settings.ts';
import { openSupabase } from '../common/supabase.ts';
import { logger } from '../common/telemetry.ts';

const eventSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('plan'), input: z.unknown() }),
  z.object({ action: z.literal('start'), at: z.string() }),
  z.object({ action: z.literal('look'), watch: pitrWatchSchema }),
]);

/** What a plan says, as a run of the engine would. */
interface Planned {
  readonly report: RestoreReport;
}

/**
 * Has Supabase take the project that is backed up back to a second: `plan` says what that would do, `start` asks for it,
 * once, and `look` sees how far it is.
 * @throws RestoreRefused before anything was asked for
 * @throws PitrRestoreFailed, PitrRestoreUnclear as core/pitr/watch.ts says
 */
export async function handler(event: unknown): Promise<Planned | PitrWatch> {
  const asked = parseEvent(eventSchema, event);
  const ref = requireEnv(LAMBDA_ENV.supabaseProjectRef, 'the ref of the project that is backed up');
  switch (asked.action) {
    case 'plan':
      return plan(ref, asked.input);
    case 'start':
      return start(ref, asked.at);
    case 'look':
      return look(asked.watch);
  }
}

async function plan(ref: string, typed: unknown): Promise<Planned> {
  const input = parseRestoreInput(typed);
  if (input.kind !== 'pitr') throw new Error(`no input of mode pitr, but ${input.kind}`);
  const { at, confirm, withoutPreRestoreSet } = input.pitr;
  const found = await check(await openSupabase(), ref, at, !withoutPreRestoreSet);
  if (!input.pitr.plan) requireConfirmed(confirm, ref);
  logger.info('going back is planned', { ...found });
  return { report: plannedReport(found) };
}

async function start(ref: string, at: string): Promise<PitrWatch> {
  const supabase = await openSupabase();
  // what was kept first took its time, and the oldest second moves on
  const { status } = (await check(supabase, ref, at, true)).project;
  const second = new Date(1000 * secondOf(at));
  try {
    await supabase.restorePitr(ref, second);
  } catch (error) {
    if (!(error instanceof SupabaseAnswerLost)) throw refused(ref, error);
    logger.warn('the answer was lost; the project will tell', { ref, error });
    return firstWatch(ref, 'unclear', status, new Date());
  }
  logger.info('the project goes back', { ref, second });
  return firstWatch(ref, 'taken', status, new Date());
}

async function look(watch: z.output<typeof pitrWatchSchema>): Promise<PitrWatch> {
  // a token that is gone, or a secret nobody may read, keeps nobody from waiting: it may be put right meanwhile
  const seen = await openSupabase().then(
    (supabase) => lookAt(supabase, watch.ref),
    (error: unknown) => ({ problem: reason(error) }),
  );
  const next = nextWatch(watch, seen, new Date());
  logger.info('the project was looked at', { ref: watch.ref, status: next.status, looks: next.looks });
  return next;
}

async function check(supabase: SupabaseApi, ref: string, at: string, kept: boolean): Promise<PitrPlan> {
  const timeZone = requireEnv(LAMBDA_ENV.timeZone, 'the zone in which people read a clock');
  try {
    const [{ name, status }, points] = await Promise.all([supabase.project(ref), supabase.backups(ref)]);
    return planPitr(at, { ref, name, status, ...points }, { now: new Date(), timeZone, kept });
  } catch (error) {
    throw error instanceof RestoreRefused ? error : refused(ref, error);
  }
}

/** What Supabase refuses, or does not answer, before the project was asked to go back. */
function refused(ref: string, error: unknown): unknown {
  if (!(error instanceof ProductError)) return error;
  return new RestoreRefused(
    `The project ${ref} was not asked to go back: ${error.message}.`,
    `프로젝트 ${ref}에 되돌리기를 요청하지 않았습니다: ${error.message}.`,
  );
}
