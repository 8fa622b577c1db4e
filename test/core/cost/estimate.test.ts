import { describe, expect, it } from 'vitest';
import { aboveCeiling } from '../../../core/cost/ceiling.ts';
import { estimateMonth } from '../../../core/cost/estimate.ts';
import { levers } from '../../../core/cost/levers.ts';
import { lineWriter } from '../../../core/cost/line.ts';
import { pricesOf } from '../../../core/cost/prices.ts';
import { setsOf } from '../../../core/cost/sets.ts';
import { billedBytes, storageLines } from '../../../core/cost/storage.ts';
import { ENVIRONMENTS } from '../../../core/environments.ts';
import { environmentWith, lineOf, NO_SETS } from './support.ts';

const KIB = 1024;
const PROJECT = 'abcdefghijklmnopqrst';

// The arithmetic below is done by hand, with the prices of Seoul as numbers: a month is 730 hours, 30.41667 days.

describe('daily sets', () => {
  // 8 GB of rows at 4:1 are 2 GB a set. One a day, kept 7 days, expired at the midnight after (1), noncurrent 7 days,
  // removed at the midnight after (1): 16 sets lie there. 16 × 2 GB = 32 GB × $0.025 = $0.80.
  it('lie in STANDARD with their noncurrent days', () => {
    const line = lineOf(
      environmentWith({ databaseGb: 8 }, { schedules: { ...NO_SETS, daily: { enabled: true } } }),
      'daily sets in STANDARD',
    );
    expect(line?.quantity).toBeCloseTo(32, 6);
    expect(line?.usd).toBeCloseTo(0.8, 6);
  });

  // After one month there are no more than 16 days of them either; a set kept for 60 days is there 30.41667 times only:
  // 30.41667 × 2 GB = 60.8333 GB × $0.025 = $1.520833.
  it('are no more than have been made so far', () => {
    const environment = environmentWith(
      { databaseGb: 8 },
      {
        schedules: { ...NO_SETS, daily: { enabled: true } },
        policy: { retention: { daily: { keepDays: 60 } } },
      },
    );
    expect(lineOf(environment, 'daily sets in STANDARD', 1)?.usd).toBeCloseTo(1.520833, 5);
  });
});

describe('the weekly archive after 36 months (1095 days) with 7/37/402', () => {
  // 16 GB at 4:1 are 4 GB a set; slices of 512 MiB of rows make 32 objects of 128 MiB. One set in 7 days.
  const environment = environmentWith(
    { databaseGb: 16 },
    { schedules: { ...NO_SETS, weekly: { enabled: true } } },
  );

  it.each([
    // 7 days in STANDARD: 1 set, 4 GB. Names of the archived: (365 + 693)/7 = 151.142857 sets × 32 objects × 8 KiB =
    // 151.142857 × 0.000244140625 GB × … 32 × 8 KiB = 256 KiB = 0.000244140625 GB → 0.0369001 GB. × $0.025
    ['STANDARD', 4.0369001, 0.1009225],
    // 30 days: 30/7 sets × 4 GB = 17.142857 GB × $0.0138
    ['STANDARD_IA', 17.142857, 0.2365714],
    // 365 days: 52.142857 sets × (4 GB + 32 × 32 KiB = 0.0009765625 GB) = 208.6223493 GB × $0.0045
    ['GLACIER', 208.6223493, 0.9388006],
    // 1095 − 402 = 693 days: 99 sets × 4.0009765625 GB = 396.0966797 GB × $0.002
    ['DEEP_ARCHIVE', 396.0966797, 0.7921934],
  ])('lies in %s', (storageClass, quantity, usd) => {
    const line = lineOf(environment, `weekly sets in ${storageClass}`, 36);
    expect(line?.quantity).toBeCloseTo(quantity, 5);
    expect(line?.usd).toBeCloseTo(usd, 6);
  });

  it('is not deep after 12 months, 365 days, and is not moved there yet', () => {
    expect(lineOf(environment, 'weekly sets in DEEP_ARCHIVE', 12)).toBeUndefined();
    expect(lineOf(environment, 'moving weekly sets to DEEP_ARCHIVE', 12)).toBeUndefined();
    // 365 − 37 = 328 days: 46.857143 sets × 4.0009765625 GB = 187.4743304 GB
    expect(lineOf(environment, 'weekly sets in GLACIER', 12)?.quantity).toBeCloseTo(187.4743304, 5);
  });

  // 30.41667/7 = 4.3452381 sets × 32 objects = 139.047619 requests, in thousands, × $0.035
  it('is moved object by object', () => {
    expect(lineOf(environment, 'moving weekly sets to GLACIER', 12)?.usd).toBeCloseTo(0.00486667, 7);
  });

  it('grows until the oldest set is removed, and then no more', () => {
    const total = (months: number) => estimateMonth(environment, undefined, months).totalUsd;
    expect(total(36)).toBeGreaterThan(total(12));
    // 2557 days and a half month: nothing is removed before month 85
    expect(total(90)).toBeCloseTo(total(900), 9);
  });
});

