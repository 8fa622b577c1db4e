import { describe, expect, it } from 'vitest';
import { PitrStateImplausible } from '../../core/errors/index.ts';
import { leastPitrDays, pitrState } from '../../core/supabase/pitr.ts';

const NOW = new Date('2026-11-27T12:00:00Z');
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const DAY = 24 * 60;
const state = (earliest?: Date, latest?: Date, pitrEnabled = true) =>
  pitrState({ pitrEnabled, earliest, latest }, NOW);

describe('point-in-time recovery', () => {
  it('is as old as its newest point, and reaches back to its oldest', () => {
    expect(state(ago(7 * DAY), ago(3))).toEqual({ enabled: true, newestAgeMinutes: 3, days: 7 });
  });

  it('is off where it is off, whatever daily backups there are', () => {
    expect(state(ago(7 * DAY), ago(3), false)).toEqual({ enabled: false });
    expect(state(ago(-9 * DAY), ago(-9 * DAY), false)).toEqual({ enabled: false });
  });

  it('reaches back nowhere while it has no point, which is not the same as off', () => {
    expect(state()).toEqual({ enabled: true, days: 0 });
    expect(state(ago(DAY))).toEqual({ enabled: true, days: 0 });
    expect(state(undefined, ago(DAY))).toEqual({ enabled: true, days: 0, newestAgeMinutes: DAY });
  });

  it('may be a little ahead, for two clocks are never one', () => {
    expect(state(ago(DAY), ago(-2))).toEqual({ enabled: true, newestAgeMinutes: 0, days: 1 });
  });

  it.each([
    ['far ahead', ago(DAY), ago(-11), '2026-11-27T12:11:00.000Z'],
    ['begins far ahead', ago(-DAY), ago(3), '2026-11-28T12:00:00.000Z'],
    ['no time', ago(DAY), new Date(Number.NaN), 'no time at all'],
    ['the wrong way round', ago(3), ago(DAY), 'newest point before its oldest'],
  ])('is not believed when %s: it would look well', (_, earliest, latest, says) => {
    const failed = () => state(earliest, latest);
    expect(failed).toThrow(PitrStateImplausible);
    expect(failed).toThrow(says);
  });
});

describe('the least days for those that are wanted', () => {
  it.each([
    [7, 6],
    [28, 27],
    [1, 0.5],
  ])('%i are %d: snapshots are a day apart, and no point at all is too few', (wanted, least) => {
    expect(leastPitrDays(wanted)).toBe(least);
  });
});
