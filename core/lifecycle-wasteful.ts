import type { LifecycleRule, Transition } from './lifecycle.ts';
import { BILLED_DAYS, depthOf, SMALL_OBJECT_BYTES } from './storage-classes.ts';

/** What S3 would take, and bill for without anybody having anything of it, each as a sentence. */
export function wastefulIn(rules: readonly LifecycleRule[]): string[] {
  return [
    ...rules.flatMap(smallObjects),
    ...rules.flatMap((rule) => shortStays(rule, rules)),
    ...rules.flatMap((rule) => earlyExpiry(rule, rules)),
    ...rules.flatMap((rule) => lostExpiry(rule, rules)),
    ...rules.flatMap((rule) => leftovers(rule, rules)),
    ...openUploads(rules),
  ];
}

function smallObjects(rule: LifecycleRule): string[] {
  const { objectSizeGreaterThan: size, transitions = [] } = rule;
  if (size === undefined || size >= SMALL_OBJECT_BYTES || transitions.length === 0) return [];
  return [
    `rule ${rule.id}: moving objects of ${size} bytes costs more than it saves: colder classes bill 128 KiB each or add ` +
      `40 KiB, and every move is billed; set objectSizeGreaterThan to ${SMALL_OBJECT_BYTES} or more, or leave it out`,
  ];
}

/** Two rules for the same objects get round S3's own check of one rule, and the class left too soon is billed all the same. */
function shortStays(rule: LifecycleRule, rules: readonly LifecycleRule[]): string[] {
  const others = rules.filter((other) => other !== rule && canMeet(rule, other));
  return (rule.transitions ?? []).flatMap((left) =>
    others.flatMap((other) =>
      (other.transitions ?? []).flatMap((next) => shortStay(rule.id, left, other.id, next)),
    ),
  );
}

function shortStay(id: string, left: Transition, otherId: string, next: Transition): string[] {
  const billed = BILLED_DAYS[left.storageClass];
  const colder = depthOf(next.storageClass) > depthOf(left.storageClass);
  const later = next.afterDays - left.afterDays;
  // of two on one day the colder is the next one; the same move twice is harmless
  if (later < 0 || (later === 0 && !colder) || (colder && later >= billed)) return [];
  const from = `rule ${id} moves to ${left.storageClass} on day ${left.afterDays}`;
  const to = `${next.storageClass} on day ${next.afterDays}`;
  return [
    colder
      ? `${from}, which bills ${billed} days, but rule ${otherId} moves on to ${to}; set ${left.afterDays + billed} or more`
      : `${from}, so rule ${otherId} never moves to ${to}: lifecycle only goes colder; leave that out`,
  ];
}

/** Expiry before the days are over that the last class bills at least, or before a class is reached at all. */
function earlyExpiry(rule: LifecycleRule, rules: readonly LifecycleRule[]): string[] {
  const day = rule.expirationDays;
  if (day === undefined) return [];
  const own = (rule.transitions ?? []).map((transition) => ({ transition, id: rule.id }));
  const meeting = rules
    .filter((other) => other !== rule && canMeet(rule, other))
    .flatMap(({ id, transitions = [] }) => transitions.map((transition) => ({ transition, id })));
  const unreached = meeting
    .filter(({ transition }) => transition.afterDays >= day)
    .map(
      ({ transition, id }) =>
        `rule ${id} moves to ${transition.storageClass} on day ${transition.afterDays}, but rule ${rule.id} expires the ` +
        `same objects on day ${day}; set ${transition.afterDays + BILLED_DAYS[transition.storageClass]} or more, or ` +
        'leave the class out',
    );
  const last = [...own, ...meeting]
    .filter(({ transition }) => transition.afterDays < day)
    .sort((a, b) => b.transition.afterDays - a.transition.afterDays)[0];
  if (last === undefined) return unreached;
  const { storageClass, afterDays } = last.transition;
  const billedUntil = afterDays + BILLED_DAYS[storageClass];
  if (day >= billedUntil) return unreached;
  return [
    ...unreached,
    `rule ${rule.id} expires on day ${day} what rule ${last.id} moves to ${storageClass} on day ${afterDays}, which bills ` +
      `${BILLED_DAYS[storageClass]} days, until day ${billedUntil}; set ${billedUntil} or more, or leave the class out`,
  ];
}

/** Of expirations that meet the shortest wins, so the longer one promises what does not hold. */
function lostExpiry(rule: LifecycleRule, rules: readonly LifecycleRule[]): string[] {
  const day = rule.expirationDays;
  if (day === undefined) return [];
  return rules
    .filter((other) => other !== rule && canMeet(rule, other) && (other.expirationDays ?? 0) > day)
    .map(
      (other) =>
        `rule ${other.id} keeps until day ${other.expirationDays} what rule ${rule.id} expires on day ${day}, and the ` +
        'shortest wins; let their prefixes or tags not overlap',
    );
}

/** Expiry in a versioned bucket only covers things up: what lies below is billed until other rules remove it. */
function leftovers(rule: LifecycleRule, rules: readonly LifecycleRule[]): string[] {
  if (rule.expirationDays === undefined) return [];
  const covers = (other: LifecycleRule) =>
    other.tagFilter === undefined &&
    other.objectSizeGreaterThan === undefined &&
    (rule.prefix ?? '').startsWith(other.prefix ?? '');
  const covering = rules.filter(covers);
  const on = `rule ${rule.id} expires on day ${rule.expirationDays}, and no rule without a tag`;
  return [
    ...(covering.some(({ noncurrentExpirationDays }) => noncurrentExpirationDays !== undefined)
      ? []
      : [`${on} removes the versions below the delete markers, which are billed for ever; add one`]),
    ...(covering.some(({ expiredObjectDeleteMarker }) => expiredObjectDeleteMarker === true)
      ? []
      : [`${on} removes the delete markers that are left over; add one`]),
  ];
}

function openUploads(rules: readonly LifecycleRule[]): string[] {
  const everywhere = rules.some(
    ({ prefix = '', abortIncompleteMultipartUploadDays: days }) => days !== undefined && prefix === '',
  );
  return everywhere
    ? []
    : [
        'no rule of the whole bucket aborts incomplete uploads, whose parts are billed for ever; add one of 1 or 2 days',
      ];
}

/** Whether one object can be subject to both. */
function canMeet(a: LifecycleRule, b: LifecycleRule): boolean {
  const [one, other] = [a.prefix ?? '', b.prefix ?? ''];
  const sameTagOtherValue =
    a.tagFilter?.key === b.tagFilter?.key && a.tagFilter?.value !== b.tagFilter?.value;
  return (one.startsWith(other) || other.startsWith(one)) && !sameTagOtherValue;
}
