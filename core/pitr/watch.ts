import { z } from 'zod';
import { PitrRestoreFailed, PitrRestoreUnclear } from '../errors/index.ts';
import type { RestoreReport } from '../restore-report.ts';
import { HEALTHY, isLost, isUp, type Seen, unwell } from '../supabase/status.ts';

/** How often a project is looked at that goes back; before that more often, so that its going is not missed. */
const LOOK_SECONDS = 30;
const FIRST_LOOK_SECONDS = 10;
/** Six hours: threads of users tell of restores that took a day, and then somebody has to ask Supabase anyway. */
const MOST_LOOKS = 720;
/** The longest all looks can take. */
export const LONGEST_PITR_SECONDS = MOST_LOOKS * LOOK_SECONDS;
/** Ten minutes in which a project that was asked to go back shows no sign of it. */
const MOST_QUIET = 60;
/** Twenty minutes for the services once the project is back. */
const MOST_UNWELL = 40;
/** Ten minutes in which Supabase does not answer. */
const MOST_MISSED = 20;

/** What is known of a project that was asked to go back: handed from look to look. */
export const pitrWatchSchema = z.object({
  ref: z.string(),
  /** Whether Supabase said that it took the request; its answer may have been lost. */
  answer: z.enum(['taken', 'unclear']),
  /** Empty where that is not known: then the first look counts. */
  askedAt: z.string(),
  /** Status when it was asked. */
  before: z.string(),
  /** Whether it was seen doing something else than before. */
  began: z.boolean(),
  looks: z.int(),
  quiet: z.int(),
  unwell: z.int(),
  missed: z.int(),
  status: z.string(),
});
type Known = z.output<typeof pitrWatchSchema>;

/** The same after a look. */
export interface PitrWatch extends Known {
  readonly waitSeconds: number;
  readonly done: boolean;
  /** Of a project that is back; nothing until then. */
  readonly report: PitrReport | null;
}

/** How a project came back, in the form of a restore by the engine. */
export interface PitrReport extends RestoreReport {
  /** From the request until everything answered. */
  readonly minutes: number;
}

/** @param before status of the project */
export function firstWatch(ref: string, answer: Known['answer'], before: string, now: Date): PitrWatch {
  return {
    ...{ ref, answer, before, askedAt: now.toISOString(), began: false, status: before },
    ...{ looks: 0, quiet: 0, unwell: 0, missed: 0 },
    ...{ waitSeconds: FIRST_LOOK_SECONDS, done: false, report: null },
  };
}

/**
 * What is known after one more look. A healthy project counts as back only after it was seen going: right after the
 * request it may still show what it was.
 * @throws PitrRestoreFailed when the project is in a state that it does not leave
 * @throws PitrRestoreUnclear when nobody can say any more what became of the request
 */
export function nextWatch(known: Known, seen: Seen, now: Date): PitrWatch {
  const looks = known.looks + 1;
  const askedAt = known.askedAt === '' ? now.toISOString() : known.askedAt;
  const on = (more: Partial<Known>): PitrWatch => {
    const next = { ...known, askedAt, looks, ...more };
    // looking takes its time too, where Supabase answers slowly
    const seconds = (now.getTime() - Date.parse(askedAt)) / 1000;
    if (looks >= MOST_LOOKS || seconds >= LONGEST_PITR_SECONDS) throw tooLong(next);
    const waitSeconds = next.began ? LOOK_SECONDS : FIRST_LOOK_SECONDS;
    return { ...next, waitSeconds, done: false, report: null };
  };
  const { status } = seen;
  if (status === undefined) {
    if (known.missed + 1 >= MOST_MISSED) throw unseen(known, seen.problem);
    return on({ missed: known.missed + 1 });
  }
  const began = known.began || hasBegun(known.before, status);
  if (!began) {
    if (known.quiet + 1 >= MOST_QUIET) throw neverBegan(known, status);
    return on({ missed: 0, status, quiet: known.quiet + 1 });
  }
  if (isLost(status)) throw new PitrRestoreFailed(known.ref, status);
  if (status !== HEALTHY) return on({ missed: 0, began, status });
  const ill = unwell(seen.services);
  if (ill.length > 0 && known.unwell + 1 < MOST_UNWELL)
    return on({ missed: 0, began, status, unwell: known.unwell + 1 });
  const report = reportOf(askedAt, ill, now);
  return { ...known, askedAt, looks, began, status, missed: 0, waitSeconds: 0, done: true, report };
}

/** Whether a project does something else than before; that an ailing one gets well is no sign of a restore. */
function hasBegun(before: string, status: string): boolean {
  if (status === before || status === 'UNKNOWN') return false;
  return !isUp(status) || !(isUp(before) || before === 'UNKNOWN');
}

function reportOf(askedAt: string, ill: readonly string[], now: Date): PitrReport {
  return {
    ended: ill.length === 0 ? 'verified' : 'not-verified',
    exitCode: null,
    outcome: 'restored',
    restoreId: null,
    setId: null,
    notVerified: ill.map((service) => `the project is back, and its service ${service} is not well`),
    keptAs: null,
    counts: { tables: null, rows: null, changed: null },
    plan: null,
    error: null,
    minutes: Math.round((now.getTime() - Date.parse(askedAt)) / 6000) / 10,
  };
}

function neverBegan({ ref, answer }: Known, status: string): PitrRestoreUnclear {
  const minutes = (MOST_QUIET * FIRST_LOOK_SECONDS) / 60;
  return new PitrRestoreUnclear(
    answer === 'taken'
      ? `Supabase took the request, and the project ${ref} was not seen restoring for ${minutes} minutes: it is ${status}`
      : `the answer to the request was lost, and the project ${ref} did not begin to restore within ${minutes} minutes: it is ${status}, so most probably nothing was begun`,
  );
}

function unseen({ ref, status }: Known, problem = 'no answer'): PitrRestoreUnclear {
  return new PitrRestoreUnclear(
    `the project ${ref} was asked to go back, was ${status} when it was last seen, and cannot be looked at any more: ${problem}`,
  );
}

function tooLong({ ref, status }: Known): PitrRestoreUnclear {
  const hours = LONGEST_PITR_SECONDS / 3600;
  return new PitrRestoreUnclear(
    `the project ${ref} is ${status} ${hours} hours after it was asked to go back; Supabase may still be at it`,
  );
}
