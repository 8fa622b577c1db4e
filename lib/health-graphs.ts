import { Color, GraphWidget, type IWidget, SingleValueWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { EnvironmentConfig } from '../core/environment.ts';
import { expectationsOf } from '../core/health/expectations.ts';
import type { FigureName } from '../core/health/figures.ts';
import { SCHEDULED_KINDS, type ScheduledKind } from '../core/kinds.ts';
import { ageMetric } from './backup-alarms.ts';
import { healthMetric } from './health-alarms.ts';

/** The age of each kind that is made, against what may be lost and against its alarm: a row of the dashboard. */
export function ageGraphs(config: EnvironmentConfig): IWidget[] {
  const kinds = SCHEDULED_KINDS.filter((kind) => config.schedules[kind].enabled);
  return kinds.map((kind) => ageGraph(config, kind, Math.floor(24 / kinds.length)));
}

function ageGraph(config: EnvironmentConfig, kind: ScheduledKind, width: number): IWidget {
  return new GraphWidget({
    title: `Age of the newest verified ${kind} set, minutes`,
    width,
    left: [ageMetric(config, kind).with({ label: kind })],
    leftAnnotations: [
      { value: config.rpoMinutes[kind], label: 'RPO', color: Color.ORANGE },
      { value: config.staleAfterMinutes[kind], label: 'too old', color: Color.RED },
    ],
    leftYAxis: { min: 0 },
  });
}

/** What is wrong with sets that exist: counts that should be 0, and how the newest sets compare with those before. */
export function healthGraphs(config: EnvironmentConfig): IWidget[][] {
  const { size, duration, shareOfTimeLimit, openUploadHours } = expectationsOf(config).health;
  const count = (figure: FigureName, label: string) => healthMetric(config, figure).with({ label });
  const red = (value: number, label: string) => ({ value, label, color: Color.RED });
  return [
    [
      new SingleValueWidget({
        title: 'Should all be 0',
        width: 24,
        height: 3,
        metrics: [
          count('setsDamaged', 'sets found damaged'),
          count('setsUnverified', 'sets never read back'),
          count('runsStuck', 'runs stuck'),
          count('setsOverdue', 'sets that should be gone'),
          count('oldestOpenUploadHours', `hours an upload has been open (alarm at ${openUploadHours})`),
        ],
      }),
    ],
    [
      new GraphWidget({
        title: 'Size of the newest sets, by the median of those before',
        width: 12,
        left: [
          healthMetric(config, 'smallestSizeRatio', Stats.MINIMUM).with({ label: 'smallest' }),
          count('largestSizeRatio', 'largest'),
        ],
        leftAnnotations: [red(size.least, 'dropped'), red(size.most, 'jumped')],
        leftYAxis: { min: 0 },
      }),
      new GraphWidget({
        title: 'Duration of the newest sets, by the median of those before; and share of the time limit',
        width: 12,
        left: [count('longestDurationRatio', 'longest, by the median')],
        right: [count('longestShareOfTimeLimit', 'share of the time limit')],
        leftAnnotations: [red(duration.most, 'slow')],
        rightAnnotations: [red(shareOfTimeLimit, 'near the limit')],
        leftYAxis: { min: 0 },
        rightYAxis: { min: 0 },
      }),
    ],
  ];
}
