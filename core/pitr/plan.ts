import { RestoreRefused } from '../errors/index.ts';
import { inBothZones } from '../instant-text.ts';
import { shown } from '../restore-input-problems.ts';

/** What Supabase says of a project before it is taken back. */
export interface PitrSituation {
  readonly ref: string;
  readonly name: string;
  readonly status: string;
  readonly pitrEnabled: boolean;
  /** Nothing where there is no point yet. */
  readonly earliest: Date | undefined;
  readonly latest: Date | undefined;
}

/** What going back to a second would do (spec R5, R9). */
export interface PitrPlan {
  readonly mode: 'pitr';
  readonly project: { readonly ref: string; readonly name: string; readonly status: string };
  /** The second that is gone back to, UTC and on the clock of the environment. */
  readonly at: string;
  readonly earliest: string;
  readonly latest: string;
  /** Everything written in them is undone. */
  readonly lostMinutes: number;
  /** What `confirm` must say. */
  readonly confirmNeeded: string;
  /** Whether the project is kept as a set first. */
  readonly kept: boolean;
}

/** In these somebody else is at work on the project, or there is none to work on. */
const NOT_NOW: readonly string[] = [
  ...['RESTORING', 'COMING_UP', 'GOING_DOWN', 'UPGRADING', 'PAUSING', 'RESTARTING', 'RESIZING', 'PROMOTING'],
  ...['INACTIVE', 'REMOVED'],
];

/**
 * Whether a project can be taken back to a second, and what that means.
 * @param asked instant as the input has it; a fraction of a second is left off, for Supabase counts whole ones
 * @throws RestoreRefused in words, with both ends of what is possible
 */
export function planPitr(
  asked: string,
  situation: PitrSituation,
  around: { readonly now: Date; readonly timeZone: string; readonly kept: boolean },
): PitrPlan {
  const { ref, name, status, earliest, latest } = situation;
  const clock = (instant: Date) => inBothZones(instant, around.timeZone);
  if (NOT_NOW.includes(status)) throw notNow(situation);
  if (!situation.pitrEnabled) throw pitrIsOff(ref);
  if (earliest === undefined || latest === undefined) throw noPointYet(ref);
  const at = new Date(1000 * secondOf(asked));
  if (at < earliest || at > latest) {
    const [from, to] = [clock(earliest), clock(latest)];
    throw new RestoreRefused(
      `The project ${ref} cannot go back to ${clock(at)}: it can go back to any second from ${from} to ${to}. For ${at > latest ? 'a later state wait, or restore the newest set with {"mode": "full"}' : 'an earlier state restore a set, with {"mode": "full", "at": …}'}.`,
      `프로젝트 ${ref}을(를) ${clock(at)}(으)로 되돌릴 수 없습니다. 되돌릴 수 있는 범위: ${from}부터 ${to}까지. ${at > latest ? '더 나중 상태가 필요하면 기다리거나 {"mode": "full"}로 최신 세트를 복원하세요' : '더 이전 상태는 {"mode": "full", "at": …}로 세트를 복원하세요'}.`,
    );
  }
  return {
    mode: 'pitr',
    project: { ref, name, status },
    at: clock(at),
    earliest: clock(earliest),
    latest: clock(latest),
    lostMinutes: Math.max(0, Math.ceil((around.now.getTime() - at.getTime()) / 60_000)),
    confirmNeeded: ref,
    kept: around.kept,
  };
}

/** The second that is meant, as Supabase counts: seconds since 1970. */
export function secondOf(asked: string): number {
  return Math.floor(Date.parse(asked) / 1000);
}

function notNow({ ref, status }: PitrSituation): RestoreRefused {
  return new RestoreRefused(
    `The project ${ref} is ${status}, and only one that runs can be taken back; wait until that is over, or see it in the Supabase dashboard.`,
    `프로젝트 ${ref}의 상태가 ${status}입니다. 실행 중인 프로젝트만 되돌릴 수 있습니다. 끝날 때까지 기다리거나 Supabase 대시보드를 확인하세요.`,
  );
}

function pitrIsOff(ref: string): RestoreRefused {
  return new RestoreRefused(
    `Point-in-time recovery is off in the project ${ref}, so Supabase can take it back to no second; restore a set instead, with {"mode": "full"}. It is switched on in the dashboard, under Add-ons, and reaches back no further than that moment.`,
    `프로젝트 ${ref}의 PITR이 꺼져 있어 특정 시각으로 되돌릴 수 없습니다. 대신 {"mode": "full"}로 세트를 복원하세요. PITR은 대시보드의 Add-ons에서 켜며, 켠 뒤의 시각으로만 되돌릴 수 있습니다.`,
  );
}

function noPointYet(ref: string): RestoreRefused {
  return new RestoreRefused(
    `Point-in-time recovery is on in the project ${ref} and has no point yet to go back to; restore a set instead, with {"mode": "full"}.`,
    `프로젝트 ${ref}의 PITR은 켜져 있지만 되돌릴 수 있는 시점이 아직 없습니다. 대신 {"mode": "full"}로 세트를 복원하세요.`,
  );
}

/** @throws RestoreRefused unless somebody has typed the ref of the project that is written over */
export function requireConfirmed(confirm: string | undefined, ref: string): void {
  if (confirm === ref) return;
  throw new RestoreRefused(
    `"confirm" is ${shown(confirm ?? null)}, and the project that goes back is ${ref}; if that is meant, say "confirm": "${ref}".`,
    `"confirm" 값이 ${shown(confirm ?? null)}인데, 되돌릴 프로젝트는 ${ref}입니다. 맞다면 "confirm": "${ref}"(으)로 입력하세요.`,
  );
}
