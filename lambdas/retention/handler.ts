import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { z } from 'zod';
import { RetentionFailed } from '../../core/errors/index.ts';
import { KINDS, type Kind } from '../../core/kinds.ts';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { type Policy, parsePolicy } from '../../core/policy.ts';
import { judgedSets, planRetention } from '../../core/retention.ts';
import { openBucket } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
import { requireEnv } from '../common/settings.ts';
import { emitMetric, logger } from '../common/telemetry.ts';
import { isMarked, mark } from './mark.ts';

const eventSchema = z.object({ kind: z.enum(KINDS).optional(), dryRun: z.boolean().default(false) });

/** Ids named in the answer; a first run after a long time may mark thousands, and a workflow's state holds 256 KiB. */
const NAMED_IDS = 100;

export interface RetentionResult {
  readonly dryRun: boolean;
  /** Sets marked by this run, or that a dry run would mark. */
  readonly marked: number;
  /** The first of them. */
  readonly markedIds: readonly string[];
  /** Sets an earlier run has marked, and lifecycle has not come to yet. */
  readonly alreadyMarked: number;
  readonly kept: number;
}

/**
 * Marks what may go, and removes nothing: lifecycle expires what carries the mark (spec P10). Whatever cannot be read
 * ends the run before anything of the kind is marked.
 * @throws RetentionFailed
 */
export async function handler(event: unknown): Promise<RetentionResult> {
  const { kind, dryRun } = parseEvent(eventSchema, event);
  const policy = policyOfStack();
  const results: Omit<RetentionResult, 'dryRun'>[] = [];
  for (const each of kind === undefined ? KINDS : [kind]) results.push(await retain(each, policy, dryRun));
  const sum = (what: 'marked' | 'alreadyMarked' | 'kept') =>
    results.reduce((total, result) => total + result[what], 0);
  return {
    dryRun,
    marked: sum('marked'),
    markedIds: results.flatMap(({ markedIds }) => markedIds).slice(0, NAMED_IDS),
    alreadyMarked: sum('alreadyMarked'),
    kept: sum('kept'),
  };
}

async function retain(kind: Kind, policy: Policy, dryRun: boolean): Promise<Omit<RetentionResult, 'dryRun'>> {
  const markedIds: string[] = [];
  let alreadyMarked = 0;
  try {
    const bucket = openBucket();
    const plan = planRetention(await judgedSets(bucket, kind), policy.retention, new Date());
    for (const set of plan.expire) {
      const keys = (await bucket.listObjects(set.folder)).map(({ key }) => key);
      if (await isMarked(keys)) {
        alreadyMarked += 1;
        continue;
      }
      if (!dryRun) await mark(keys);
      markedIds.push(set.id);
      logger.info('set marked as expired', { setId: set.id, state: set.state, objects: keys.length, dryRun });
    }
    return { marked: markedIds.length, markedIds, alreadyMarked, kept: plan.keep.length };
  } catch (error) {
    throw new RetentionFailed(kind, error);
  } finally {
    // an aborted run has marked what it has marked
    if (!dryRun) emitMetric(kind, METRIC.setsMarkedExpired, MetricUnit.Count, markedIds.length);
  }
}

function policyOfStack(): Policy {
  const text = requireEnv(LAMBDA_ENV.policy, 'the policy of the environment, as JSON');
  return parsePolicy(JSON.parse(text), LAMBDA_ENV.policy);
}