describe('what a class bills that nobody stored', () => {
  it.each([
    ['STANDARD', 1, 1, 0],
    ['STANDARD_IA', 1, 128 * KIB, 0],
    ['STANDARD_IA', 200 * KIB, 200 * KIB, 0],
    ['GLACIER_IR', 1, 128 * KIB, 0],
    ['GLACIER', 1, 1 + 32 * KIB, 8 * KIB],
    ['DEEP_ARCHIVE', 1, 1 + 32 * KIB, 8 * KIB],
  ] as const)('%s of an object of %i bytes', (storageClass, bytes, own, standard) => {
    expect(billedBytes(storageClass, bytes)).toEqual({ own, standard });
  });

  // 4 GB a set; two newer sets are needed, so a set stays 14 days, not 10; with midnights and noncurrent days it is gone
  // after 14 + 1 + 7 + 1 = 23. In IA from 7 to 23, billed to 37: 30/7 sets × 4 GB = 17.142857 GB.
  it('is the least stay too, of a set that leaves before', () => {
    const environment = environmentWith(
      { databaseGb: 16 },
      { schedules: { ...NO_SETS, weekly: { enabled: true } } },
    );
    const { policy } = environment;
    const short = {
      ...environment,
      // refused as wasteful by the policy itself, so it is put together here
      policy: {
        ...policy,
        tiering: { iaAfterDays: 7 },
        retention: { ...policy.retention, weekly: { keepDays: 10, keepVerified: 2 } },
      },
    };
    const { workload } = short.cost;
    const line = lineWriter(pricesOf('ap-northeast-2').prices);
    const lines = storageLines(line, short, workload, setsOf(short, workload), 12);
    expect(lines.find(({ what }) => what.endsWith('STANDARD_IA'))?.quantity).toBeCloseTo(17.142857, 5);
  });
});

