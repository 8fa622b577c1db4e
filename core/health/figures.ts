import { METRIC } from '../names.ts';
import type { Health } from './health.ts';
import type { KindHealth, Trouble } from './kind.ts';

/** Metrics of the environment as a whole. */
export type FigureName =
  | 'smallestSizeRatio'
  | 'largestSizeRatio'
  | 'longestDurationRatio'
  | 'longestShareOfTimeLimit'
  | 'setsDamaged'
  | 'setsUnverified'
  | 'runsStuck'
  | 'setsOverdue'
  | 'oldestOpenUploadHours';

/** One figure, under the name of its metric. */
export interface Figure {
  readonly name: (typeof METRIC)[FigureName];
  readonly value: number;
  readonly isCount: boolean;
}

/**
 * The figures that alarms of the whole environment go by: the worst of all kinds, for a metric of each kind is billed and
 * says no more. A figure that nobody could measure is none: a count of zero needs every kind to have been seen, and so does
 * the worst of all ratios, or half a look would end an alarm.
 */
export function figuresOf(health: Health): Figure[] {
  const seen = health.kinds.flatMap(({ looked }) => ('seen' in looked ? [looked.seen] : []));
  const all = seen.length === health.kinds.length && seen.every(({ problems }) => problems.length === 0);
  /** @param usual where there is nothing to compare */
  const ratio = (
    name: FigureName,
    worst: (...values: number[]) => number,
    usual: number,
    of: (kind: KindHealth) => number | undefined,
  ) => {
    const values = seen.map(of).filter((value) => value !== undefined);
    return all ? [figure(name, worst(usual, ...values), false)] : [];
  };
  const count = (name: FigureName, of: (kind: KindHealth) => number) => {
    const sum = seen.reduce((total, kind) => total + of(kind), 0);
    return all || sum > 0 ? [figure(name, sum, true)] : [];
  };
  const calling = (troubles: readonly Trouble[]) => troubles.filter(({ calls }) => calls).length;
  const uploads =
    'seen' in health.uploads
      ? [figure('oldestOpenUploadHours', health.uploads.seen.oldest?.ageHours ?? 0, false)]
      : [];
  return [
    ...ratio('smallestSizeRatio', Math.min, 1, ({ size }) => size?.ratio),
    ...ratio('largestSizeRatio', Math.max, 1, ({ size }) => size?.ratio),
    ...ratio('longestDurationRatio', Math.max, 1, ({ duration }) => duration?.ratio),
    ...ratio('longestShareOfTimeLimit', Math.max, 0, ({ shareOfLimit }) => shareOfLimit),
    ...count('setsDamaged', ({ damaged }) => calling(damaged)),
    ...count('setsUnverified', ({ unverified }) => calling(unverified)),
    ...count('runsStuck', ({ stuck }) => calling(stuck)),
    ...count('setsOverdue', ({ overdue }) => overdue.sets),
    ...uploads,
  ];
}

function figure(name: FigureName, value: number, isCount: boolean): Figure {
  return { name: METRIC[name], value, isCount };
}
