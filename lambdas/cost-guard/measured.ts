import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { StoredDay } from '../../core/cost/guard-storage.ts';
import { billingDay } from '../../core/cost/month.ts';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { bucketName } from '../common/bucket.ts';
import { requireEnv } from '../common/settings.ts';

const cloudwatch = new CloudWatchClient();

const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;
/** S3 measures once a day and publishes up to two days later; a week before that is compared, or two days more. */
const LOOK_BACK_DAYS = 13;

/** As S3 calls them: what lies in each class, and the index that archived objects have besides. */
const STORAGE_TYPES = [
  'StandardStorage',
  'StandardIAStorage',
  'StandardIASizeOverhead',
  'OneZoneIAStorage',
  'OneZoneIASizeOverhead',
  'GlacierInstantRetrievalStorage',
  'GlacierInstantRetrievalSizeOverhead',
  'GlacierStorage',
  'GlacierStagingStorage',
  'GlacierObjectOverhead',
  'GlacierS3ObjectOverhead',
  'DeepArchiveStorage',
  'DeepArchiveStagingStorage',
  'DeepArchiveObjectOverhead',
  'DeepArchiveS3ObjectOverhead',
] as const;

/** What CloudWatch has measured for us. */
export interface Measured {
  readonly stored: readonly StoredDay[];
  /** How often the reaper could not delete a project since yesterday began, in UTC. */
  readonly projectsLeft: number;
}

/** One request for all of it, a hundredth of a cent for ten metrics. @throws what CloudWatch refuses with */
export async function measuredBy(now: Date, projects: boolean): Promise<Measured> {
  const queries: MetricDataQuery[] = [
    ...STORAGE_TYPES.map((type, i) => sizeQuery(`size${i}`, type)),
    ...(projects ? [leftQuery()] : []),
  ];
  const { MetricDataResults = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: new Date(now.getTime() - LOOK_BACK_DAYS * DAY_MS),
      EndTime: now,
    }),
  );
  const days = new Map<number, Record<string, number>>();
  const yesterday = Date.parse(billingDay(now)) - DAY_MS;
  let projectsLeft = 0;
  for (const { Id = '', Timestamps = [], Values = [] } of MetricDataResults) {
    Timestamps.forEach((at, i) => {
      const value = Values[i] ?? 0;
      if (Id === LEFT && at.getTime() >= yesterday) projectsLeft += value;
      if (!Id.startsWith('size')) return;
      const type = STORAGE_TYPES[Number(Id.slice('size'.length))] ?? Id;
      days.set(at.getTime(), { ...days.get(at.getTime()), [type]: value });
    });
  }
  return {
    stored: [...days].map(([time, bytes]) => ({ at: new Date(time), bytes })),
    projectsLeft,
  };
}

function sizeQuery(Id: string, type: string): MetricDataQuery {
  return {
    Id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/S3',
        MetricName: 'BucketSizeBytes',
        Dimensions: [
          { Name: 'BucketName', Value: bucketName() },
          { Name: 'StorageType', Value: type },
        ],
      },
      Period: DAY_SECONDS,
      Stat: 'Average',
    },
  };
}

const LEFT = 'left';

function leftQuery(): MetricDataQuery {
  return {
    Id: LEFT,
    MetricStat: {
      Metric: {
        Namespace: METRIC.namespace,
        MetricName: METRIC.leakedProjectsKept,
        Dimensions: [
          {
            Name: METRIC.dimensionEnvironment,
            Value: requireEnv(LAMBDA_ENV.environment, 'the name of the environment'),
          },
        ],
      },
      Period: DAY_SECONDS,
      Stat: 'Sum',
    },
  };
}
