import { z } from 'zod';
import { ConfigurationError } from './errors/index.ts';
import { KINDS } from './kinds.ts';
import { lifecycleRules, validateLifecycle } from './lifecycle.ts';
import { problemsOf } from './problems.ts';

const days = (least: number) => z.int().min(least).max(36_500);

const kept = (keepDays: number, keepVerified = 2) =>
  z
    .strictObject({
      /** A set may go only when this many newer sets of its kind are verified (spec P10). */
      keepVerified: z.int().min(1).max(1000).default(keepVerified),
      /** … and when it is at least this old. */
      keepDays: days(1).default(keepDays),
    })
    .prefault({});

/** Days since an object was made, on which lifecycle moves it on; a class that is left out is not used. */
const tieringDays = z.strictObject({
  iaAfterDays: days(0).optional(),
  glacierAfterDays: days(0).optional(),
  deepArchiveAfterDays: days(0).optional(),
});

/**
 * How long sets are kept and where (spec P3–P10). `{}` is the team's policy.
 * A policy that S3 would reject, or that costs money for nothing, is none (spec P9).
 */
export const policySchema = z
  .strictObject({
    /** Of `archive/`. `standard` is 7/37/402, `conservative` 30/60/425 (docs/adr/0010). */
    tiering: z.union([z.enum(['standard', 'conservative']), tieringDays]).default('standard'),
    retention: z
      .strictObject({
        /** A week, as asked for (spec P3). */
        daily: kept(7),
        /** Seven years: long-term, and cents a month once it lies in DEEP_ARCHIVE. */
        weekly: kept(7 * 365 + 2),
        /** Laid over a daily base in a restore to an instant: from one daily set to the next, and one day more. */
        important: kept(2),
        /** 96 sets a day that bridge to the next daily set; one day is what that takes. */
        critical: kept(1),
        /** Two weeks in which somebody may find out that the restore was the mistake; the newest stays for good. */
        prerestore: kept(14, 1),
      })
      .prefault({}),
    /** Nobody, lifecycle included, removes a version for this long: time to notice an intruder. */
    objectLockDays: days(1).default(7),
    /** What was expired, replaced or deleted can be brought back for this long. */
    noncurrentDays: days(1).default(7),
    /** No upload takes longer; parts of an upload that died are billed until then. */
    abortUploadsAfterDays: z.int().min(1).max(2).default(1),
  })
  .superRefine((policy, context) => {
    for (const { message } of validateLifecycle(lifecycleRules(policy))) {
      context.addIssue({ code: 'custom', message });
    }
    for (const kind of KINDS) {
      const removedAfter = policy.retention[kind].keepDays + policy.noncurrentDays;
      if (policy.objectLockDays <= removedAfter) continue;
      context.addIssue({
        code: 'custom',
        path: ['objectLockDays'],
        message:
          `${policy.objectLockDays} days of Object Lock outlast the ${kind} sets, whose versions are to be removed ` +
          `after ${removedAfter} (keepDays ${policy.retention[kind].keepDays} + noncurrentDays ` +
          `${policy.noncurrentDays}): S3 would keep and bill them until the lock ends; set objectLockDays to ` +
          `${removedAfter} or less`,
      });
    }
  });

/** A complete policy. Everything in whole days. */
export type Policy = z.infer<typeof policySchema>;

/**
 * Reads a policy.
 * @param value parsed JSON
 * @param origin where it came from, for the message
 * @throws ConfigurationError naming every number that is wrong and the rule it breaks
 */
export function parsePolicy(value: unknown, origin: string): Policy {
  const parsed = policySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(origin, problemsOf(parsed.error, 'whole policy'));
}
