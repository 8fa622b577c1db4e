import { PitrStateImplausible } from '../errors/index.ts';
import type { ProjectBackups } from './api.ts';

/** How well point-in-time recovery of a project is. */
export type PitrState =
  | { readonly enabled: false }
  | {
      readonly enabled: true;
      /** Minutes since the newest point; none where there is no point yet. */
      readonly newestAgeMinutes?: number;
      /** Days since the oldest point; 0 where there is no point yet. */
      readonly days: number;
    };

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Two clocks that differ by more are not merely two clocks. */
const SKEW_MS = 10 * MINUTE_MS;

/**
 * Days below which recovery reaches back too little for those that are wanted: it begins at a snapshot, and these are a
 * day apart. Never 0, for that is recovery without a point.
 */
export function leastPitrDays(wanted: number): number {
  return Math.max(wanted - 1, 0.5);
}

/**
 * Judges what the API says. Dates of a project whose recovery is off are those of its daily backups, and mean nothing here.
 * @throws PitrStateImplausible for points that lie ahead, or the wrong way round: an age reckoned from them would be a
 *   good one, and nobody would be told
 */
export function pitrState({ pitrEnabled, earliest, latest }: ProjectBackups, now: Date): PitrState {
  if (!pitrEnabled) return { enabled: false };
  const [first, last] = [earliest?.getTime(), latest?.getTime()];
  const ahead = [earliest, latest].find((point) => point !== undefined && !isPast(point, now));
  if (ahead !== undefined) throw new PitrStateImplausible(`has a point at ${textOf(ahead)}`, now);
  if (first !== undefined && last !== undefined && first > last)
    throw new PitrStateImplausible('has its newest point before its oldest', now);
  const since = (time: number) => Math.max(0, now.getTime() - time);
  return {
    enabled: true,
    // without an oldest or a newest point there is no span to go back into
    days: first === undefined || last === undefined ? 0 : since(first) / DAY_MS,
    ...(last === undefined ? {} : { newestAgeMinutes: since(last) / MINUTE_MS }),
  };
}

/** An invalid date is never past. */
function isPast(point: Date, now: Date): boolean {
  return point.getTime() <= now.getTime() + SKEW_MS;
}

function textOf(point: Date): string {
  return Number.isNaN(point.getTime()) ? 'no time at all' : point.toISOString();
}
