import { describe, expect, it } from 'vitest';
import {
  type DrillSwitch,
  drillsOff,
  drillsWanted,
  parseDrillSwitch,
  skippedWords,
  switchedOff,
  UNTOUCHED,
} from '../../../core/drill/switch.ts';

const NOW = new Date('2026-11-20T01:00:00Z');
const OFF: DrillSwitch = { offForMonth: '2026-11', because: 'why' };

describe('the switch of drills', () => {
  it('is on as the stack makes it', () => {
    const made = parseDrillSwitch(UNTOUCHED);
    expect(made).toEqual({});
    expect(drillsOff(made ?? OFF, NOW)).toBeUndefined();
  });

  it.each([
    ['{"offForMonth":"2026-11","because":"why"}', OFF],
    ['{"offForMonth":"2026-11"}', { offForMonth: '2026-11', because: '' }],
    ['{"onForMonth":"2026-12"}', { onForMonth: '2026-12' }],
    [' {} ', {}],
  ])('reads %s', (text, state) => {
    expect(parseDrillSwitch(text)).toEqual(state);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'off'],
    ['no month', '{"offForMonth":"2026-13"}'],
    ['a day', '{"offForMonth":"2026-11-01"}'],
    ['both', '{"offForMonth":"2026-11","onForMonth":"2026-11"}'],
    ['a member that there is not', '{"off":true}'],
    ['null', 'null'],
  ])('understands %s not at all', (_, text) => {
    expect(parseDrillSwitch(text)).toBeUndefined();
  });

  it('is off for the month that it names, by UTC, and for no other', () => {
    expect(drillsOff(OFF, NOW)).toEqual({ month: '2026-11', because: 'why' });
    expect(drillsOff(OFF, new Date('2026-12-01T08:59:00+09:00'))).toBeDefined();
    expect(drillsOff(OFF, new Date('2026-12-01T09:00:00+09:00'))).toBeUndefined();
    expect(drillsOff(OFF, new Date('2026-10-31T23:00:00Z'))).toBeUndefined();
  });

  it('goes off once a month, and not against the word of an operator', () => {
    expect(switchedOff({}, 'why', NOW)).toEqual(OFF);
    expect(switchedOff(OFF, 'again', NOW)).toBeUndefined();
    expect(switchedOff({ onForMonth: '2026-11' }, 'why', NOW)).toBeUndefined();
    expect(drillsWanted({ onForMonth: '2026-11' }, NOW)).toBe(true);
  });

  it('goes off again once the month is over to which the word applied', () => {
    expect(switchedOff({ onForMonth: '2026-10' }, 'why', NOW)).toEqual(OFF);
    expect(switchedOff({ offForMonth: '2026-10', because: 'then' }, 'why', NOW)).toEqual(OFF);
    expect(drillsWanted({ onForMonth: '2026-10' }, NOW)).toBe(false);
  });

  it('says in both languages why no drill was held, and how to hold one', () => {
    const { en, ko } = skippedWords({ month: '2026-11', because: '$260.12 > $250.00' });
    for (const words of [en, ko]) {
      expect(words).toContain('2026-11');
      expect(words).toContain('$260.12 > $250.00');
      expect(words).toContain('{"aboveCeiling": true}');
    }
    expect(en).toContain('Backups go on');
    expect(ko).toContain('백업은 계속됩니다');
    expect(skippedWords({ month: '2026-11', because: '' }).en).not.toContain('()');
    expect(skippedWords(undefined)).toEqual({ en: '', ko: '' });
  });
});
