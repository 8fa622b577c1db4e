import { describe, expect, it } from 'vitest';
import { kindOfInput, parseBackupInput } from '../../core/backup-input.ts';
import { WorkflowInputInvalid } from '../../core/errors/index.ts';
import { refusalOf } from '../support/refusal.ts';

const STARTED = '2026-11-24T02:00:07.123Z';
const refusal = (input: unknown) => refusalOf(() => parseBackupInput(input, STARTED), WorkflowInputInvalid);

describe('the input of the backup workflow', () => {
  it.each([
    [{ kind: 'daily', slot: '2026-11-23T17:00:00Z' }, 'daily', '2026-11-23T17:00:00.000Z'],
    [{ kind: 'weekly', slot: '2026-11-24T02:00:00+09:00' }, 'weekly', '2026-11-23T17:00:00.000Z'],
    [{ kind: 'critical' }, 'critical', '2026-11-24T02:00:07.000Z'],
    // the scheduler's clock may be ahead of the workflow's
    [{ kind: 'critical', slot: '2026-11-24T02:01:00Z' }, 'critical', '2026-11-24T02:01:00.000Z'],
  ])('%j is a %s set of %s', (input, kind, slot) => {
    const id = parseBackupInput(input, STARTED);
    expect([id.kind, id.slot.toISOString()]).toEqual([kind, slot]);
  });

  it.each([
    [{}, 'kind'],
    [{ kind: 'monthly' }, 'kind'],
    [{ kind: 'daily', slots: 'x' }, '"slots"'],
    [{ kind: 'daily', slot: 'yesterday' }, 'slot: yesterday is no instant'],
    [{ kind: 'daily', slot: '2026-11-24T02:00:00' }, 'with a zone'],
    [{ kind: 'daily', slot: '2026-02-30T02:00:00Z' }, 'slot:'],
    [{ kind: 'daily', slot: 5 }, 'slot'],
    // a set of next year would be the newest for a year
    [{ kind: 'daily', slot: '2027-11-24T02:00:00Z' }, 'lies after the start of the execution'],
    [{ kind: 'daily', slot: '2026-11-24T02:05:08Z' }, 'expected an instant that has come'],
    ['daily', '(input)'],
    [null, '(input)'],
    [[], '(input)'],
  ])('%j is refused in words for whoever typed it', (input, says) => {
    const message = refusal(input);
    for (const part of [says, 'expected {"kind": "daily"}', 'nothing was done'])
      expect(message).toContain(part);
  });
});

describe('the kind of another execution', () => {
  it.each([
    ['{"kind":"daily","slot":"x"}', 'daily'],
    ['{"kind":"monthly"}', undefined],
    ['"daily"', undefined],
    ['{', undefined],
  ])('with the input %s is %s', (text, kind) => {
    expect(kindOfInput(text)).toBe(kind);
  });
});
