import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../core/errors/index.ts';
import { parseRowCondition, parseRowKey } from '../../core/row-selection.ts';

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe('a row by its key', () => {
  it.each<[string, string, [string, string][]]>([
    ['projects:id=7', 'projects', [['id', '7']]],
    ['auth.users:id = 7 ', 'auth.users', [['id', '7']]],
    [
      'members: project_id=7 , user_id=8',
      'members',
      [
        ['project_id', '7'],
        ['user_id', '8'],
      ],
    ],
    [
      't:a="x,""y""",b=',
      't',
      [
        ['a', 'x,"y"'],
        ['b', ''],
      ],
    ],
    ['"My.T:a"."주문":"열,1"=값', '"My.T:a"."주문"', [['열,1', '값']]],
    ['t:at=2026-11-27T10:00:00+09:00', 't', [['at', '2026-11-27T10:00:00+09:00']]],
    ['t:a=b=c', 't', [['a', 'b=c']]],
  ])('is read from %s', (text, table, values) => {
    const key = parseRowKey(text);
    expect([key.table, [...key.values]]).toEqual([table, values]);
  });

  it('is read back whatever its names and values hold, in quotes', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(
        name,
        fc.uniqueArray(fc.tuple(name, fc.string()), { minLength: 1, selector: ([column]) => column }),
        (table, pairs) => {
          const text = `${quoted(table)}:${pairs.map(([column, value]) => `${quoted(column)}=${quoted(value)}`).join(',')}`;
          expect([...parseRowKey(text).values]).toEqual(pairs);
        },
      ),
    );
  });

  it.each([
    '',
    'projects',
    'projects:',
    ':id=7',
    'projects:id',
    'projects:id=1,id=2',
    'projects:=7',
    'a b:id=7',
    'projects:id=1,,',
  ])('is not read from %j', (text) => {
    expect(() => parseRowKey(text)).toThrow(UsageError);
  });
});

describe('rows by a condition', () => {
  it('leave the condition as it is', () => {
    expect(parseRowCondition("projects:created_at > '2026-11-01' AND title ~ ':'")).toEqual({
      table: 'projects',
      condition: "created_at > '2026-11-01' AND title ~ ':'",
    });
  });

  it.each(['', 'projects', 'projects: ', ':true'])('are not read from %j', (text) => {
    expect(() => parseRowCondition(text)).toThrow(UsageError);
  });
});
