import { KIND_PREFIX, KINDS } from './kinds.ts';
import { illegalIn } from './lifecycle-illegal.ts';
import { wastefulIn } from './lifecycle-wasteful.ts';
import { RETENTION_TAG } from './names.ts';
import type { Policy } from './policy.ts';
import type { ColdClass } from './storage-classes.ts';

/** One rule of a bucket's lifecycle, in S3's own terms; days count from the making of the object. */
export interface LifecycleRule {
  readonly id: string;
  /** Keys it is about. Without one: all. */
  readonly prefix?: string;
  /** Only objects that carry this tag. */
  readonly tagFilter?: { readonly key: string; readonly value: string };
  /** Only objects larger than this, in bytes. Without it S3 moves nothing under 128 KiB. */
  readonly objectSizeGreaterThan?: number;
  readonly transitions?: readonly Transition[];
  /** Puts a delete marker on top; the version stays. */
  readonly expirationDays?: number;
  /** Removes versions for good, so many days after a newer one or a delete marker was put on top. */
  readonly noncurrentExpirationDays?: number;
  /** So many of the newest noncurrent versions are spared. */
  readonly noncurrentVersionsToRetain?: number;
  /** Removes delete markers below which nothing is left. */
  readonly expiredObjectDeleteMarker?: boolean;
  readonly abortIncompleteMultipartUploadDays?: number;
}

export interface Transition {
  readonly storageClass: ColdClass;
  readonly afterDays: number;
}

/** `illegal`: S3 rejects the whole configuration. `wasteful`: S3 takes it, and bills for what nobody has. */
export interface LifecycleFinding {
  readonly level: 'illegal' | 'wasteful';
  /** Names the rule, the number and what to set instead. */
  readonly message: string;
}

/**
 * Everything S3 would reject about a lifecycle of a versioned bucket, and everything it would take and bill for nothing
 * (docs/adr/0010). CDK checks none of the order of days, and an emulator takes what S3 does not.
 */
export function validateLifecycle(rules: readonly LifecycleRule[]): LifecycleFinding[] {
  return [
    ...illegalIn(rules).map((message) => ({ level: 'illegal' as const, message })),
    ...wastefulIn(rules).map((message) => ({ level: 'wasteful' as const, message })),
  ];
}

/** First the days of the strategy itself, then those that were legal under S3's rules before July 2026 too. */
const PRESETS = {
  standard: { iaAfterDays: 7, glacierAfterDays: 37, deepArchiveAfterDays: 402 },
  conservative: { iaAfterDays: 30, glacierAfterDays: 60, deepArchiveAfterDays: 425 },
} as const;

/**
 * Smaller objects stay in STANDARD: manifests above all, which must be readable at once. 4 MiB is the manifest of some
 * 10,000 tables; to keep as much in STANDARD costs a hundredth of a cent a month.
 */
const SMALLEST_TIERED_BYTES = 4 * 1024 * 1024;

/** The lifecycle of the backup bucket (docs/adr/0009, 0010): what is not marked by retention never expires. */
export function lifecycleRules(policy: Omit<Policy, 'objectLockDays'>): LifecycleRule[] {
  const transitions = transitionsOf(policy.tiering);
  return [
    ...(transitions.length === 0
      ? []
      : [
          {
            id: 'tier-archive',
            prefix: `${KIND_PREFIX.weekly}/`,
            objectSizeGreaterThan: SMALLEST_TIERED_BYTES,
            transitions,
          },
        ]),
    ...KINDS.map((kind) => ({
      id: `expire-${kind}`,
      prefix: `${KIND_PREFIX[kind]}/`,
      tagFilter: { key: RETENTION_TAG.key, value: RETENTION_TAG.expired },
      // a mark made too early, by mistake or by malice, has no effect before its time
      expirationDays: policy.retention[kind].keepDays,
    })),
    { id: 'remove-noncurrent', noncurrentExpirationDays: policy.noncurrentDays },
    { id: 'remove-delete-markers', expiredObjectDeleteMarker: true },
    { id: 'abort-uploads', abortIncompleteMultipartUploadDays: policy.abortUploadsAfterDays },
  ];
}

function transitionsOf(tiering: Policy['tiering']): Transition[] {
  const days = typeof tiering === 'string' ? PRESETS[tiering] : tiering;
  const all: readonly [ColdClass, number | undefined][] = [
    ['STANDARD_IA', days.iaAfterDays],
    ['GLACIER', days.glacierAfterDays],
    ['DEEP_ARCHIVE', days.deepArchiveAfterDays],
  ];
  return all.flatMap(([storageClass, afterDays]) =>
    afterDays === undefined ? [] : [{ storageClass, afterDays }],
  );
}
