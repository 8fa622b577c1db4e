import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LifecycleRule, lifecycleRules, validateLifecycle } from '../../core/lifecycle.ts';
import { parsePolicy } from '../../core/policy.ts';
import { BILLED_DAYS, COLD_CLASSES, type ColdClass } from '../../core/storage-classes.ts';

const DAY = fc.integer({ min: 0, max: 3000 });
const EXPIRY = fc.integer({ min: 1, max: 3000 });
const move = (storageClass: ColdClass, afterDays: number) => ({ storageClass, afterDays });

/** What every lifecycle of a versioned bucket needs besides, so that only the rule in question is found. */
const CLEAN_UP: readonly LifecycleRule[] = [
  { id: 'noncurrent', noncurrentExpirationDays: 7 },
  { id: 'markers', expiredObjectDeleteMarker: true },
  { id: 'uploads', abortIncompleteMultipartUploadDays: 1 },
];
const findings = (...rules: LifecycleRule[]) => validateLifecycle([...rules, ...CLEAN_UP]);
const tag = { key: 'retention', value: 'expired' };
const legal: LifecycleRule = {
  id: 'tier',
  prefix: 'archive/',
  transitions: [move('STANDARD_IA', 7), move('GLACIER', 37), move('DEEP_ARCHIVE', 402)],
};

describe('the lifecycle of a policy', () => {
  it.each(['standard', 'conservative'] as const)('has nothing wrong with the preset %s', (tiering) => {
    expect(validateLifecycle(lifecycleRules(parsePolicy({ tiering }, 'x')))).toEqual([]);
  });

  it.each([
    ['standard', [7, 37, 402]],
    ['conservative', [30, 60, 425]],
    [{ iaAfterDays: 40, glacierAfterDays: 80, deepArchiveAfterDays: 200 }, [40, 80, 200]],
  ] as const)('moves the archive on by the days of %j', (tiering, days) => {
    const [tier] = lifecycleRules(parsePolicy({ tiering }, 'x'));
    expect(tier).toMatchObject({ id: 'tier-archive', prefix: 'archive/' });
    expect(tier?.transitions).toEqual([
      move('STANDARD_IA', days[0]),
      move('GLACIER', days[1]),
      move('DEEP_ARCHIVE', days[2]),
    ]);
  });

  it('moves nothing but the archive, and without tiering not even that', () => {
    const moving = (tiering: object | string) =>
      lifecycleRules(parsePolicy({ tiering }, 'x')).filter(({ transitions }) => transitions !== undefined);
    expect(moving('standard').map(({ prefix }) => prefix)).toEqual(['archive/']);
    expect(moving({})).toEqual([]);
  });

  it('leaves manifests in STANDARD, where they can be read at once', () => {
    const [tier] = lifecycleRules(parsePolicy({}, 'x'));
    expect(tier?.objectSizeGreaterThan).toBe(4 * 1024 * 1024);
  });

  it('expires nothing that retention has not marked, whatever the policy, and nothing before its time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7, max: 500 }), fc.integer({ min: 600, max: 5000 }), (daily, weekly) => {
        const policy = parsePolicy(
          { retention: { daily: { keepDays: daily }, weekly: { keepDays: weekly } } },
          'x',
        );
        const expiring = lifecycleRules(policy).filter(({ expirationDays }) => expirationDays !== undefined);
        expect(expiring.map(({ tagFilter }) => tagFilter)).toEqual(Array(5).fill(tag));
        expect(expiring.map(({ prefix, expirationDays }) => [prefix, expirationDays])).toEqual([
          ['daily/', daily],
          ['archive/', weekly],
          ['important/', 2],
          ['critical/', 1],
          ['prerestore/', 14],
        ]);
      }),
    );
  });

  it('removes old versions, lone delete markers and open uploads by a rule of each, in the whole bucket', () => {
    const policy = parsePolicy({ noncurrentDays: 11, abortUploadsAfterDays: 2 }, 'x');
    expect(lifecycleRules(policy).slice(-3)).toEqual([
      { id: 'remove-noncurrent', noncurrentExpirationDays: 11 },
      { id: 'remove-delete-markers', expiredObjectDeleteMarker: true },
      { id: 'abort-uploads', abortIncompleteMultipartUploadDays: 2 },
    ]);
  });
});

