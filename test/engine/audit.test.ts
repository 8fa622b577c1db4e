import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AuditEvent, auditKey, auditText } from '../../core/audit.ts';
import { appendRecord } from '../../core/audit-append.ts';
import { linkKey } from '../../core/audit-chain.ts';
import {
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { backUp, readObject, restore, said } from '../support/runs.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 2, minute));

/** Adds a record as the audit function does. @returns its key */
async function add(bucket: TestBucket, event: AuditEvent): Promise<string> {
  const key = auditKey(event);
  const store = {
    firstKeys: async (Prefix: string) => {
      const { Contents = [] } = await bucket.client.send(
        new ListObjectsV2Command({ Bucket: bucket.name, Prefix }),
      );
      return Contents.flatMap(({ Key }) => Key ?? []);
    },
    getText: async (wanted: string) =>
      (await bucket.keys(wanted)).includes(wanted) ? String(await readObject(bucket, wanted)) : undefined,
    putIfAbsent: async (Key: string, Body: string) => {
      await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
      return 'written' as const;
    },
  };
  await appendRecord(store, key, auditText(event, at(1)), {
    now: () => at(1),
    pause: () => Promise.resolve(),
  });
  return key;
}

const record = (
  event: string,
  status: string,
  minute: number,
  more: Partial<AuditEvent> = {},
): AuditEvent => ({
  event,
  status,
  execution: {
    id: `arn:${event}-${minute}`,
    name: `${event}-${minute}`,
    startedAt: at(minute).toISOString(),
  },
  input: {},
  ...more,
});

describe('the verb audit', () => {
  let bucket: TestBucket;
  let keys: string[];
  beforeAll(async () => {
    bucket = await makeBucket();
    keys = [];
    for (const each of [
      record('backup', 'succeeded', 0),
      record('backup', 'failed', 1, { error: { error: 'BackupFailed', cause: 'x' } }),
      record('restore', 'succeeded', 2, { input: { mode: 'full', confirm: 'shop' } }),
    ])
      keys.push(await add(bucket, each));
  });
  const audit = (...args: string[]) => engine(['audit', ...args], bucket.env);

  it('lists what was done, newest first, and filters it', async () => {
    const all = await audit();
    expect(all, said(all)).toMatchObject({
      exitCode: 0,
      result: {
        verb: 'audit',
        outcome: 'done',
        more: false,
        records: [
          { event: 'restore', status: 'succeeded', execution: 'restore-2', confirmed: true, by: null },
          { event: 'backup', status: 'failed', error: 'BackupFailed', confirmed: false },
          { event: 'backup', status: 'succeeded', startedAt: at(0).toISOString(), key: keys[0] },
        ],
      },
    });
    const some = await audit(
      '--event',
      'backup',
      '--since',
      at(1).toISOString(),
      '--until',
      at(2).toISOString(),
    );
    expect(some.result.records).toMatchObject([{ execution: 'backup-1' }]);
    expect((await audit('--limit', '1')).result).toMatchObject({
      more: true,
      records: [{ event: 'restore' }],
    });
  });

  it('says that the log is whole, and what was removed, changed and put in when it is not', async () => {
    const whole = await audit('--verify');
    expect(whole, said(whole)).toMatchObject({
      exitCode: 0,
      result: { outcome: 'whole', links: 3, problems: 0, newest: expect.stringMatching(/^3:[0-9a-f]{64}$/) },
    });
    const witness = ['--newest', whole.result.newest];
    expect(await audit('--verify', ...witness)).toMatchObject({ exitCode: 0 });
    const put = (Key: string, Body: string) =>
      bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
    const inserted = auditKey(record('drill', 'succeeded', 0));
    await put(inserted, '{}');
    await put(keys[1] ?? '', 'changed');
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: keys[0] }));
    const broken = await audit('--verify');
    expect(broken, said(broken)).toMatchObject({ exitCode: 1, result: { outcome: 'broken', problems: 3 } });
    const found = broken.result.findings.map(({ what, key }: { what: string; key: string }) => [what, key]);
    expect(found).toEqual([
      ['record-changed', keys[1]],
      ['record-removed', keys[0]],
      ['record-inserted', inserted],
    ]);
    for (const Key of [linkKey(3), keys[2] ?? ''])
      await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }));
    const { result } = await audit('--verify', ...witness);
    expect(result.findings).toContainEqual(
      expect.objectContaining({ what: 'newest-removed', key: linkKey(3) }),
    );
  });

  it('cannot say anything of a bucket without a chain, or of one that it cannot read', async () => {
    const { env } = await makeBucket();
    const empty = await engine(['audit', '--verify'], env);
    expect(empty).toMatchObject({ exitCode: 2, result: { outcome: 'could-not-verify' } });
    const gone = await engine(['audit', '--verify'], { ...env, BACKUP_BUCKET: 'not-there' });
    expect(gone).toMatchObject({
      exitCode: 2,
      result: { notVerified: [expect.stringContaining('not-there')] },
    });
    expect(await engine(['audit'], env)).toMatchObject({ exitCode: 0, result: { records: [] } });
  });

  it.each([
    [['--since', 'yesterday'], 'yesterday'],
    [['--since', at(1).toISOString(), '--until', at(1).toISOString()], '--since is not before --until'],
    [['--verify', '--event', 'backup'], '--event was given'],
    [['--newest', `1:${'a'.repeat(64)}`], 'add --verify'],
    [['--verify', '--newest', '0:x'], 'names no link'],
    [['--install', '--verify'], '--install goes with nothing else'],
    [['--limit', '0'], 'from 1 to'],
  ])('refuses %j', async (args, message) => {
    const end = await audit(...args);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'UsageError' } } });
    expect(end.result.error.message).toContain(message);
  });
});

