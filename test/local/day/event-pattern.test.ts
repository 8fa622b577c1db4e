import { describe, expect, it } from 'vitest';
import { CloudCannot } from '../../../local/cloud/errors.ts';
import { matches } from '../../../local/day/event-pattern.ts';

const event = {
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  resources: ['arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:one', 'arn:two'],
  detail: {
    alarmName: 'videoplanet-backup/production/Backup/Failing',
    state: { value: 'ALARM' },
    minutes: 7,
  },
};

describe('a pattern', () => {
  it.each([
    [
      'fields that all have one of the values',
      { source: ['aws.states', 'aws.cloudwatch'], detail: { state: { value: ['ALARM'] } } },
    ],
    ['any item of an array', { resources: ['arn:two'] }],
    ['a prefix', { detail: { alarmName: [{ prefix: 'videoplanet-backup/production/' }] } }],
    [
      'a prefix, whatever its case',
      { detail: { alarmName: [{ prefix: { 'equals-ignore-case': 'VideoPlanet' } }] } },
    ],
    ['a suffix of an item', { resources: [{ suffix: ':one' }] }],
    ['a wildcard', { detail: { alarmName: [{ wildcard: 'videoplanet-backup/*/Backup/*' }] } }],
    ['text, whatever its case', { detail: { state: { value: [{ 'equals-ignore-case': 'alarm' }] } } }],
    [
      'what is not one of those',
      { detail: { state: { value: [{ 'anything-but': ['OK', 'INSUFFICIENT_DATA'] }] } } },
    ],
    ['what does not begin so', { detail: { alarmName: [{ 'anything-but': { prefix: 'other/' } }] } }],
    ['a number within bounds', { detail: { minutes: [{ numeric: ['>', 5, '<=', 7] }] } }],
    ['what is there', { detail: { state: [{ exists: true }] } }],
    ['what is not there', { detail: { errorCode: [{ exists: false }] } }],
    ['one of several ways', { $or: [{ source: ['aws.states'] }, { detail: { minutes: [7] } }] }],
    ['everything, where it asks for nothing', {}],
  ])('is matched by %s', (_, pattern) => {
    expect(matches(pattern, event)).toBe(true);
  });

  it.each([
    ['a field with another value', { source: ['aws.states'] }],
    ['a field that is not there', { detail: { status: ['FAILED'] } }],
    ['one field of two', { source: ['aws.cloudwatch'], detail: { state: { value: ['OK'] } } }],
    ['a value that is an object', { detail: { state: ['ALARM'] } }],
    ['a prefix of another', { detail: { alarmName: [{ prefix: 'production' }] } }],
    ['a suffix of another', { resources: [{ suffix: ':three' }] }],
    [
      'a wildcard that ends too early',
      { detail: { alarmName: [{ wildcard: 'videoplanet-backup/*/Backup' }] } },
    ],
    ['what is one of those', { detail: { state: { value: [{ 'anything-but': 'ALARM' }] } } }],
    [
      'nothing, where anything but something is asked for',
      { detail: { status: [{ 'anything-but': 'ALARM' }] } },
    ],
    ['a number out of bounds', { detail: { minutes: [{ numeric: ['<', 7] }] } }],
    ['text, where a number is asked for', { source: [{ numeric: ['=', 7] }] }],
    ['what is there, and should not be', { detail: { state: [{ exists: false }] } }],
    ['none of several ways', { $or: [{ source: ['aws.states'] }, { source: ['aws.s3'] }] }],
  ])('is not matched by %s', (_, pattern) => {
    expect(matches(pattern, event)).toBe(false);
  });

  it('with a condition that is not known here is refused, for nobody could say what it matches', () => {
    expect(() => matches({ source: [{ cidr: '10.0.0.0/8' }] }, event)).toThrow(CloudCannot);
  });
});
