import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RestoreInputInvalid } from '../../core/errors/index.ts';
import { parseRestoreInput, writesTo } from '../../core/restore-input.ts';
import { EXAMPLE, WORKFLOW_MODES } from '../../core/restore-input-members.ts';
import { restoreArguments } from '../../core/restore-request.ts';

function refused(input: unknown): string {
  try {
    parseRestoreInput(input);
  } catch (error) {
    expect(error).toBeInstanceOf(RestoreInputInvalid);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(input)} was taken`);
}

describe('the input of a restore', () => {
  it('is short: what is left out is the newest set, into the target', () => {
    expect(parseRestoreInput({ mode: 'full' })).toMatchObject({
      kind: 'restore',
      target: 'target',
      request: { mode: 'full', set: 'latest', plan: false },
      thaw: { tier: 'standard', days: 3 },
    });
  });

  it('gives the engine the arguments it reads, and none of the workflow’s own members', () => {
    const input = parseRestoreInput({
      mode: 'table',
      tables: ['projects'],
      strategy: 'replace',
      target: 'source',
      confirm: 'postgres',
      thaw: { tier: 'bulk' },
    });
    if (input.kind !== 'restore') throw new Error('no restore');
    expect(Object.keys(input.request)).not.toContain('target');
    expect(restoreArguments(input.request)).toEqual([
      ...['restore', 'latest', '--mode', 'table', '--tables', 'projects'],
      ...['--strategy', 'replace', '--confirm', 'postgres'],
    ]);
  });

  it('takes a restore back by its id', () => {
    expect(
      parseRestoreInput({ mode: 'rollback', restoreId: 'r-1', target: 'source', confirm: 'postgres' }),
    ).toEqual({
      kind: 'rollback',
      target: 'source',
      rollback: { mode: 'rollback', restoreId: 'r-1', target: 'source', confirm: 'postgres' },
    });
  });

  it.each(WORKFLOW_MODES)('of mode %s is taken as the example shows it', (mode) => {
    const example = { ...EXAMPLE[mode], ...(mode === 'rollback' ? { restoreId: 'r-1' } : {}) };
    expect(parseRestoreInput(example)).toMatchObject({
      kind: ['rollback', 'files', 'pitr'].includes(mode) ? mode : 'restore',
    });
  });

  it.each([
    ['a word', 'full', 'the input is "full"', '입력이 "full"입니다'],
    ['nothing', null, 'the input is null', '입력이 null입니다'],
    ['a list', [{ mode: 'full' }], 'expected an object in braces', '객체가 필요합니다'],
    ['an empty object', {}, '"mode" is missing', '"mode" 항목이 없습니다'],
    ['a slip in the mode', { mode: 'ful' }, 'did you mean "full"?', '"full"을(를) 뜻하셨나요?'],
    ['a mode of no kind', { mode: 7 }, '"mode" is 7; expected one of "full"', '"mode" 값이 7입니다'],
    [
      'a slip in a member',
      { mode: 'full', plna: true },
      'no member "plna"; did you mean "plan"?',
      '"plan"을(를)',
    ],
    ['another case', { mode: 'full', Set: 'latest' }, 'did you mean "set"?', '"set"을(를)'],
    [
      'a member of no kind',
      { mode: 'full', banana: 1 },
      'there is no member "banana"; there are mode, set, at',
      '쓸 수 있는 항목: mode, set, at',
    ],
    [
      'a set that is none',
      { mode: 'full', set: 'yesterday' },
      '"set" is "yesterday"; expected "latest" or',
      '세트 ID',
    ],
    [
      'a time without a zone',
      { mode: 'full', at: '2026-11-24 02:00' },
      'with its time zone',
      '시간대가 있는 시각',
    ],
    ['a day that is none', { mode: 'full', at: '2026-02-30T00:00:00Z' }, '"at" is "2026-02-30', '"at" 값이'],
    [
      'a moment for one set',
      { mode: 'full', set: 'daily-20261123T170000Z', at: '2026-11-24T02:00:00Z' },
      '"at" is used only with latest',
      '"at" 항목은 이 입력의 다른 항목',
    ],
    [
      'a text for a flag',
      { mode: 'full', plan: 'true' },
      'true or false, without quotes',
      '따옴표 없는 true',
    ],
    [
      'a text for a list',
      { mode: 'table', tables: 'projects' },
      '"tables" is "projects"; expected a list',
      '목록',
    ],
    ['no tables', { mode: 'table' }, '"tables" is missing', '"tables" 항목이 없습니다'],
    ['an empty list', { mode: 'table', tables: [] }, '"tables" is []', '"tables" 값이 []입니다'],
    ['no rows', { mode: 'rows' }, '"rows" is missing', '"rows" 항목이 없습니다'],
    [
      'a row without a table',
      { mode: 'rows', rows: ['id=7'] },
      '"rows.0" is "id=7"; expected a list of rows',
      '행의 목록',
    ],
    [
      'a condition without a table',
      { mode: 'rows', where: ['1 = 1'] },
      'a text without "table:"',
      '"테이블:"이 없는',
    ],
    [
      'tables in a full restore',
      { mode: 'full', tables: ['a'] },
      '"tables" goes with mode table',
      '"tables" 항목은',
    ],
    [
      'a strategy there is not',
      { mode: 'table', tables: ['a'], strategy: 'upsert' },
      '"inspect", "merge", "replace"',
      '중 하나',
    ],
    [
      'a target there is not',
      { mode: 'full', target: 'production' },
      '"target" is "production"',
      '"target" 값이',
    ],
    [
      'a tier there is not',
      { mode: 'full', thaw: { tier: 'fast' } },
      '"thaw.tier" is "fast"',
      '"thaw.tier" 값이',
    ],
    ['no days', { mode: 'full', thaw: { days: 0 } }, 'a whole number of days from 1 to 30', '1에서 30까지'],
    [
      'a slip in thaw',
      { mode: 'full', thaw: { teir: 'bulk' } },
      'no member "thaw.teir"; did you mean "tier"?',
      '"tier"',
    ],
    [
      'no name over the source',
      { mode: 'full', target: 'source' },
      '"confirm" is missing',
      '"confirm" 항목이 없습니다',
    ],
    [
      'no name over rows of the source',
      { mode: 'rows', rows: ['projects:id=7'], target: 'source' },
      'the database that people work with',
      '서비스 중인 데이터베이스',
    ],
    ['an empty name', { mode: 'full', target: 'source', confirm: '' }, '"confirm" is ""', '"confirm" 값이'],
    [
      'a rollback of nothing',
      { mode: 'rollback', confirm: 'a' },
      '"restoreId" is missing',
      '되돌릴 복원의 ID',
    ],
    [
      'a rollback nobody confirmed',
      { mode: 'rollback', restoreId: 'r' },
      '"confirm" is missing',
      '"confirm" 항목이',
    ],
    [
      'a rollback with a set',
      { mode: 'rollback', restoreId: 'r', confirm: 'a', set: 'latest' },
      'no member "set"',
      '"set"',
    ],
    [
      'an id that would be an option',
      { mode: 'rollback', restoreId: '--plan', confirm: 'a' },
      '"restoreId" is',
      'ID',
    ],
  ])('is refused in both languages: %s', (_what, input, english, korean) => {
    const [en = '', ko = ''] = refused(input).split(' Nothing was done. / ');
    expect(en).toContain(english);
    expect(ko).toContain(korean);
    expect(en).toMatch(/A right one: \{"mode":"/);
    expect(ko).toMatch(/올바른 예: \{"mode":".* 아무 작업도 하지 않았습니다\.$/s);
  });

  it('shows the example of the mode that was meant', () => {
    expect(refused({ mode: 'rows' })).toContain(JSON.stringify(EXAMPLE.rows));
    expect(refused({ mode: 'rollback' })).toContain(JSON.stringify(EXAMPLE.rollback));
  });

  it('names everything that is wrong at once', () => {
    const message = refused({ mode: 'full', set: 'x', at: 'y', plan: 1 });
    for (const member of ['set', 'at', 'plan']) expect(message).toContain(`"${member}" is`);
  });

  it('needs no name where nothing is written over', () => {
    for (const input of [
      { mode: 'full', target: 'source', plan: true },
      { mode: 'table', tables: ['a'], strategy: 'inspect', target: 'source' },
    ])
      expect(parseRestoreInput(input)).toMatchObject({ target: 'source' });
  });

  it('does not repeat a connection string, nor what a condition says', () => {
    expect(refused({ mode: 'full', target: 'postgresql://u:geheim@h/d' })).not.toContain('geheim');
    expect(refused('postgresql://u:geheim@h/d')).not.toContain('geheim');
    expect(refused({ mode: 'rows', where: ["email = 'a@b.c'"] })).not.toContain('a@b.c');
  });

  it('is answered in words whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        try {
          parseRestoreInput(input);
        } catch (error) {
          expect(error).toBeInstanceOf(RestoreInputInvalid);
        }
      }),
    );
  });
});

describe('what another execution writes to', () => {
  it.each([
    ['{"mode":"full"}', 'target'],
    ['{"mode":"full","target":"source","confirm":"a"}', 'source'],
    ['{"mode":"full","target":"source","plan":true}', undefined],
    ['{"mode":"rollback","restoreId":"r","confirm":"a","target":"source"}', 'source'],
    ['"nonsense"', undefined],
    ['no json', undefined],
  ])('of %s is %s', (text, where) => {
    expect(writesTo(text)).toBe(where);
  });
});
