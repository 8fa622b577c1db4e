import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { OBJECT } from '../core/names.ts';

/** Taking away what is stored. Lifecycle does that, and lifecycle is not subject to a bucket policy. */
const DELETE = ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'];

/** What replication from another bucket would do here: delete markers, other versions, and the mark that lifecycle goes by. */
const REPLICATE = ['s3:ReplicateDelete', 's3:ReplicateObject', 's3:ReplicateTags'];

/** Encrypting what is stored anew, with a key that somebody else can take away: deleting it by another name. */
const REENCRYPT = ['s3:UpdateObjectEncryption'];

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
 * Every other object of a set is sent with the wish that none be there. The first two say how things stand, and change. The
 * instructions are sent without it; their hash is in the manifest, so the next verification finds another text.
 */
const WRITTEN_AGAIN = [OBJECT.claim, OBJECT.verification, OBJECT.instructions];

const everybody = { effect: Effect.DENY, principals: [new AnyPrincipal()] };

/**
 * What nobody may do to a bucket, whatever their own rights: delete a version or change its lock; and, but for the
 * role CloudFormation works with, change the bucket's settings. The account is not locked out: a deployment can still
 * change every setting, this policy included, and S3 lets the root user replace a bucket policy whatever it says.
 */
export function guardStatements(bucket: IBucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      ...everybody,
      sid: 'NobodyDeletes',
      actions: [...DELETE, ...HOLD, ...REPLICATE, ...REENCRYPT],
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

/**
 * What nobody may do to the backups besides: put something over what is there, which would remove it once its version
 * had become noncurrent for long enough; or store what S3 encrypts with any other key than its own.
 */
export function contentStatements(bucket: IBucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      ...everybody,
      sid: 'NobodyReplaces',
      actions: ['s3:PutObject'],
      notResources: WRITTEN_AGAIN.map((name) => bucket.arnForObjects(`*/${name}`)),
      conditions: {
        Null: { 's3:if-none-match': 'true' },
        // beginning an upload and its parts take no such header, and make no object; completing it does both
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    }),
    new PolicyStatement({
      ...everybody,
      sid: 'NobodyElsesKey',
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects('*')],
      conditions: {
        Null: { 's3:x-amz-server-side-encryption': 'false' },
        StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' },
      },
    }),
  ];
}

/** The role of the CDK bootstrap, in any of its versions and with any qualifier, in this account and region only. */
function deployRole(): string {
  return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/cdk-*-cfn-exec-role-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
}
