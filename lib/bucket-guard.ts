import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/** Taking away what is stored. Lifecycle does that, and lifecycle is not subject to a bucket policy. */
const DELETE = ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'];

/** Changing how long a version is held: longer by COMPLIANCE is a bill nobody can stop, shorter is a way round the lock. */
const HOLD = ['s3:PutObjectRetention', 's3:PutObjectLegalHold'];

/** Settings by which data could be made to go away, become readable, or leave the account. */
const SETTINGS = [
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:PutBucketAcl',
  's3:PutBucketLogging',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketOwnershipControls',
  's3:PutBucketPolicy',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketVersioning',
  's3:PutEncryptionConfiguration',
  's3:PutLifecycleConfiguration',
  's3:PutReplicationConfiguration',
];

/**
 * What nobody may do to the backups, whatever their own rights: delete a version or change its lock; and, but for the
 * role CloudFormation works with, change the bucket's settings. The account is not locked out: a deployment can still
 * change every setting, this policy included, and S3 lets the root user replace a bucket policy whatever it says.
 */
export function guardStatements(bucket: IBucket): PolicyStatement[] {
  const everybody = { effect: Effect.DENY, principals: [new AnyPrincipal()] };
  return [
    new PolicyStatement({
      ...everybody,
      sid: 'NobodyDeletes',
      actions: [...DELETE, ...HOLD],
      resources: [bucket.arnForObjects('*')],
    }),
    new PolicyStatement({
      ...everybody,
      sid: 'OnlyDeploymentsChangeSettings',
      actions: SETTINGS,
      resources: [bucket.bucketArn],
      conditions: { ArnNotLike: { 'aws:PrincipalArn': deployRole() } },
    }),
  ];
}

/** The role of the CDK bootstrap, in any of its versions and with any qualifier, in this account and region only. */
function deployRole(): string {
  return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/cdk-*-cfn-exec-role-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
}
