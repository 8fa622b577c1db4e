import { describe, expect, it } from 'vitest';
import { parseDefinition, statesOf, unwrap, withLimits } from '../../../local/cloud/definition.ts';
import { CloudCannot } from '../../../local/cloud/errors.ts';

const machine = (task: object, more: object = {}) => ({
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      ItemProcessor: {
        StartAt: 'Work',
        States: { Work: { Type: 'Task', Resource: 'arn', ...task, End: true } },
      },
      End: true,
    },
  },
  ...more,
});
const work = (definition: unknown) => statesOf(definition, 'Task').get('Work');

describe('a definition', () => {
  it.each([
    ['Assign', machine({ Assign: { a: 1 } })],
    ['HeartbeatSeconds', machine({ HeartbeatSeconds: 5 })],
    ['Credentials', machine({ Credentials: { RoleArn: 'arn' } })],
    ['QueryLanguage JSONata', machine({}, { QueryLanguage: 'JSONata' })],
    ['QueryLanguage JSONata', machine({ QueryLanguage: 'JSONata' })],
  ])('that uses %s, which the interpreter would ignore, is refused', (field, definition) => {
    const parse = () => parseDefinition('Stack, Machine', JSON.stringify(definition));
    expect(parse).toThrow(CloudCannot);
    expect(parse).toThrow(new RegExp(`^Stack, Machine.*${field}`));
  });

  it('in plain JSONPath is taken as it is', () => {
    const definition = machine({ Parameters: { 'a.$': '$.b' } }, { QueryLanguage: 'JSONPath' });
    expect(parseDefinition('x', JSON.stringify(definition))).toEqual(definition);
  });

  it('keeps its limits, unless the caller has others', () => {
    const definition = machine({ TimeoutSeconds: 100 });
    expect(work(withLimits(definition, {}))?.TimeoutSeconds).toBe(100);
    expect(work(withLimits(definition, { timeoutSeconds: { Work: 3 } }))?.TimeoutSeconds).toBe(3);
  });

  it('without a limit is not stopped by the interpreter after its own sixty seconds', () => {
    expect(work(withLimits(machine({}), {}))?.TimeoutSeconds).toBeGreaterThan(24 * 3600);
  });

  it('with a limit from the input hands it over beside the parameters', () => {
    const state = work(
      withLimits(machine({ TimeoutSecondsPath: '$.limit', Parameters: { 'a.$': '$.b' } }), {}),
    );
    expect(state?.Parameters).toEqual({
      'taskTimeoutSeconds.$': '$.limit',
      taskParameters: { 'a.$': '$.b' },
    });
    const given = { taskTimeoutSeconds: 7, taskParameters: { a: 1 } };
    expect(unwrap(state ?? { Type: '' }, given)).toEqual({ seconds: 7, parameters: { a: 1 } });
  });
});
