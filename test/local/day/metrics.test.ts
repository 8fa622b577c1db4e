import { describe, expect, it } from 'vitest';
import { collectMetrics, embeddedMetrics } from '../../../local/day/metrics.ts';

const id = { namespace: 'N', name: 'Age', dimensions: { Environment: 'production', Kind: 'daily' } };

describe('metrics', () => {
  const metrics = collectMetrics();
  for (const [at, value] of [
    [10, 1],
    [20, 5],
    [30, 3],
  ] as const)
    metrics.put({ ...id, at, value });

  it.each([
    ['Sum', 6],
    ['Average', 3],
    ['Maximum', 5],
    ['Minimum', 1],
    ['SampleCount', 2],
  ] as const)(
    'make one point of a span by %s: its first instant belongs to it, the one after it does not',
    (statistic, point) => {
      expect(metrics.point(id, statistic, 10, 30)).toBe(point);
    },
  );

  it('have no point where nothing was reported', () => {
    expect(metrics.point(id, 'Sum', 40, 50)).toBeUndefined();
    expect(metrics.point({ ...id, dimensions: { Environment: 'production' } }, 'Sum', 0, 99)).toBeUndefined();
  });

  it('are known by their dimensions in any order', () => {
    expect(metrics.known({ ...id, dimensions: { Kind: 'daily', Environment: 'production' } })).toBe(true);
    expect(metrics.known({ ...id, name: 'Sets' })).toBe(false);
  });
});

it('what a function prints in the embedded format is read from among its other lines', () => {
  const printed = {
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [
        {
          Namespace: 'VideoPlanetBackup',
          Dimensions: [['Environment', 'Kind']],
          Metrics: [{ Name: 'Sets', Unit: 'Count' }],
        },
      ],
    },
    Environment: 'production',
    Kind: 'daily',
    Sets: [7, 8],
  };
  const stdout = ['{"message":"newest verified set"}', JSON.stringify(printed), 'not "_aws" JSON'].join('\n');
  const dimensions = { Environment: 'production', Kind: 'daily' };
  expect(embeddedMetrics(stdout, 99)).toEqual(
    [7, 8].map((value) => ({ namespace: 'VideoPlanetBackup', name: 'Sets', dimensions, at: 99, value })),
  );
});
