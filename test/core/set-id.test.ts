import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../core/errors/index.ts';
import { KINDS } from '../../core/kinds.ts';
import {
  formatSetId,
  formatSlot,
  parseInstant,
  parseSetId,
  parseSlot,
  setFolder,
  setOfFolder,
  sliceKey,
} from '../../core/set-id.ts';
import { refusalOf } from '../support/refusal.ts';

const seconds = fc
  .integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2999, 11, 31) / 1000 })
  .map((n) => new Date(n * 1000));
const setIds = fc.record({ kind: fc.constantFrom(...KINDS), slot: seconds });

describe('a set id', () => {
  it('comes back from its text and from its folder', () => {
    fc.assert(
      fc.property(setIds, (id) => {
        expect(parseSetId(formatSetId(id))).toEqual(id);
        expect(setOfFolder(setFolder(id))).toEqual(id);
      }),
    );
  });

  it('sorts in a key as its instant does', () => {
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        expect(formatSlot(a) < formatSlot(b)).toBe(a < b);
      }),
    );
  });

  it('has a folder of its own for each kind and slot', () => {
    fc.assert(
      fc.property(setIds, setIds, (a, b) => {
        expect(setFolder(a) === setFolder(b)).toBe(formatSetId(a) === formatSetId(b));
      }),
    );
  });

  it.each([
    '',
    'daily',
    'daily-',
    '-20261123T170000Z',
    'archive-20261123T170000Z',
    'daily-2026-11-23T17:00:00Z',
    'daily-20261123T170000',
    'daily-20261123T170000Z/',
    'daily-20261323T170000Z',
  ])('is refused when it is %j', (text) => {
    expect(() => parseSetId(text)).toThrow(UsageError);
  });

  it('is refused for a day the calendar does not have, since it would name another set', () => {
    expect(() => parseSetId('daily-20260230T000000Z')).toThrow(UsageError);
  });
});

describe('a folder of the bucket that is no set', () => {
  it.each([
    'daily/',
    'daily/readme/',
    'logs/20261123T170000Z/',
    'weekly/20261123T170000Z/',
    '20261123T170000Z/',
    'daily/20261399T999999Z/',
    'daily/20260230T000000Z/',
  ])('is passed over: %s', (folder) => {
    expect(setOfFolder(folder)).toBeUndefined();
  });
});

describe('a slot', () => {
  it.each([
    ['2026-11-24T02:00:00+09:00', '2026-11-23T17:00:00.000Z'],
    ['2026-11-24T02:00+0900', '2026-11-23T17:00:00.000Z'],
    ['2026-11-23T17:00:00Z', '2026-11-23T17:00:00.000Z'],
    ['2026-11-23T17:00:00.987Z', '2026-11-23T17:00:00.000Z'],
    ['20261123T170000Z', '2026-11-23T17:00:00.000Z'],
    ['2026-11-23T12:00:00-05:00', '2026-11-23T17:00:00.000Z'],
  ])('is the same instant however it is written: %s', (text, instant) => {
    expect(parseSlot(text).toISOString()).toBe(instant);
  });

  it.each(['2026-11-24T02:00:00', '2026-11-24', '20261124T020000', 'yesterday', '', '1764000000'])(
    'is refused without a zone or a time: %j',
    (text) => {
      expect(() => parseSlot(text)).toThrow(UsageError);
      expect(() => parseSlot(text)).toThrow(/zone/);
    },
  );
});

describe('an instant that no set can be of', () => {
  it.each([
    ['0000-01-01T00:00:00Z', /year 0000.*1970 to 9999/],
    ['1969-12-31T23:59:59Z', /year 1969/],
    ['1970-01-01T00:00:00+09:00', /year 1969/],
    ['9999-12-31T23:59:59-05:00', /year 10000/],
    ['10000-01-01T00:00:00Z', /no instant.*ISO 8601/],
    ['+010000-01-01T00:00:00Z', /no instant/],
    ['-000001-01-01T00:00:00Z', /no instant/],
    ['2026-02-30T00:00:00Z', /no instant/],
    ['2016-12-31T23:59:60Z', /no instant.*leap second/],
    ['2026-01-01T24:00:00Z', /no instant/],
    ['2026-01-01T00:00:00+25:00', /no instant/],
    ['20260101T240000Z', /no instant/],
    ['00000101T000000Z', /year 0000/],
  ])('is refused in words: %s', (text, says) => {
    expect(refusalOf(() => parseInstant(text), UsageError)).toMatch(says);
    expect(refusalOf(() => parseSlot(text), UsageError)).toContain(text);
  });

  it.each(['daily/00000101T000000Z/', 'daily/20260101T240000Z/'])('is no folder of ours: %s', (folder) => {
    expect(setOfFolder(folder)).toBeUndefined();
  });
});

describe('the key of a slice', () => {
  const names = fc.oneof(
    // few letters, all of them special, so that pairs which almost collide do come up
    fc.string({ unit: fc.constantFrom('a', '.', '%', '2', 'E', '/'), minLength: 1, maxLength: 4 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    fc.constantFrom(
      '.',
      '..',
      'a.b',
      'a/b',
      'a%2Fb',
      'a%2eb',
      '한글',
      'a b',
      '"',
      "'",
      '\u0001',
      '\n',
      '-',
      'Ä',
      'A\u0308',
    ),
  );

  it('is one table’s alone', () => {
    fc.assert(
      fc.property(names, names, names, names, (s1, t1, s2, t2) => {
        expect(sliceKey(s1, t1, 1) === sliceKey(s2, t2, 1)).toBe(s1 === s2 && t1 === t2);
      }),
      { numRuns: 2000 },
    );
  });

  it('is one slice’s alone, also past the digits it is padded to', () => {
    fc.assert(
      fc.property(fc.nat(30_000), fc.nat(30_000), (a, b) => {
        expect(sliceKey('s', 't', a) === sliceKey('s', 't', b)).toBe(a === b);
      }),
    );
  });

  it('never leaves its folder nor holds what a path, a shell or a checksum list trips over', () => {
    fc.assert(
      fc.property(names, names, fc.nat(20_000), (schema, table, index) => {
        const parts = sliceKey(schema, table, index).split('/');
        expect(parts).toHaveLength(3);
        expect(parts[0]).toBe('data');
        expect(parts[1]).toMatch(/^[\p{L}\p{N}_%-]+\.[\p{L}\p{N}_%-]+$/u);
        expect(parts[2]).toMatch(/^\d{4,}\.copy\.zst\.gpg$/);
      }),
    );
  });

  it('fits into the 1024 bytes S3 allows, with the longest names the server keeps', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'binary', minLength: 1, maxLength: 63 })
          .filter((name) => Buffer.byteLength(name) <= 63),
        (name) => {
          expect(
            Buffer.byteLength(`archive/20261123T170000Z/run-${'0'.repeat(36)}/${sliceKey(name, name, 9999)}`),
          ).toBeLessThanOrEqual(1024);
        },
      ),
    );
  });

  it('leaves Korean readable', () => {
    expect(sliceKey('public', '영상 목록', 3)).toBe('data/public.영상%20목록/0003.copy.zst.gpg');
  });
});
