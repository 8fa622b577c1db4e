import { describe, expect, it } from 'vitest';
import { lifecycleRule } from '../../../local/cloud/lifecycle.ts';

const rule = (more: object) => lifecycleRule({ Id: 'a', Status: 'Enabled', ...more });
const tag = { Key: 'retention', Value: 'expired' };

describe('a lifecycle rule of a template, as the S3 API takes it', () => {
  it.each([
    ['nothing', {}, { Prefix: '' }],
    ['a prefix', { Prefix: 'archive/' }, { Prefix: 'archive/' }],
    ['a tag', { TagFilters: [tag] }, { Tag: tag }],
    ['a size', { ObjectSizeGreaterThan: '1000' }, { ObjectSizeGreaterThan: 1000 }],
    ['two tags', { TagFilters: [tag, tag] }, { And: { Tags: [tag, tag] } }],
    ['prefix and tag', { Prefix: 'a/', TagFilters: [tag] }, { And: { Prefix: 'a/', Tags: [tag] } }],
    [
      'prefix and size',
      { Prefix: 'a/', ObjectSizeGreaterThan: '1' },
      { And: { Prefix: 'a/', ObjectSizeGreaterThan: 1 } },
    ],
  ])('filters by %s', (_what, given, filter) => {
    expect(rule(given)).toEqual({ ID: 'a', Status: 'Enabled', Filter: filter });
  });

  it.each([
    [{ ExpirationInDays: 3 }, { Expiration: { Days: 3 } }],
    [{ ExpiredObjectDeleteMarker: true }, { Expiration: { ExpiredObjectDeleteMarker: true } }],
    [
      { Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 7 }] },
      { Transitions: [{ StorageClass: 'GLACIER', Days: 7 }] },
    ],
    [
      { NoncurrentVersionExpiration: { NoncurrentDays: 7 } },
      { NoncurrentVersionExpiration: { NoncurrentDays: 7 } },
    ],
    [
      { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
      { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ],
  ])('does %j', (given, expected) => {
    expect(rule(given)).toEqual({ ID: 'a', Status: 'Enabled', Filter: { Prefix: '' }, ...expected });
  });

  it('refuses what it does not know, rather than leave it out', () => {
    expect(() => rule({ NoncurrentVersionTransitions: [] })).toThrow(
      /NoncurrentVersionTransitions.*does not know/,
    );
  });
});
