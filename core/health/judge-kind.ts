import type { Kind } from '../kinds.ts';
import type { Expectations } from './expectations.ts';
import { type Finding, finding } from './finding.ts';
import type { KindHealth, Trouble } from './kind.ts';

/** Sets named one by one; what is wrong with hundreds is wrong with the first. */
const NAMED = 3;

/** Heading of the alarm of a kind's age. */
export function staleHeading(kind: Kind): string {
  return kind === 'prerestore'
    ? 'Backup/Unverified'
    : `Backup/${kind.charAt(0).toUpperCase()}${kind.slice(1)}Stale`;
}

/** What is wrong with a kind. */
export function ofKind(kind: KindHealth, expected: Expectations): Finding[] {
  return [
    ...ofAge(kind),
    ...ofSize(kind, expected.health),
    ...ofDuration(kind, expected.health),
    ...ofSets(kind),
    ...ofRetention(kind),
    ...kind.problems
      .slice(0, NAMED)
      .map((problem) => finding('unknown', 'Monitor/Failing', (say) => say.unknown(kind.kind, problem))),
  ];
}

function ofAge({ kind, made, newest, staleAfterMinutes, problems }: KindHealth): Finding[] {
  if (made !== 'yes' || staleAfterMinutes === null) return [];
  if (newest === undefined)
    // where some could not be read, whether there is one is not known
    return problems.length > 0 ? [] : [finding('alarm', staleHeading(kind), (say) => say.none(kind))];
  if (newest.ageMinutes <= staleAfterMinutes) return [];
  return [
    finding('alarm', staleHeading(kind), (say) =>
      say.stale(kind, newest.id, say.span(newest.ageMinutes), say.span(staleAfterMinutes)),
    ),
  ];
}

function ofSize({ kind, newest, size }: KindHealth, { size: limits }: Expectations['health']): Finding[] {
  const ratio = size?.ratio;
  if (newest === undefined || ratio === undefined) return [];
  const text = ratio < 0.01 ? '< 0.01' : ratio.toFixed(2);
  if (ratio < limits.least)
    return [finding('alarm', 'Backup/SizeDropped', (say) => say.sizeDropped(kind, newest.id, text))];
  if (ratio <= limits.most) return [];
  return [finding('alarm', 'Backup/SizeJumped', (say) => say.sizeJumped(kind, newest.id, text))];
}

function ofDuration(
  { kind, newest, duration, shareOfLimit }: KindHealth,
  limits: Expectations['health'],
): Finding[] {
  if (newest === undefined || duration === undefined || shareOfLimit === undefined) return [];
  const { newest: minutes, ratio } = duration;
  const slow =
    ratio !== undefined && ratio > limits.duration.most
      ? [
          finding('alarm', 'Backup/Slow', (say) =>
            say.slow(kind, newest.id, say.span(minutes), ratio.toFixed(1)),
          ),
        ]
      : [];
  if (shareOfLimit <= limits.shareOfTimeLimit) return slow;
  const percent = Math.round(shareOfLimit * 100);
  return [
    ...slow,
    finding('alarm', 'Backup/NearTimeLimit', (say) =>
      say.nearTimeLimit(kind, newest.id, say.span(minutes), percent),
    ),
  ];
}

function ofSets({ damaged, unverified, stuck, archived, ahead, kind }: KindHealth): Finding[] {
  const each = (
    troubles: readonly Trouble[],
    heading: string,
    say: (trouble: Trouble, since: string) => Parameters<typeof finding>[2],
  ) =>
    // those that call people first
    [...troubles]
      .sort((a, b) => Number(b.calls) - Number(a.calls))
      .slice(0, NAMED)
      .map((trouble) => {
        const since = `${trouble.since.toISOString().slice(0, 16)}Z`;
        return finding(trouble.calls ? 'alarm' : 'warning', heading, say(trouble, since));
      });
  const warned = (
    ids: readonly string[],
    heading: string,
    say: (id: string) => Parameters<typeof finding>[2],
  ) => ids.slice(0, NAMED).map((id) => finding('warning', heading, say(id)));
  return [
    ...each(
      damaged,
      'Backup/Damaged',
      ({ id, calls }, since) =>
        (say) =>
          calls ? say.damaged(id, since) : say.damagedBefore(id),
    ),
    ...each(
      unverified,
      'Backup/Unverified',
      ({ id }, since) =>
        (say) =>
          say.unverified(id, since),
    ),
    ...each(
      stuck,
      'Backup/Stuck',
      ({ id }, since) =>
        (say) =>
          say.stuck(id, since),
    ),
    ...warned(archived, 'Backup/Unverified', (id) => (say) => say.archived(id)),
    ...warned(ahead, staleHeading(kind), (id) => (say) => say.ahead(id)),
  ];
}

function ofRetention({ kind, overdue, tooFewVerified, verified }: KindHealth): Finding[] {
  const { sets, oldest, more } = overdue;
  return [
    ...(oldest === undefined
      ? []
      : [finding('alarm', 'Retention/NotCompliant', (say) => say.overdue(kind, sets, more, oldest))]),
    ...(tooFewVerified
      ? [finding('warning', 'Backup/Unverified', (say) => say.tooFewVerified(kind, verified))]
      : []),
  ];
}