describe.each([15, 17] as const)('the table backup_audit_log on PostgreSQL %i', (major) => {
  let source: TestDatabase;
  let sql: string;
  beforeAll(async () => {
    source = await makeDatabase(major);
    await source.query('CREATE TABLE films (id int PRIMARY KEY); INSERT INTO films VALUES (1), (2)');
    for (const role of ['anon', 'authenticated'])
      await source.query(
        `DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
      );
    // as Supabase has it
    await source.query(
      'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated',
    );
    ({ sql } = (await engine(['audit', '--install'], {})).result);
    await source.query(sql);
  });

  it('can be made again, and nobody of the API sees it', async () => {
    await source.query(sql);
    const rights = await source.query(
      `SELECT role, has_table_privilege(role, 'public.backup_audit_log', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') AS may
         FROM unnest(ARRAY['anon', 'authenticated']) role`,
    );
    expect(rights.rows).toEqual([
      { role: 'anon', may: false },
      { role: 'authenticated', may: false },
    ]);
    const secured = await source.query(
      `SELECT relrowsecurity FROM pg_class WHERE oid = 'public.backup_audit_log'::regclass`,
    );
    expect(secured.rows).toEqual([{ relrowsecurity: true }]);
  });

  it('has a row of each run that did something, is in the sets as any table, and comes back with them', async () => {
    const target = await makeDatabase(major);
    const bucket = await makeBucket();
    const env = engineEnv(bucket, source, target);
    const { id } = await backUp(env);
    const second = await backUp(env, '--kind', 'weekly');
    await restore(env, second.id);
    const failed = await engine(['restore', 'daily-20200101T000000Z', '--mode', 'full'], env);
    expect(failed.exitCode).not.toBe(0);
    await engine(['list'], env);
    const { rows } = await source.query('SELECT * FROM backup_audit_log ORDER BY started_at');
    const done = { outcome: 'verified', exit_code: 0, error: null };
    expect(rows).toMatchObject([
      { verb: 'backup', set_id: id, ...done, details: { tables: 2, rows: '2', existing: false } },
      { verb: 'backup', set_id: second.id, ...done, details: { tables: 2, rows: '3' } },
      { verb: 'restore', set_id: second.id, ...done },
    ]);
    expect(new Set(rows.map((row) => row.id)).size).toBe(3);
    // the state of the snapshot, before the row about the set itself
    const restored = await target.query('SELECT set_id FROM backup_audit_log');
    expect(restored.rows).toEqual([{ set_id: id }]);
    expect((await engine(['verify', second.id], env)).exitCode).toBe(0);
  });
});
