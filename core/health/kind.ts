import type { Kind } from '../kinds.ts';
import { type Compared, compareDurations, compareSizes, shareOfLimit } from './compare.ts';
import type { Expectations, KindExpectation } from './expectations.ts';
import {
  type KindHistory,
  type SeenSet,
  snapshotOf,
  type UnfinishedRun,
  type VerifiedSet,
} from './history.ts';
import type { Overdue } from './overdue.ts';

const MINUTE_MS = 60_000;
/** A run writes its claim every half minute: one that has not for so long is dead. */
const ALIVE_MS = 5 * MINUTE_MS;
/** What was found damaged calls people for so long at least, though better sets have come meanwhile. */
const NEWS_MS = 24 * 60 * MINUTE_MS;

/** Something wrong with one set, or one run. */
export interface Trouble {
  readonly id: string;
  readonly since: Date;
  /** Whether people are called; of what has been made good by a newer verified set they are told when they look. */
  readonly calls: boolean;
}

/** How well a kind of sets is. */
export interface KindHealth {
  readonly kind: Kind;
  /** Whether it is to be made by the clock; `not-here` where nobody says and nothing is there. */
  readonly made: 'yes' | 'no' | 'not-here';
  /** Of runs that made a set, and of those that did not. */
  readonly folders: number;
  /** Folders but for those that were looked into and hold no manifest. */
  readonly sets: number;
  readonly newest: NewestSet | undefined;
  readonly rpoMinutes: number | null;
  readonly staleAfterMinutes: number | null;
  /** Among those looked at. */
  readonly verified: number;
  /** Less than retention spares, though there are sets enough, or were. */
  readonly tooFewVerified: boolean;
  /** Bytes before compression. Nothing for sets that no clock makes: each may be of another database. */
  readonly size: Compared | undefined;
  /** Minutes. */
  readonly duration: Compared | undefined;
  /** Of its time limit, what the newest set took. */
  readonly shareOfLimit: number | undefined;
  readonly damaged: readonly Trouble[];
  readonly unverified: readonly Trouble[];
  readonly stuck: readonly Trouble[];
  /** Runs that may still end well. */
  readonly underWay: number;
  /** Sets whose manifest was moved to an archive class. */
  readonly archived: readonly string[];
  readonly ahead: readonly string[];
  readonly overdue: Overdue;
  /** What of it could not be looked at. */
  readonly problems: readonly string[];
}

export interface NewestSet {
  readonly id: string;
  readonly snapshotAt: Date;
  readonly ageMinutes: number;
}

/** Judges a kind by what was read of it; pure. */
export function kindHealth(
  history: KindHistory,
  overdue: Overdue,
  expected: KindExpectation,
  health: Expectations['health'],
  now: Date,
): KindHealth {
  const { kind, ids, verified, sets, problems } = history;
  const [newest] = verified;
  const made = madeOf(expected, ids.length);
  const clockMade = kind !== 'prerestore' && newest !== undefined;
  const minutes = verified.map(({ made: { minutes } }) => minutes);
  const bytes = verified.map(({ made: { bytes } }) => bytes);
  const look: Look = { newest, made, expected, now };
  return {
    kind,
    made,
    folders: ids.length,
    sets: ids.length - history.withoutManifest,
    newest: newest && newestSet(newest, now),
    rpoMinutes: expected.rpoMinutes,
    staleAfterMinutes: expected.staleAfterMinutes,
    verified: verified.length,
    tooFewVerified: made === 'yes' && tooFewVerified(history, expected, now),
    size: clockMade ? compareSizes(bytes, health) : undefined,
    duration: clockMade ? compareDurations(minutes, health) : undefined,
    shareOfLimit: clockMade ? shareOfLimit(minutes[0] ?? 0, expected.timeLimitMinutes) : undefined,
    damaged: sets.filter(isDamaged).map((set) => damaged(set, look)),
    unverified: sets.flatMap((set) => unverified(set, look)),
    stuck: history.unfinished.flatMap((run) => stuck(run, look)),
    underWay: history.unfinished.filter((run) => isAlive(run, now) && !isOverlong(run, look)).length,
    archived: sets.filter(({ archived }) => archived).map(({ id }) => id),
    ahead: history.ahead,
    overdue,
    problems,
  };
}

interface Look {
  readonly newest: VerifiedSet | undefined;
  readonly made: KindHealth['made'];
  readonly expected: KindExpectation;
  readonly now: Date;
}

function madeOf({ made }: KindExpectation, folders: number): KindHealth['made'] {
  if (made !== 'if-there') return made;
  return folders > 0 ? 'yes' : 'not-here';
}

function newestSet(set: VerifiedSet, now: Date): NewestSet {
  const { snapshotAt } = set.made;
  // the clocks may differ by a little
  return {
    id: set.id,
    snapshotAt,
    ageMinutes: Math.max(0, now.getTime() - snapshotAt.getTime()) / MINUTE_MS,
  };
}

function tooFewVerified(
  { ids, sets, verified, problems }: KindHistory,
  { keepVerified, keepDays }: KindExpectation,
  now: Date,
): boolean {
  if (verified.length >= keepVerified || problems.length > 0) return false;
  const oldest = ids.at(-1)?.slot.getTime() ?? now.getTime();
  return sets.length >= keepVerified || now.getTime() - oldest > keepDays * 24 * 60 * MINUTE_MS;
}

function isDamaged({ state, archived }: SeenSet): boolean {
  return state === 'failed' || (state === 'unreadable' && !archived);
}

function damaged(set: SeenSet, look: Look): Trouble {
  const found = set.verifiedAt ?? set.slot;
  const isNews = look.now.getTime() - found.getTime() < NEWS_MS;
  return { id: set.id, since: found, calls: isNews || isWanted(snapshotOf(set), look) };
}

/** Made, and never read back though there was time to. */
function unverified(set: SeenSet, look: Look): Trouble[] {
  if (set.state !== 'unverified' || set.made === undefined) return [];
  const since = set.made.finishedAt;
  const waited = look.now.getTime() - since.getTime();
  if (waited <= look.expected.timeLimitMinutes * MINUTE_MS) return [];
  return [{ id: set.id, since, calls: isWanted(snapshotOf(set), look) }];
}

/**
 * A run that is still at it long after its time limit, or one that ended without a set and that nothing has made good. One
 * that ended otherwise is told of by whoever started it.
 */
function stuck(run: UnfinishedRun, look: Look): Trouble[] {
  if (!isOverlong(run, look)) return [];
  if (!isAlive(run, look.now) && !isWanted(run.begunAt.getTime(), look)) return [];
  return [{ id: run.id, since: run.begunAt, calls: true }];
}

function isOverlong({ begunAt }: UnfinishedRun, { now, expected }: Look): boolean {
  return now.getTime() - begunAt.getTime() > expected.timeLimitMinutes * MINUTE_MS;
}

function isAlive({ writtenAt }: UnfinishedRun, now: Date): boolean {
  return now.getTime() - writtenAt.getTime() < ALIVE_MS;
}

/** Whether a set of that time is still missed: the clock makes the kind, and nothing verified has come since. */
function isWanted(time: number, { newest, made }: Look): boolean {
  return made === 'yes' && (newest === undefined || snapshotOf(newest) <= time);
}
