import { expect, it } from 'vitest';
import { targetInput } from '../../../local/day/target-input.ts';

const event = {
  source: 'aws.states',
  resources: ['arn:one'],
  detail: { status: 'ABORTED', name: 'a "run"', counts: { failed: 2 } },
};

it.each([
  ['the event itself', {}, JSON.stringify(event)],
  ['what the rule says', { Input: '{"scheduled":"guard"}' }, '{"scheduled":"guard"}'],
  ['a part of it', { InputPath: '$.detail.counts' }, '{"failed":2}'],
  ['an item of a list', { InputPath: '$.resources[0]' }, '"arn:one"'],
  ['null for a part that is not there', { InputPath: '$.detail.none' }, 'null'],
])('a target is given %s', (_, target, given) => {
  expect(targetInput(target, event)).toBe(given);
});

it.each([
  [
    'values as JSON has them',
    '{"stopped":"backup","detail":<all>,"status":<status>}',
    { stopped: 'backup', detail: event.detail, status: 'ABORTED' },
  ],
  ['text within text', '{"text":"<name> ended as <status>, <none>"}', { text: 'a "run" ended as ABORTED, ' }],
  ['the event', '{"event":<aws.events.event.json>}', { event }],
  ['null for what is not there', '{"none":<none>}', { none: null }],
  ['what no path names as it stands', '{"text":"<other>"}', { text: '<other>' }],
])('a template puts in %s', (_, InputTemplate, given) => {
  const InputPathsMap = {
    all: '$.detail',
    status: '$.detail.status',
    name: '$.detail.name',
    none: '$.detail.no',
  };
  const text = targetInput({ InputTransformer: { InputPathsMap, InputTemplate } }, event);
  expect(JSON.parse(text)).toEqual(given);
});

it('a template of lines gives lines', () => {
  const InputTransformer = {
    InputPathsMap: { status: '$.detail.status' },
    InputTemplate: '"It ended as <status>."\n"Look at it."',
  };
  expect(targetInput({ InputTransformer }, event)).toBe('"It ended as ABORTED."\n"Look at it."');
});
