import type { LifecycleRule, Transition } from './lifecycle.ts';
import { BILLED_DAYS, depthOf } from './storage-classes.ts';

const MOST_RULES = 1000;
const LONGEST_ID = 255;
const MOST_RETAINED = 100;

/** What S3 would answer with HTTP 400, each as a sentence. */
export function illegalIn(rules: readonly LifecycleRule[]): string[] {
  return [...rejectedTogether(rules), ...rules.flatMap(rejectedAlone)];
}

function rejectedTogether(rules: readonly LifecycleRule[]): string[] {
  const ids = rules.map(({ id }) => id);
  const twice = [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
  return [
    ...(rules.length > MOST_RULES
      ? [`${rules.length} rules are too many: S3 takes ${MOST_RULES}; use fewer prefixes`]
      : []),
    ...twice.map((id) => `two rules are called ${id}: S3 wants ids that differ`),
  ];
}

function rejectedAlone(rule: LifecycleRule): string[] {
  return [...badShape(rule), ...badNumbers(rule), ...badFilter(rule), ...badOrder(rule)].map(
    (problem) => `rule ${rule.id}: ${problem}`,
  );
}

function badShape(rule: LifecycleRule): string[] {
  const acts =
    (rule.transitions?.length ?? 0) > 0 ||
    rule.expirationDays !== undefined ||
    rule.noncurrentExpirationDays !== undefined ||
    rule.expiredObjectDeleteMarker === true ||
    rule.abortIncompleteMultipartUploadDays !== undefined;
  return [
    ...(rule.id.length > LONGEST_ID
      ? [`an id of ${rule.id.length} characters is too long: S3 takes ${LONGEST_ID}`]
      : []),
    ...(acts ? [] : ['it does nothing, and S3 wants at least one action; leave the rule out']),
    ...(rule.expiredObjectDeleteMarker === true && rule.expirationDays !== undefined
      ? [
          `expiration on day ${rule.expirationDays} and the removal of delete markers cannot share a rule; use two rules`,
        ]
      : []),
    ...(rule.noncurrentVersionsToRetain !== undefined && rule.noncurrentExpirationDays === undefined
      ? [`${rule.noncurrentVersionsToRetain} versions to retain say nothing without noncurrentExpirationDays`]
      : []),
  ];
}

/** `most` is left out where there is no upper bound. */
type Bounded = readonly [what: string, value: number | undefined, least: number, most?: number];

function badNumbers(rule: LifecycleRule): string[] {
  const numbers: readonly Bounded[] = [
    ['expirationDays', rule.expirationDays, 1],
    ['noncurrentExpirationDays', rule.noncurrentExpirationDays, 1],
    ['noncurrentVersionsToRetain', rule.noncurrentVersionsToRetain, 1, MOST_RETAINED],
    ['abortIncompleteMultipartUploadDays', rule.abortIncompleteMultipartUploadDays, 1],
    ['objectSizeGreaterThan', rule.objectSizeGreaterThan, 0],
    ...(rule.transitions ?? []).map(
      ({ storageClass, afterDays }) => [`the day of ${storageClass},`, afterDays, 0] as const,
    ),
  ];
  return numbers.flatMap(([what, value, least, most = Number.MAX_SAFE_INTEGER]) => {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return [];
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
    return [`${what} ${value} is no whole number of ${range}`];
  });
}

function badFilter(rule: LifecycleRule): string[] {
  const untagged: readonly [action: string, used: boolean][] = [
    ['aborting uploads', rule.abortIncompleteMultipartUploadDays !== undefined],
    ['removing delete markers', rule.expiredObjectDeleteMarker === true],
  ];
  const unfiltered =
    rule.prefix === undefined && rule.tagFilter === undefined && rule.objectSizeGreaterThan === undefined;
  return [
    ...untagged.flatMap(([action, used]) =>
      used && rule.tagFilter !== undefined
        ? [
            `${action} cannot be limited to the tag ${rule.tagFilter.key}=${rule.tagFilter.value}; use a rule without a tag`,
          ]
        : [],
    ),
    ...(rule.noncurrentVersionsToRetain !== undefined && unfiltered
      ? [`${rule.noncurrentVersionsToRetain} versions to retain need a filter; give the rule a prefix`]
      : []),
  ];
}

/** Inside one rule S3 wants the days to rise as the classes get colder, by the days the class being left bills. */
function badOrder({ transitions = [], expirationDays }: LifecycleRule): string[] {
  const byDepth = [...transitions].sort((a, b) => depthOf(a.storageClass) - depthOf(b.storageClass));
  const steps = byDepth.flatMap((later, i) => {
    const earlier = byDepth[i - 1];
    return earlier === undefined ? [] : badStep(earlier, later);
  });
  const last = transitions.reduce((most, { afterDays }) => Math.max(most, afterDays), -1);
  const expiry =
    expirationDays !== undefined && expirationDays <= last
      ? [
          `expiration on day ${expirationDays} must come after the last transition, on day ${last}; set ${last + 1} or more`,
        ]
      : [];
  return [...steps, ...expiry];
}

function badStep(earlier: Transition, later: Transition): string[] {
  if (earlier.storageClass === later.storageClass)
    return [
      `${later.storageClass} is gone to twice, on day ${earlier.afterDays} and on day ${later.afterDays}; keep one`,
    ];
  if (earlier.storageClass === 'ONEZONE_IA' && later.storageClass === 'GLACIER_IR')
    return [
      `from ONEZONE_IA (day ${earlier.afterDays}) S3 moves on to GLACIER or DEEP_ARCHIVE only, not to GLACIER_IR (day ${later.afterDays})`,
    ];
  const gap = BILLED_DAYS[earlier.storageClass];
  const soonest = earlier.afterDays + gap;
  if (later.afterDays >= soonest) return [];
  return [
    `${later.storageClass} on day ${later.afterDays} is too soon after ${earlier.storageClass} on day ` +
      `${earlier.afterDays}: ${gap} days must lie between; set ${soonest} or more`,
  ];
}