describe('what Supabase bills', () => {
  const critical = { schedules: { ...NO_SETS, critical: { enabled: true } } };

  // 1 GB, all of it critical, every 15 minutes: 4 × 730 = 2920 GB; 250 GB are included: 2670 × $0.09 = $240.30
  it('is 240 dollars for 1 GB read every 15 minutes', () => {
    const environment = environmentWith(
      { databaseGb: 1, criticalShare: 1, egressLeftGb: 250, readShare: { critical: 1 } },
      critical,
    );
    const line = lineOf(environment, 'egress: rows read for critical sets, above what is included');
    expect(line?.quantity).toBeCloseTo(2670, 6);
    expect(line?.usd).toBeCloseTo(240.3, 6);
  });

  // half of it, unless said otherwise: 1460 − 250 GB
  it('is for what is read, and everything is where nothing is taken over', () => {
    const what = 'egress: rows read for critical sets, above what is included';
    const quantity = (backup: object) =>
      lineOf(
        environmentWith(
          { databaseGb: 1, criticalShare: 1, egressLeftGb: 250 },
          { ...critical, engine: { backup } },
        ),
        what,
      )?.quantity;
    expect(quantity({})).toBeCloseTo(1210, 6);
    expect(quantity({ reuse: { enabled: false } })).toBeCloseTo(2670, 6);
    expect(quantity({ checksums: 'counts' })).toBeCloseTo(2670, 6);
  });

  // read 1 % only: 29.2 GB, less than what is included
  it('is nothing within what is included', () => {
    const environment = environmentWith(
      { databaseGb: 1, criticalShare: 1, readShare: { critical: 0.01 } },
      critical,
    );
    expect(
      lineOf(environment, 'egress: rows read for critical sets, above what is included'),
    ).toBeUndefined();
  });

  // 730 h × $0.137 = $100.01; 14 days 730 × $0.274 = $200.02
  it.each([
    [7, 100.01],
    [14, 200.02],
  ])('is point-in-time recovery of %i days', (minDays, usd) => {
    const environment = environmentWith({}, { supabase: { projectRef: PROJECT, pitr: { minDays } } });
    expect(lineOf(environment, `point-in-time recovery, ${minDays} days`)?.usd).toBeCloseTo(usd, 6);
  });

  // 3 drills of 1.5 hours, billed as 2: 6 h × $0.01344 = $0.08064
  it('is started hours of the projects of drills', () => {
    const environment = environmentWith(
      { drillsPerMonth: 3, drillHours: 1.5 },
      { supabase: { projectRef: PROJECT, drill: { organization: 'drills' } } },
    );
    expect(lineOf(environment, 'projects of drills')?.usd).toBeCloseTo(0.08064, 6);
  });
});

describe('important sets every hour', () => {
  // 2.34375 GB, half of it important: 1200 MiB at 20 MiB/s are 1 minute, and 1 around it; 730 × 2 min = 24.33333 h
  const environment = environmentWith(
    { databaseGb: 2.34375, importantShare: 0.5, readShare: { important: 1 } },
    { schedules: { ...NO_SETS, important: { enabled: true } } },
  );

  it.each([
    // 1 vCPU × 24.33333 h × $0.03725
    ['important sets: processor (ARM)', 0.9064167],
    // 2 GB × 24.33333 h × $0.00409
    ['important sets: memory', 0.1990467],
    ['important sets, verified: processor (ARM)', 0.9064167],
    // both tasks: 48.66667 h × $0.005
    ['public IPv4 addresses while tasks run', 0.2433333],
    // 730 × 9 = 6570 transitions × $0.0271 / 1000
    ['state transitions', 0.178047],
    // 2 databases, 3 of the key, the webhook: 6 × $0.40
    ['secrets', 2.4],
    // 1 kind, 3 workflows × 3, no verified drill, monitor, 9 of its figures, retention, 5 functions, 1 queue, 4 of costs: 32 × $0.10
    ['alarms', 3.2],
    // twice a day: 60.83333 × $0.01
    ['what AWS counts, asked daily', 0.6083333],
    ['dashboard', 3],
  ])('%s', (what, usd) => {
    expect(lineOf(environment, what)?.usd).toBeCloseTo(usd, 6);
  });
});

describe('rows that are taken over', () => {
  // 1200 MiB, half of them read: 0.5 minutes at 20 MiB/s, 0.1 for hashing the others at 100; 730 × 1.6 min = 19.466667 h
  it('are hashed by the server meanwhile', () => {
    const environment = environmentWith(
      { databaseGb: 2.34375, importantShare: 0.5 },
      { schedules: { ...NO_SETS, important: { enabled: true } } },
    );
    expect(lineOf(environment, 'important sets: processor (ARM)')?.quantity).toBeCloseTo(19.466667, 6);
    // they are read back like all others
    expect(lineOf(environment, 'important sets, verified: processor (ARM)')?.quantity).toBeCloseTo(
      24.333333,
      6,
    );
  });
});

