import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { LifecycleRule } from '../core/lifecycle.ts';
import { contentStatements, guardStatements } from './bucket-guard.ts';

export interface BackupBucketProps {
  /** What moves, and what goes, when; already found free of faults (core/lifecycle.ts). */
  readonly lifecycle: readonly LifecycleRule[];
  /** How long nobody, not even an administrator without the bypass right, can delete a new version. */
  readonly lockFor: Duration;
  /**
   * How long the record of who read and wrote is kept.
   * @default Duration.days(400) - a year and a month, so that an audit once a year finds all of it
   */
  readonly accessLogsFor?: Duration;
}

/** Where the sets, the audit copy and the reports lie. Outlives the stack that made it. */
export class BackupBucket extends Construct {
  /** The operations stack gives its roles rights on it; the restore by hand reads it. */
  readonly bucket: s3.IBucket;

  constructor(scope: Construct, id: string, props: BackupBucketProps) {
    super(scope, id);
    const common = {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      // encryption with a key that only the caller has is how a thief of credentials holds a bucket to ransom
      blockedEncryptionTypes: [s3.BlockedEncryptionType.SSE_C],
      enforceSSL: true,
      // S3 speaks 1.3 wherever the client does; a floor of 1.3 would lock out clients of 1.2 (the console's among them)
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.RETAIN,
    } satisfies s3.BucketProps;
    // A bucket of its own: S3 delivers no access logs into a bucket with Object Lock.
    const accessLogs = new s3.Bucket(this, 'AccessLogs', {
      ...common,
      lifecycleRules: [
        { id: 'expire-access-logs', expiration: props.accessLogsFor ?? Duration.days(400) },
        { id: 'abort-incomplete-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    // CDK declares optional members of Bucket and IBucket unlike; hence the casts, here and where a Vpc or Cluster is made
    const bucket = new s3.Bucket(this, 'Bucket', {
      ...common,
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: s3.ObjectLockRetention.governance(props.lockFor),
      // manifests and instructions stay in STANDARD, readable at once, when the dump beside them is in an archive class
      transitionDefaultMinimumObjectSize: s3.TransitionDefaultMinimumObjectSize.ALL_STORAGE_CLASSES_128_K,
      lifecycleRules: props.lifecycle.map(toCdkRule),
      serverAccessLogsBucket: accessLogs as s3.IBucket,
      serverAccessLogsPrefix: 'backups/',
    });
    this.bucket = bucket as s3.IBucket;
    Validations.of(bucket).acknowledge({
      id: 'CloudFormation-Validate::W9003',
      reason:
        'CDK writes ObjectSizeGreaterThan as a number where the schema says string; CloudFormation takes both.',
    });
    guard(accessLogs, guardStatements(accessLogs as s3.IBucket));
    guard(bucket, [...guardStatements(this.bucket), ...contentStatements(this.bucket)]);
  }
}

/** A bucket that stays while its policy goes with the stack would stay without protection. */
function guard(bucket: s3.Bucket, statements: readonly PolicyStatement[]): void {
  for (const statement of statements) bucket.addToResourcePolicy(statement);
  bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
}

function toCdkRule(rule: LifecycleRule): s3.LifecycleRule {
  const days = (count: number | undefined) => (count === undefined ? undefined : Duration.days(count));
  return {
    id: rule.id,
    ...defined('prefix', rule.prefix),
    ...defined('objectSizeGreaterThan', rule.objectSizeGreaterThan),
    ...(rule.tagFilter === undefined ? {} : { tagFilters: { [rule.tagFilter.key]: rule.tagFilter.value } }),
    ...(rule.transitions === undefined
      ? {}
      : {
          transitions: rule.transitions.map((transition) => ({
            storageClass: new s3.StorageClass(transition.storageClass),
            transitionAfter: Duration.days(transition.afterDays),
          })),
        }),
    ...defined('expiration', days(rule.expirationDays)),
    ...defined('noncurrentVersionExpiration', days(rule.noncurrentExpirationDays)),
    ...defined('noncurrentVersionsToRetain', rule.noncurrentVersionsToRetain),
    ...defined('expiredObjectDeleteMarker', rule.expiredObjectDeleteMarker),
    ...defined('abortIncompleteMultipartUploadAfter', days(rule.abortIncompleteMultipartUploadDays)),
  };
}

/** An optional property is left out, not set to undefined: the two differ to the compiler. */
function defined<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V });
}
