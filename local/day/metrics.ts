import { z } from 'zod';

/** What a metric is known by: name and every dimension, no more and no fewer, as in CloudWatch. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One value that was reported. */
export interface Datum extends MetricId {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

/** What was reported, as far as alarms ask for it. */
export interface Metrics {
  put(datum: Datum): void;
  /**
   * The data point of a span: values from `from` on and before `to`, made one by the statistic.
   * @returns undefined where nothing was reported
   */
  point(id: MetricId, statistic: Statistic, from: number, to: number): number | undefined;
  /** Whether the metric has ever had a value. */
  known(id: MetricId): boolean;
}

const STATISTICS = {
  Sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
  Average: (values: readonly number[]) => STATISTICS.Sum(values) / values.length,
  Maximum: (values: readonly number[]) => Math.max(...values),
  Minimum: (values: readonly number[]) => Math.min(...values),
  SampleCount: (values: readonly number[]) => values.length,
} as const;

export type Statistic = keyof typeof STATISTICS;

/** Those of the statistics that are known here; percentiles are not. */
export const statisticSchema = z.enum(Object.keys(STATISTICS) as [Statistic, ...Statistic[]]);

export function collectMetrics(): Metrics {
  const values = new Map<string, Datum[]>();
  return {
    put(datum) {
      const key = keyOf(datum);
      const before = values.get(key);
      if (before === undefined) values.set(key, [datum]);
      else before.push(datum);
    },
    point(id, statistic, from, to) {
      const found = (values.get(keyOf(id)) ?? []).filter(({ at }) => at >= from && at < to);
      return found.length === 0 ? undefined : STATISTICS[statistic](found.map(({ value }) => value));
    },
    known: (id) => values.has(keyOf(id)),
  };
}

function keyOf({ namespace, name, dimensions }: MetricId): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

const embeddedSchema = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

/** The metrics that a function has printed among its lines, in the embedded metric format. @param at when it ran */
export function embeddedMetrics(stdout: string, at: number): Datum[] {
  return stdout.split('\n').flatMap((line) => {
    const embedded = line.includes('"_aws"') ? embeddedSchema.safeParse(parsed(line)).data : undefined;
    if (embedded === undefined) return [];
    return embedded._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
      Dimensions.flatMap((names) =>
        Metrics.flatMap(({ Name }) =>
          [embedded[Name]].flat().map((value) => ({
            namespace: Namespace,
            name: Name,
            dimensions: Object.fromEntries(names.map((name) => [name, String(embedded[name])])),
            at,
            value: Number(value),
          })),
        ),
      ),
    );
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
