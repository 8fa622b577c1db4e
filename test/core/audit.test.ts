import { describe, expect, it } from 'vitest';
import { type AuditEvent, auditEventSchema, auditKey, auditKeyTime, auditText } from '../../core/audit.ts';

const event: AuditEvent = {
  event: 'backup',
  status: 'succeeded',
  execution: { id: 'arn:x', name: 'run-1', startedAt: '2026-11-24T02:00:07.123+09:00' },
  input: { kind: 'daily' },
};

describe('an audit record', () => {
  it('lies under its day and time in UTC, and is named by event, execution and status', () => {
    expect(auditKey(event)).toBe('audit/2026/11/23/170007Z-backup-run-1-succeeded.json');
  });

  it('has a key that says when its execution began', () => {
    expect(auditKeyTime(auditKey(event))).toEqual(new Date('2026-11-23T17:00:07Z'));
    for (const key of ['audit/2026/13/23/170007Z-x.json', 'audit/2026/11/23/x.json', 'audit/chain/1.json'])
      expect(auditKeyTime(key), key).toBeUndefined();
  });

  it('has a key of its own for each event, status, execution and start', () => {
    const others: AuditEvent[] = [
      { ...event, event: 'restore' },
      { ...event, status: 'failed' },
      { ...event, execution: { ...event.execution, name: 'run-2' } },
      { ...event, execution: { ...event.execution, startedAt: '2026-11-24T02:00:08Z' } },
    ];
    expect(new Set([event, ...others].map(auditKey)).size).toBe(5);
  });

  it('keeps a name that holds what a key should not', () => {
    const key = auditKey({ ...event, execution: { ...event.execution, name: '../백업' } });
    expect(key).toBe('audit/2026/11/23/170007Z-backup-..%2F%EB%B0%B1%EC%97%85-succeeded.json');
  });

  it('says all that was given, and when it was written', () => {
    const failed = { ...event, status: 'failed', details: { setId: 'x' }, error: { error: 'BackupFailed' } };
    expect(JSON.parse(auditText(failed, new Date('2026-11-24T00:00:00Z')))).toEqual({
      format: 'videoplanet-audit',
      formatVersion: 1,
      writtenAt: '2026-11-24T00:00:00.000Z',
      ...failed,
    });
  });

  it('leaves out the name that somebody confirmed with', () => {
    const input = { mode: 'full', confirm: 'postgres' };
    const record = JSON.parse(auditText({ ...event, input }, new Date()));
    expect(record).toMatchObject({ input: { mode: 'full' }, confirmed: true });
    expect(JSON.parse(auditText(event, new Date()))).not.toHaveProperty('confirmed');
    expect(JSON.parse(auditText({ ...event, input: 'confirm' }, new Date())).input).toBe('confirm');
  });

  it.each([
    [{ ...event, event: '../x' }],
    [{ ...event, status: '' }],
    [{ ...event, execution: { ...event.execution, startedAt: 'now' } }],
    [{ ...event, execution: { ...event.execution, name: '' } }],
  ])('is refused as %j', (wrong) => {
    expect(auditEventSchema.safeParse(wrong).success).toBe(false);
  });
});
