import { describe, expect, it } from 'vitest';
import { compareWith, type OpenApi } from '../../../local/supabase/contract.ts';
import { OPERATIONS, type OperationName } from '../../../local/supabase/management-answers.ts';

const text = { type: 'string' };
const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const query = (name: string, schema: object, required = false) => ({ name, in: 'query', required, schema });
const QUERIES: Partial<Record<OperationName, object[]>> = {
  listProjects: [query('offset', { type: 'integer' }), query('limit', { type: 'integer', maximum: 100 })],
  health: [query('services', { type: 'array', items: { $ref: '#/components/schemas/Text' } }, true)],
  apiKeys: [query('reveal', { type: 'boolean' })],
};

/** A document that allows everything the stand-in does, save for what is set otherwise in one call. */
function document(name?: OperationName, other: object | null = {}): OpenApi {
  const paths: Record<string, Record<string, object>> = {};
  for (const key of Object.keys(OPERATIONS) as OperationName[]) {
    const { method, path, status, answer } = OPERATIONS[key];
    if (key === name && other === null) continue;
    const id = /\{(\w+)\}/.exec(path)?.[1];
    const parameters = id === undefined ? [] : [{ name: id, in: 'path', required: true, schema: text }];
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: {
        parameters: [...parameters, ...(QUERIES[key] ?? [])],
        ...(method === 'POST' ? { requestBody: json({}) } : {}),
        responses: { [status]: answer === undefined ? {} : json({}) },
        ...(key === name ? other : {}),
      },
    };
  }
  return { paths, components: { schemas: { Text: text } } } as unknown as OpenApi;
}

describe('the comparison with an OpenAPI document', () => {
  it('finds nothing where all fits, and has tried every call', async () => {
    const { calls, problems } = await compareWith(document());
    expect(problems).toEqual([]);
    expect(calls).toHaveLength(Object.keys(OPERATIONS).length);
  });

  it.each<[string, OperationName, object | null, string]>([
    ['a call that is not there', 'pooler', null, 'is not in the document'],
    ['another status', 'createProject', { responses: { 200: {} } }, 'answers 201, expected 200'],
    ['a parameter nobody knows', 'apiKeys', { parameters: [] }, 'query reveal is unknown'],
    [
      'a parameter that is missing',
      'organization',
      { parameters: [query('include', text, true)] },
      'query include is missing',
    ],
    [
      'a parameter of another form',
      'project',
      {
        parameters: [
          { name: 'ref', in: 'path', required: true, schema: { type: 'string', pattern: '^z+$' } },
        ],
      },
      'path ref does not fit',
    ],
    [
      'a field too many in a request',
      'createProject',
      { requestBody: json({ type: 'object', properties: { name: text }, additionalProperties: false }) },
      'the request does not fit: it must NOT have additional properties',
    ],
    [
      'a field that is missing in an answer',
      'deleteProject',
      { responses: { 200: json({ type: 'object', required: ['deleted_at'] }) } },
      "the answer does not fit: it must have required property 'deleted_at'",
    ],
    [
      'a time of another form',
      'project',
      {
        responses: {
          200: json({ type: 'object', properties: { created_at: { type: 'string', format: 'date' } } }),
        },
      },
      'it/created_at must match format "date"',
    ],
    ['a body where none is', 'backups', { responses: { 200: {} } }, 'the answer has a body, expected none'],
  ])('sees %s', async (_, name, other, says) => {
    const { problems } = await compareWith(document(name, other));
    expect(problems.join('\n')).toContain(says);
    expect(problems.every((problem) => problem.startsWith(OPERATIONS[name].method))).toBe(true);
  });
});
