import { describe, expect, it } from 'vitest';
import { type AuditEvent, AWS_STATUS, auditKey, auditText } from '../../core/audit.ts';
import { type AuditListStore, listAudit } from '../../core/audit-read.ts';

/** Objects by key, and which of them were read. */
class Memory implements AuditListStore {
  readonly objects = new Map<string, string>();
  readonly read: string[] = [];

  add(
    event: string,
    status: string,
    name: string,
    startedAt: string,
    more: Partial<AuditEvent> = {},
  ): string {
    const execution = { id: `arn:${name}`, name, startedAt };
    const record: AuditEvent = { event, status, execution, input: {}, ...more };
    this.objects.set(auditKey(record), auditText(record, new Date(startedAt)));
    return auditKey(record);
  }

  async getText(key: string): Promise<string | undefined> {
    this.read.push(key);
    return this.objects.get(key);
  }

  async *pages(prefix: string, after = '') {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    yield keys.map((key) => ({ key, modified: new Date(0) }));
  }

  async listFolders(prefix: string): Promise<string[]> {
    const below = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
    return [...new Set(below.map((key) => key.slice(0, key.indexOf('/', prefix.length) + 1)))];
  }
}

function filled(): Memory {
  const store = new Memory();
  store.objects.set('audit/chain/9999999998.json', '{}');
  store.add('backup', 'succeeded', 'b-1', '2026-10-31T23:59:59.900Z');
  store.add('backup', 'failed', 'b-2', '2026-11-01T00:00:00.100Z', {
    error: { error: 'BackupFailed', cause: 'x' },
  });
  store.add('restore', 'started', 'r-1', '2026-11-02T10:00:00Z', { input: { confirm: 'shop' } });
  store.add('restore', 'succeeded', 'r-1', '2026-11-02T10:00:00Z', { input: { confirm: 'shop' } });
  store.add('restore', 'succeeded', 'r-2', '2026-11-03T10:00:00Z', { input: { mode: 'rollback' } });
  store.add('restore', AWS_STATUS.startRequested, 'r-1', '2026-11-02T09:59:59Z', {
    details: { by: { arn: 'arn:aws:iam::123456789012:user/kim' } },
  });
  return store;
}

const all = { limit: 100 };
const names = async (store: Memory, filter: Partial<Parameters<typeof listAudit>[1]>) =>
  (await listAudit(store, { ...all, ...filter })).records.map((each) => `${each.execution} ${each.status}`);

describe('the list of records', () => {
  it('has all of them, the newest first, and says of each what an operator asks', async () => {
    const { records, more } = await listAudit(filled(), all);
    expect(more).toBe(false);
    expect(records.map(({ execution, status }) => `${execution} ${status}`)).toEqual([
      'r-2 succeeded',
      'r-1 succeeded',
      'r-1 started',
      'r-1 start-requested',
      'b-2 failed',
      'b-1 succeeded',
    ]);
    expect(records[1]).toMatchObject({
      by: 'arn:aws:iam::123456789012:user/kim',
      confirmed: true,
      error: null,
      startedAt: '2026-11-02T10:00:00.000Z',
    });
    expect(records[4]).toMatchObject({ by: null, confirmed: false, error: 'BackupFailed' });
    expect(JSON.stringify(records)).not.toContain('shop');
  });

  it('of a range reads no other days, and keeps the fractions of the first second', async () => {
    const store = filled();
    const range = { since: new Date('2026-10-31T23:59:59.900Z'), until: new Date('2026-11-02T00:00:00Z') };
    expect(await names(store, range)).toEqual(['b-2 failed', 'b-1 succeeded']);
    expect(store.read).toHaveLength(2);
  });

  it.each([
    [{ event: 'backup' }, ['b-2 failed', 'b-1 succeeded']],
    [{ status: 'failed' }, ['b-2 failed']],
    [{ event: 'rollback' }, ['r-2 succeeded']],
    [{ execution: 'r-1' }, ['r-1 succeeded', 'r-1 started', 'r-1 start-requested']],
    [{ execution: 'r-1', status: 'started' }, ['r-1 started']],
    [{ event: 'drill' }, []],
  ])('by %j', async (filter, expected) => {
    expect(await names(filled(), filter)).toEqual(expected);
  });

  it('tells who, though the record that says so was filtered away', async () => {
    const { records } = await listAudit(filled(), { ...all, execution: 'r-1', status: 'succeeded' });
    expect(records).toMatchObject([{ by: 'arn:aws:iam::123456789012:user/kim' }]);
  });

  it('shows what cannot be read, rather than nothing', async () => {
    const store = filled();
    for (const text of ['', '{', '{"event": 3}']) {
      const key = `audit/2026/11/04/000000Z-backup-x${text.length}-failed.json`;
      store.objects.set(key, text);
      const { records } = await listAudit(store, { ...all, since: new Date('2026-11-04T00:00:00Z') });
      expect(records.find((each) => each.key === key)).toMatchObject({
        event: null,
        problem: expect.any(String),
      });
    }
  });

  it('stops reading when it has as many as asked for, and says that there are more', async () => {
    const store = new Memory();
    for (let n = 0; n < 10_000; n += 1)
      store.add('backup', 'succeeded', `b-${n}`, new Date(Date.UTC(2026, 10, 1 + (n % 28))).toISOString());
    const { records, more } = await listAudit(store, { limit: 10 });
    expect([records.length, more]).toEqual([10, true]);
    expect(store.read.length).toBeLessThan(50);
    expect((await listAudit(store, { limit: 10_000 })).records).toHaveLength(10_000);
  });
});
