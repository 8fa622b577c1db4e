import * as s3 from '@aws-sdk/client-s3';
import { CloudCannot } from './errors.ts';
import { lifecycleRule } from './lifecycle.ts';
import { isObject } from './resolve.ts';

type Properties = Readonly<Record<string, unknown>>;
type Apply = (client: s3.S3Client, Bucket: string, value: never) => Promise<unknown>;

/**
 * How each property of AWS::S3::Bucket is made true. CloudFormation and the S3 API name the same things, with a few
 * differences in shape. A property that is not in this table is an error, so that nothing of the template is left out
 * unnoticed.
 */
const PROPERTIES: Readonly<Record<string, Apply>> = {
  VersioningConfiguration: (client, Bucket, value: s3.VersioningConfiguration) =>
    client.send(new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: value })),
  ObjectLockConfiguration: (client, Bucket, value: s3.ObjectLockConfiguration) =>
    client.send(new s3.PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: value })),
  LifecycleConfiguration: (client, Bucket, { Rules, ...sizes }: { Rules: Properties[] }) =>
    client.send(
      new s3.PutBucketLifecycleConfigurationCommand({
        ...sizes,
        Bucket,
        LifecycleConfiguration: { Rules: Rules.map(lifecycleRule) },
      }),
    ),
  BucketEncryption: (client, Bucket, value: { ServerSideEncryptionConfiguration: Properties[] }) =>
    client.send(
      new s3.PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: value.ServerSideEncryptionConfiguration.map(encryptionRule),
        },
      }),
    ),
  PublicAccessBlockConfiguration: (client, Bucket, value: s3.PublicAccessBlockConfiguration) =>
    client.send(new s3.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: value })),
  OwnershipControls: (client, Bucket, value: s3.OwnershipControls) =>
    client.send(new s3.PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: value })),
  Tags: (client, Bucket, value: s3.Tag[]) =>
    client.send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: value } })),
};

/** Said at creation, so that applying it afterwards would be too late; or the bucket's name itself. */
const AT_CREATION = ['BucketName', 'ObjectLockEnabled'];

/** Access logs are delivered by AWS at its leisure; nothing on this machine writes or reads them. */
const LEFT_OUT = ['LoggingConfiguration'];

/**
 * Makes a bucket with the properties of its template.
 * @param where names the resource in errors
 * @param properties of AWS::S3::Bucket, resolved
 * @throws {CloudCannot} a property has no counterpart here
 */
export async function createBucket(
  client: s3.S3Client,
  where: string,
  name: string,
  properties: Properties,
): Promise<void> {
  const region = await client.config.region();
  await client.send(
    new s3.CreateBucketCommand({
      Bucket: name,
      CreateBucketConfiguration: { LocationConstraint: region as s3.BucketLocationConstraint },
      ObjectLockEnabledForBucket: properties.ObjectLockEnabled === true,
    }),
  );
  for (const [property, value] of Object.entries(properties)) {
    if (AT_CREATION.includes(property) || LEFT_OUT.includes(property)) continue;
    const apply = PROPERTIES[property];
    if (apply === undefined) {
      throw new CloudCannot(
        where,
        `the bucket has the property ${property}, which this machine does not know`,
        'add it to local/cloud/bucket.ts, or say there why it is left out',
      );
    }
    await apply(client, name, value as never);
  }
}

/**
 * Puts the bucket policy, but for statements with a Condition: the emulator refuses every request such a statement
 * speaks of, whether its condition holds or not, and the one that demands TLS cannot hold over http.
 * @returns the statements that were left out: what each is about, and its condition
 */
export async function putPolicy(client: s3.S3Client, name: string, policy: Properties): Promise<string[]> {
  const statements = (policy.Statement as Properties[]) ?? [];
  const kept = statements.filter((statement) => statement.Condition === undefined);
  if (kept.length > 0) {
    const Policy = JSON.stringify({ ...policy, Statement: kept });
    await client.send(new s3.PutBucketPolicyCommand({ Bucket: name, Policy }));
  }
  return statements
    .filter((statement) => !kept.includes(statement))
    .map(({ Sid, Action, Condition }) => `${Sid ?? Action}: ${JSON.stringify(Condition)}`);
}

/** BucketKeyEnabled and the encryption types that are blocked stand beside the default in both shapes. */
function encryptionRule(rule: Properties): s3.ServerSideEncryptionRule {
  const { ServerSideEncryptionByDefault, ...rest } = rule;
  return {
    ...rest,
    ...(isObject(ServerSideEncryptionByDefault)
      ? { ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault as never }
      : {}),
  };
}