describe('files', () => {
  // (50 + 5 × 12) GB = 110 GB × $0.025 = $2.75 after a year
  it('are kept as they are, and grow', () => {
    const environment = environmentWith(
      { files: { gb: 50, growthGbPerMonth: 5 } },
      { schedules: NO_SETS, files: { enabled: true } },
    );
    expect(lineOf(environment, 'files in STANDARD')?.usd).toBeCloseTo(2.75, 6);
  });

  // 5 GB of 2 MB each are 2560 files a month, two requests each: 5.12 thousand × $0.0045
  it('are written as they come', () => {
    const environment = environmentWith({}, { schedules: NO_SETS, files: { enabled: true } });
    expect(lineOf(environment, 'writing new files')?.usd).toBeCloseTo(0.02304, 8);
  });

  it('cost nothing where they are not backed up', () => {
    expect(lineOf(environmentWith({ files: { gb: 50 } }), 'files in STANDARD')).toBeUndefined();
  });
});

describe('another region', () => {
  it('is estimated by the dearer list, and that is said', () => {
    const { prices, assumption } = pricesOf('eu-central-1');
    expect(prices.s3Standard.usd).toBe(0.025);
    expect(prices.s3Write.usd).toBe(0.005);
    expect(assumption).toContain('there is no price list of eu-central-1 here');
    const environment = environmentWith({}, { region: 'eu-central-1' });
    expect(estimateMonth(environment).assumptions).toContain(assumption);
  });
});

describe('the ceiling', () => {
  it('lets the environments of this repository through', () => {
    expect(Object.values(ENVIRONMENTS).map(aboveCeiling)).toEqual([undefined, undefined]);
  });

  it('says which number is above it, why, and what to do', () => {
    const environment = environmentWith(
      { databaseGb: 20 },
      { cost: { monthlyCeilingUsd: 100, workload: { databaseGb: 20 } } },
    );
    const total = estimateMonth(environment).totalUsd.toFixed(2);
    const message = aboveCeiling(environment);
    expect(message).toContain(`environment test is estimated at $${total} a month`);
    expect(message).toContain('above its ceiling of $100.00');
    expect(message).toMatch(
      /largest lines: egress: rows read for critical sets, above what is included \$\d+\.\d\d; /,
    );
    expect(message).toMatch(/what would save most: critical sets every 30 minutes.* saves \$\d+\.\d\d; /);
    expect(message).toContain('npm run cost -- --env test');
  });

  it('counts the sum itself as within', () => {
    const environment = environmentWith({});
    const { totalUsd } = estimateMonth(environment);
    const with_ = (monthlyCeilingUsd: number) => ({
      ...environment,
      cost: { ...environment.cost, monthlyCeilingUsd },
    });
    expect(aboveCeiling(with_(totalUsd))).toBeUndefined();
    expect(aboveCeiling(with_(totalUsd - 0.01))).toBeDefined();
  });
});

describe('levers', () => {
  // half of 10 % of 2 GB every 15 minutes are 292 GB, every 30 minutes 146 GB: 146 × $0.09 = $13.14 of egress alone
  it('save what the month costs less with them', () => {
    const [first] = levers(ENVIRONMENTS.production);
    expect(first?.change).toContain('critical sets every 30 minutes');
    expect(first?.savesUsd).toBeGreaterThan(13.14);
  });

  it('are at most three, the largest first, and none that costs more', () => {
    const saved = levers(ENVIRONMENTS.production).map(({ savesUsd }) => savesUsd);
    expect(saved).toHaveLength(3);
    expect(saved).toEqual([...saved].sort((a, b) => b - a));
    expect(Math.min(...saved)).toBeGreaterThan(0);
  });

  it('do not offer what is so already', () => {
    const environment = environmentWith({}, { schedules: NO_SETS, logRetentionDays: 14 });
    expect(
      levers(environment, 100)
        .map(({ change }) => change)
        .join(),
    ).not.toMatch(/every 30 minutes|keep logs|level/);
  });

  it('offer to do without point-in-time recovery where it is paid for', () => {
    const environment = environmentWith({}, { supabase: { projectRef: PROJECT } });
    const [first] = levers(environment);
    expect(first?.change).toContain('no point-in-time recovery');
    expect(first?.savesUsd).toBeGreaterThan(100);
  });
});
