import { describe, expect, it } from 'vitest';
import {
  type ColdObject,
  coldObject,
  fewestDays,
  neededUntil,
  optionText,
  removedAt,
  sizeText,
  thawOptions,
  thawRequest,
  thawStateOf,
  usualDays,
} from '../../core/thaw.ts';

const NOW = new Date('2026-11-24T10:00:00Z');
const NEEDED = neededUntil(NOW, 360);
const GIB = 1024 ** 3;

const object = (storageClass?: string, more: Partial<ColdObject> = {}): ColdObject => ({
  key: 'archive/x/rest.dump.zst.gpg',
  bytes: GIB,
  storageClass,
  ...more,
});
const until = (date: string) => `ongoing-request="false", expiry-date="${date}"`;

describe('whether an object can be read', () => {
  it.each([undefined, 'STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR', 'INTELLIGENT_TIERING'])(
    'of class %s: at once',
    (storageClass) => {
      expect(thawStateOf(object(storageClass), NEEDED)).toEqual({ state: 'readable', until: null });
    },
  );

  it.each(['GLACIER', 'DEEP_ARCHIVE'])(
    'of class %s: when it was asked for, and while its copy lives',
    (cold) => {
      const state = (restore?: string) => thawStateOf(object(cold, { restore }), NEEDED);
      expect(state()).toEqual({ state: 'archived' });
      expect(state('')).toEqual({ state: 'archived' });
      expect(state('ongoing-request="true"')).toEqual({ state: 'under-way' });
      expect(state(until('Fri, 27 Nov 2026 00:00:00 GMT'))).toEqual({
        state: 'readable',
        until: new Date('2026-11-27T00:00:00Z'),
      });
    },
  );

  it('for as long as a restore may take, and an hour more: a copy that ends before is as good as none', () => {
    const state = (date: string) => thawStateOf(object('GLACIER', { restore: until(date) }), NEEDED);
    expect(NEEDED).toEqual(new Date('2026-11-24T17:00:00Z'));
    expect(state('Tue, 24 Nov 2026 17:00:00 GMT').state).toBe('readable');
    expect(state('Tue, 24 Nov 2026 16:59:59 GMT')).toEqual({
      state: 'expiring',
      until: new Date('2026-11-24T16:59:59Z'),
    });
  });

  it.each(['ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS'])(
    'in tier %s of Intelligent-Tiering: as in an archive',
    (archiveStatus) => {
      const cold = object('INTELLIGENT_TIERING', { archiveStatus });
      expect(thawStateOf(cold, NEEDED)).toEqual({ state: 'archived' });
      expect(thawStateOf({ ...cold, restore: 'ongoing-request="true"' }, NEEDED)).toEqual({
        state: 'under-way',
      });
    },
  );

  it('as S3 answers', () => {
    const answer = {
      ContentLength: 7,
      StorageClass: 'GLACIER',
      Restore: 'r',
      Expiration: 'e',
      ArchiveStatus: undefined,
    };
    expect(coldObject('k', answer)).toEqual({
      key: 'k',
      bytes: 7,
      storageClass: 'GLACIER',
      archiveStatus: undefined,
      restore: 'r',
      expiration: 'e',
    });
    expect(coldObject('k', {}).bytes).toBe(0);
  });

  it('until lifecycle removes it', () => {
    const expiration = 'expiry-date="Sun, 29 Nov 2026 00:00:00 GMT", rule-id="expire-weekly"';
    expect(removedAt(object('GLACIER', { expiration }))).toEqual(new Date('2026-11-29T00:00:00Z'));
    expect(removedAt(object('GLACIER'))).toBeNull();
  });
});

describe('what thawing takes', () => {
  it('from GLACIER: minutes, five hours or twelve, each at its price', () => {
    // 10 GiB for 3 days: 0.023 a copy; one request 0.01, 0.00005, 0
    const ten = [object('GLACIER', { bytes: 10 * GIB })];
    expect(thawOptions(ten, [], 3)).toEqual([
      { tier: 'expedited', waitHours: 0.08, costUsd: 0.34 },
      { tier: 'standard', waitHours: 5, costUsd: 0.13 },
      { tier: 'bulk', waitHours: 12, costUsd: 0.03 },
    ]);
  });

  it('from DEEP_ARCHIVE: twelve hours or two days, and no fast way, not even for one object among others', () => {
    const both = [object('GLACIER'), object('DEEP_ARCHIVE', { bytes: 100 * GIB })];
    // retrieval 2.01 and 0.25, requests nearly nothing, copy 101 GiB * 0.023 * 3 / 30
    expect(thawOptions(both, [], 3)).toEqual([
      { tier: 'standard', waitHours: 12, costUsd: 2.25 },
      { tier: 'bulk', waitHours: 48, costUsd: 0.49 },
    ]);
  });

  it('by thousands of small objects: requests', () => {
    const small = Array.from({ length: 2000 }, () => object('GLACIER', { bytes: 0 }));
    expect(thawOptions(small, [], 3).map(({ costUsd }) => costUsd)).toEqual([20, 0.1, 0]);
  });

  it('to prolong a copy: no wait, and the days', () => {
    expect(thawOptions([], [object('DEEP_ARCHIVE', { bytes: 100 * GIB })], 30)).toEqual(
      ['expedited', 'standard', 'bulk'].map((tier) => ({ tier, waitHours: 0, costUsd: 2.3 })),
    );
  });

  it('fast, of a large object: as long as it takes', () => {
    const [fast] = thawOptions([object('GLACIER', { bytes: 1.08e12 })], [], 1);
    expect(fast?.waitHours).toBe(1);
  });

  it('from Intelligent-Tiering: no copy, and a price for the fast way only', () => {
    const cold = object('INTELLIGENT_TIERING', { archiveStatus: 'ARCHIVE_ACCESS', bytes: 100 * GIB });
    expect(thawOptions([cold], [], 3).map(({ costUsd }) => costUsd)).toEqual([3.01, 0, 0]);
    expect(thawRequest(cold, 'bulk', 3)).toEqual({ GlacierJobParameters: { Tier: 'Bulk' } });
    expect(thawRequest(object('GLACIER'), 'expedited', 3)).toEqual({
      Days: 3,
      GlacierJobParameters: { Tier: 'Expedited' },
    });
  });

  it('at least so many days', () => {
    expect([fewestDays(360), usualDays(360)]).toEqual([1, 3]);
    expect([fewestDays(1380), fewestDays(1381)]).toEqual([1, 2]);
    expect(usualDays(34_560)).toBe(25);
  });

  it('in words', () => {
    expect(optionText({ tier: 'standard', waitHours: 5, costUsd: 0.1 })).toBe('standard: up to 5 h, $0.10');
    expect(optionText({ tier: 'bulk', waitHours: 0, costUsd: 0 })).toBe('bulk: at once, $0.00');
    expect(optionText({ tier: 'expedited', waitHours: 0.08, costUsd: 3 })).toBe(
      'expedited: up to 5 min, $3.00',
    );
    expect([0, 999, 1000, 1_234_567, 5e15].map(sizeText)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.2 MB',
      '5000.0 TB',
    ]);
  });
});