describe('a lifecycle S3 would reject', () => {
  const ILLEGAL: readonly [row: string, rule: LifecycleRule, ...says: string[]][] = [
    [
      'IA left before 30 days',
      { id: 'r', transitions: [move('STANDARD_IA', 7), move('GLACIER', 36)] },
      'GLACIER on day 36',
      'STANDARD_IA on day 7',
      '30 days must lie between',
      'set 37 or more',
    ],
    [
      'ONEZONE_IA left before 30 days',
      { id: 'r', transitions: [move('ONEZONE_IA', 0), move('DEEP_ARCHIVE', 29)] },
      'set 30 or more',
    ],
    [
      'GLACIER_IR left before 90 days',
      { id: 'r', transitions: [move('GLACIER_IR', 4), move('DEEP_ARCHIVE', 93)] },
      '90 days must lie between',
      'set 94 or more',
    ],
    [
      'GLACIER left before 90 days',
      { id: 'r', transitions: [move('GLACIER', 37), move('DEEP_ARCHIVE', 126)] },
      'set 127 or more',
    ],
    [
      'a colder class before a warmer one',
      { id: 'r', transitions: [move('GLACIER', 10), move('STANDARD_IA', 100)] },
      'GLACIER on day 10',
      'set 130 or more',
    ],
    [
      'one class twice',
      { id: 'r', transitions: [move('GLACIER', 1), move('GLACIER', 200)] },
      'GLACIER is gone to twice, on day 1 and on day 200',
    ],
    [
      'ONEZONE_IA to GLACIER_IR',
      { id: 'r', transitions: [move('ONEZONE_IA', 1), move('GLACIER_IR', 100)] },
      'not to GLACIER_IR (day 100)',
    ],
    [
      'expiry on the day of a transition',
      { id: 'r', transitions: [move('DEEP_ARCHIVE', 40)], expirationDays: 40 },
      'expiration on day 40 must come after the last transition, on day 40',
      'set 41 or more',
    ],
    ['expiry on day 0', { id: 'r', tagFilter: tag, expirationDays: 0 }, 'expirationDays 0', '1 or more'],
    ['half a day', { id: 'r', tagFilter: tag, expirationDays: 1.5 }, 'expirationDays 1.5', 'whole number'],
    ['a transition before the making', { id: 'r', transitions: [move('GLACIER', -1)] }, 'GLACIER, -1'],
    ['noncurrent day 0', { id: 'r', noncurrentExpirationDays: 0 }, 'noncurrentExpirationDays 0'],
    [
      'aborting uploads by a tag',
      { id: 'r', tagFilter: tag, abortIncompleteMultipartUploadDays: 1 },
      'aborting uploads cannot be limited to the tag retention=expired',
    ],
    [
      'aborting uploads on day 0',
      { id: 'r', abortIncompleteMultipartUploadDays: 0 },
      'abortIncompleteMultipartUploadDays 0',
    ],
    [
      'removing delete markers by a tag',
      { id: 'r', tagFilter: tag, expiredObjectDeleteMarker: true },
      'removing delete markers cannot be limited to the tag retention=expired',
    ],
    [
      'removing delete markers beside an expiry',
      { id: 'r', prefix: 'a/', expirationDays: 9, expiredObjectDeleteMarker: true },
      'expiration on day 9 and the removal of delete markers cannot share a rule',
    ],
    [
      'versions to retain without a filter',
      { id: 'r', noncurrentExpirationDays: 1, noncurrentVersionsToRetain: 3 },
      '3 versions to retain need a filter',
    ],
    [
      'versions to retain beyond 100',
      { id: 'r', prefix: 'a/', noncurrentExpirationDays: 1, noncurrentVersionsToRetain: 101 },
      'noncurrentVersionsToRetain 101',
      '1 to 100',
    ],
    [
      'versions to retain without an expiry of versions, which CDK drops in silence',
      { id: 'r', prefix: 'a/', expirationDays: 1, noncurrentVersionsToRetain: 3 },
      '3 versions to retain say nothing',
    ],
    ['a rule that does nothing', { id: 'r', prefix: 'a/' }, 'it does nothing'],
    ['a negative size', { ...legal, id: 'r', objectSizeGreaterThan: -1 }, 'objectSizeGreaterThan -1'],
    ['an id of 256 characters', { ...legal, id: 'r'.repeat(256) }, '256 characters', '255'],
  ];

  it.each(ILLEGAL)('is refused for %s', (_, rule, ...says) => {
    const messages = findings(rule)
      .filter(({ level }) => level === 'illegal')
      .map(({ message }) => message);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(`rule ${rule.id}:`);
    for (const part of says) expect(messages[0]).toContain(part);
  });

  it('is refused for more than 1000 rules, and for ids that are not unique', () => {
    const rule = (i: number) => ({ id: `r${i}`, noncurrentExpirationDays: 7 });
    const many = Array.from({ length: 998 }, (_, i) => rule(i));
    const messages = findings(...many, rule(1)).map(({ message }) => message);
    expect(messages).toEqual([
      '1002 rules are too many: S3 takes 1000; use fewer prefixes',
      'two rules are called r1: S3 wants ids that differ',
    ]);
  });

  it('is found whatever the days are', () => {
    const pair = fc.tuple(fc.constantFrom(...COLD_CLASSES), fc.constantFrom(...COLD_CLASSES), DAY, DAY);
    fc.assert(
      fc.property(pair, ([first, second, day, later]) => {
        fc.pre(COLD_CLASSES.indexOf(first) < COLD_CLASSES.indexOf(second));
        fc.pre(!(first === 'ONEZONE_IA' && second === 'GLACIER_IR'));
        const found = findings({ id: 'r', transitions: [move(second, later), move(first, day)] });
        expect(found.length > 0).toBe(later < day + BILLED_DAYS[first]);
      }),
    );
  });
});

