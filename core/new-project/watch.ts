import { z } from 'zod';
import { NewProjectFailed } from '../errors/index.ts';
import { HEALTHY, isLost, type Seen, unwell } from '../supabase/status.ts';

const LOOK_SECONDS = 15;
/** Half an hour; a project usually takes some two minutes. */
const MOST_LOOKS = 120;
/** The longest all looks can take. */
export const LONGEST_MAKING_SECONDS = MOST_LOOKS * LOOK_SECONDS;
/** Five minutes in which no project of the name appears. */
const MOST_UNFOUND = 20;

/** What is known of a project that was asked for: handed from look to look, and to whoever tells of a failure. */
export const newProjectSchema = z.object({
  /** A name of this restore alone. */
  name: z.string().min(1),
  /** Empty until Supabase has said it, or the project was found by its name. */
  ref: z.string(),
  /** What it costs as long as it is there, in words; empty where that is not known. */
  price: z.string(),
  status: z.string(),
  looks: z.int(),
  /** Empty where that is not known: then the first look counts. */
  askedAt: z.string(),
});
export type KnownProject = z.output<typeof newProjectSchema>;

/** The same after a look. */
export interface ProjectWatch extends KnownProject {
  readonly waitSeconds: number;
  readonly ready: boolean;
}

/** A project that has been asked for. @param ref empty where the answer was lost */
export function firstLook(asked: Pick<KnownProject, 'name' | 'price'>, ref: string, now: Date): ProjectWatch {
  return {
    ...asked,
    ref,
    askedAt: now.toISOString(),
    status: 'UNKNOWN',
    looks: 0,
    waitSeconds: LOOK_SECONDS,
    ready: false,
  };
}

/**
 * What is known after one more look.
 * @param found ref of the project of that name; nothing where there is none
 * @throws NewProjectFailed when it did not come to be, or does not become usable
 */
export function nextLook(
  known: KnownProject,
  found: string | undefined,
  seen: Seen,
  now: Date,
): ProjectWatch {
  const looks = known.looks + 1;
  const ref = known.ref === '' ? (found ?? '') : known.ref;
  const status = seen.status ?? known.status;
  const askedAt = known.askedAt === '' ? now.toISOString() : known.askedAt;
  const next = { ...known, ref, status, looks, askedAt };
  if (isLost(status)) throw new NewProjectFailed(`the new project ${ref} is ${status}`);
  const ill = unwell(seen.services);
  if (status === HEALTHY && seen.status !== undefined && ill.length === 0)
    return { ...next, waitSeconds: 0, ready: true };
  if (ref === '' && looks >= MOST_UNFOUND) throw neverAppeared(known.name, seen.problem);
  // looking takes its time too, where Supabase answers slowly
  const seconds = (now.getTime() - Date.parse(askedAt)) / 1000;
  if (looks >= MOST_LOOKS || seconds >= LONGEST_MAKING_SECONDS) throw neverReady(next, ill, seen.problem);
  return { ...next, waitSeconds: LOOK_SECONDS, ready: false };
}

function neverAppeared(name: string, problem: string | undefined): NewProjectFailed {
  const minutes = (MOST_UNFOUND * LOOK_SECONDS) / 60;
  return new NewProjectFailed(
    `the answer to the request for a project was lost, and none named ${name} appeared within ${minutes} minutes` +
      `${problem === undefined ? '' : ` (${problem})`}: most probably none was made, and the dashboard of the organization ` +
      'says it for certain; it was asked for once only',
  );
}

function neverReady(
  { ref, status }: KnownProject,
  ill: readonly string[],
  problem: string | undefined,
): NewProjectFailed {
  const minutes = LONGEST_MAKING_SECONDS / 60;
  const why =
    problem ?? (status === HEALTHY ? `its services ${ill.join(', ')} are not well` : `it is ${status}`);
  return new NewProjectFailed(`the new project ${ref} cannot be used after ${minutes} minutes: ${why}`);
}
