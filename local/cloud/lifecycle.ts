import type * as s3 from '@aws-sdk/client-s3';
import { CloudCannot } from './errors.ts';

/** What has the same shape in CloudFormation and in the S3 API. */
const SAME = ['NoncurrentVersionExpiration', 'AbortIncompleteMultipartUpload'];

/**
 * A lifecycle rule of a template as the S3 API takes it: what CloudFormation writes flat is nested there.
 * @throws {CloudCannot} for a part of a rule that nothing here has needed
 */
export function lifecycleRule(rule: Readonly<Record<string, unknown>>): s3.LifecycleRule {
  const {
    Id,
    Status,
    Prefix,
    TagFilters,
    ObjectSizeGreaterThan,
    Transitions = [],
    ExpirationInDays,
    ExpiredObjectDeleteMarker,
    ...rest
  } = rule;
  const strange = Object.keys(rest).find((key) => !SAME.includes(key));
  if (strange !== undefined) {
    throw new CloudCannot(
      `lifecycle rule ${Id}`,
      `it has a ${strange}, which this machine does not know`,
      'add it to local/cloud/lifecycle.ts',
    );
  }
  const expiration = {
    ...(ExpirationInDays === undefined ? {} : { Days: Number(ExpirationInDays) }),
    ...(ExpiredObjectDeleteMarker === undefined ? {} : { ExpiredObjectDeleteMarker: true }),
  };
  const transitions = Transitions as { TransitionInDays: number; StorageClass: s3.TransitionStorageClass }[];
  return {
    ...(rest as object),
    ID: String(Id),
    Status: Status as s3.ExpirationStatus,
    Filter: lifecycleFilter({
      Prefix: Prefix as string | undefined,
      Tags: TagFilters as s3.Tag[] | undefined,
      ObjectSizeGreaterThan: ObjectSizeGreaterThan === undefined ? undefined : Number(ObjectSizeGreaterThan),
    }),
    ...(transitions.length === 0
      ? {}
      : {
          Transitions: transitions.map(({ TransitionInDays, StorageClass }) => ({
            Days: TransitionInDays,
            StorageClass,
          })),
        }),
    ...(Object.keys(expiration).length === 0 ? {} : { Expiration: expiration }),
  };
}

/** The API wants several conditions, and several tags, under And; a single one beside it. */
function lifecycleFilter(conditions: {
  readonly Prefix: string | undefined;
  readonly Tags: s3.Tag[] | undefined;
  readonly ObjectSizeGreaterThan: number | undefined;
}): s3.LifecycleRuleFilter {
  const given = Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0) return { Prefix: '' };
  const [tag, ...moreTags] = conditions.Tags ?? [];
  if (Object.keys(given).length > 1 || moreTags.length > 0) return { And: given };
  return tag === undefined ? given : { Tag: tag };
}