describe('a lifecycle that costs money for nothing', () => {
  const expire = (day: number): LifecycleRule => ({
    id: 'expire',
    prefix: 'archive/',
    tagFilter: tag,
    expirationDays: day,
  });
  const WASTEFUL: readonly [row: string, rules: LifecycleRule[], ...says: string[]][] = [
    [
      'expiry before DEEP_ARCHIVE has earned its 180 days',
      [legal, expire(581)],
      'rule expire expires on day 581',
      'rule tier moves to DEEP_ARCHIVE on day 402',
      '180 days',
      'set 582 or more',
    ],
    [
      'expiry before GLACIER has earned its 90 days',
      [{ id: 'tier', transitions: [move('GLACIER', 7)] }, expire(96)],
      'bills 90 days, until day 97',
    ],
    [
      'daily sets in IA',
      [
        { id: 'tier', transitions: [move('STANDARD_IA', 1)] },
        { ...expire(7), prefix: 'daily/' },
      ],
      'bills 30 days, until day 31',
    ],
    [
      'expiry in the rule itself',
      [{ id: 'r', prefix: 'a/', transitions: [move('STANDARD_IA', 1)], expirationDays: 30 }],
      'rule r expires on day 30',
      'set 31 or more',
    ],
    [
      'a class that is never reached',
      [{ id: 'tier', transitions: [move('DEEP_ARCHIVE', 402)] }, expire(402)],
      'rule tier moves to DEEP_ARCHIVE on day 402, but rule expire expires the same objects on day 402',
      'leave the class out',
    ],
    [
      'two rules that get round the check of one',
      [
        { id: 'one', prefix: 'archive/', transitions: [move('GLACIER', 10)] },
        { id: 'two', transitions: [move('DEEP_ARCHIVE', 20)] },
      ],
      'rule one moves to GLACIER on day 10, which bills 90 days, but rule two moves on to DEEP_ARCHIVE on day 20',
      'set 100 or more',
    ],
    [
      'a move to a warmer class by another rule',
      [
        { id: 'one', transitions: [move('GLACIER', 10)] },
        { id: 'two', prefix: 'archive/', transitions: [move('STANDARD_IA', 200)] },
      ],
      'rule two never moves to STANDARD_IA on day 200',
    ],
    [
      'two moves on one day',
      [
        { id: 'one', transitions: [move('GLACIER', 10)] },
        { id: 'two', transitions: [move('DEEP_ARCHIVE', 10)] },
      ],
      'rule one moves to GLACIER on day 10',
      'set 100 or more',
    ],
    [
      'small objects',
      [{ ...legal, objectSizeGreaterThan: 128 * 1024 - 1 }],
      'objects of 131071 bytes',
      'set objectSizeGreaterThan to 131072',
    ],
    [
      'an expiry that another one overtakes',
      [{ id: 'all', tagFilter: tag, expirationDays: 7 }, expire(1000)],
      'rule expire keeps until day 1000 what rule all expires on day 7',
    ],
  ];

  it.each(WASTEFUL)('is refused for %s', (_, rules, ...says) => {
    const found = findings(...rules);
    expect(found.map(({ level }) => level)).toEqual(['wasteful']);
    for (const part of says) expect(found[0]?.message).toContain(part);
  });

  it('is not seen where expiry comes on the very day the last class has earned its minimum', () => {
    expect(findings(legal, expire(582))).toEqual([]);
  });

  it('is refused where nothing removes what an expiry leaves, or what uploads leave', () => {
    const messages = (...rules: LifecycleRule[]) => validateLifecycle(rules).map(({ message }) => message);
    expect(messages(expire(7), ...CLEAN_UP)).toEqual([]);
    expect(messages(expire(7))).toEqual([
      expect.stringContaining('removes the versions below the delete markers'),
      expect.stringContaining('removes the delete markers that are left over'),
      expect.stringContaining('aborts incomplete uploads'),
    ]);
  });

  it('is refused where what removes the leftovers is somewhere else, or asks for a tag or a size', () => {
    const elsewhere = [
      { id: 'noncurrent', prefix: 'daily/', noncurrentExpirationDays: 7 },
      { id: 'tagged', tagFilter: tag, noncurrentExpirationDays: 7 },
      { id: 'large', objectSizeGreaterThan: 1, noncurrentExpirationDays: 7 },
      { id: 'markers', expiredObjectDeleteMarker: true },
      { id: 'uploads', prefix: 'archive/', abortIncompleteMultipartUploadDays: 1 },
    ];
    expect(validateLifecycle([expire(7), ...elsewhere]).map(({ message }) => message)).toEqual([
      expect.stringContaining('removes the versions below the delete markers'),
      expect.stringContaining('aborts incomplete uploads'),
    ]);
  });

  it('is found whatever the days are', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COLD_CLASSES), DAY, EXPIRY, (storageClass, day, expiry) => {
        const tier = { id: 'tier', prefix: 'archive/', transitions: [move(storageClass, day)] };
        const wasted = expiry < day + BILLED_DAYS[storageClass];
        expect(findings(tier, expire(expiry)).length > 0).toBe(wasted);
        expect(findings({ ...tier, prefix: 'archive/2026' }, expire(expiry)).length > 0).toBe(wasted);
      }),
    );
  });

  it('is not seen where rules cannot meet: other prefixes, or other values of one tag', () => {
    const tier = { id: 'tier', prefix: 'archive/', transitions: [move('DEEP_ARCHIVE', 100)] };
    expect(findings(tier, { ...expire(1), prefix: 'daily/' })).toEqual([]);
    expect(findings({ ...tier, tagFilter: { ...tag, value: 'kept' } }, expire(1))).toEqual([]);
    expect(findings({ ...tier, tagFilter: { key: 'other', value: 'x' } }, expire(1))).not.toEqual([]);
  });
});
