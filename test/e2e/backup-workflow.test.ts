import { once } from 'node:events';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TASK_START_ERRORS, WORKFLOW_ERROR } from '../../core/names.ts';
import type { ExecutionResult } from '../../local/cloud/execution.ts';
import { loadSampleData } from '../../local/sample/load.ts';
import { type DeployedApp, deployApp } from '../support/cloud.ts';
import { engine, makeDatabase, type TestDatabase } from '../support/engine.ts';
import { said } from '../support/runs.ts';

let app: DeployedApp;
let database: TestDatabase;

beforeAll(async () => {
  database = await makeDatabase(17);
  [app] = await Promise.all([deployApp(database.url), loadSampleData(database.url, { megabytes: 2 })]);
});
afterAll(() => app.stop());
afterEach(() => app.putSecret('database-url', database.url));

/** A slot nobody else uses, with its folder. */
let hour = 0;
function newSlot() {
  const slot = new Date(Date.UTC(2026, 10, 1, hour++));
  const folder = `daily/${slot.toISOString().replace(/[-:]|\.\d+/g, '')}/`;
  return { input: { kind: 'daily', slot: slot.toISOString() }, folder };
}

const namesIn = (keys: readonly string[]) => keys.map((key) => key.split('/').at(-1));

/** What the one program of a state printed last: the engine's result. */
function engineResult({ programs }: ExecutionResult, state: string): unknown {
  const [program, ...more] = programs.filter((each) => each.state === state);
  expect(more).toEqual([]);
  return JSON.parse(program?.stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** The audit record of an execution. */
async function auditOf(end: ExecutionResult, name: string): Promise<unknown> {
  const keys = (await app.versions('audit/')).filter((key) => key.includes(name));
  expect(keys, JSON.stringify(end.programs)).toHaveLength(1);
  return JSON.parse(await app.readText(keys[0] ?? ''));
}

/** Keeps a table locked, so that a backup waits as long as a test wants it to. */
async function whileLocked<T>(work: (release: () => Promise<void>) => Promise<T>): Promise<T> {
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query('BEGIN; LOCK TABLE public.projects IN ACCESS EXCLUSIVE MODE');
  const release = () => client.end();
  try {
    return await work(release);
  } finally {
    await client.end();
  }
}

describe('the backup workflow', () => {
  it('makes a set, verifies it, runs retention and leaves an audit record', async () => {
    const { input, folder } = newSlot();
    const end = await app.backup(input, { name: 'a-good-one' });
    expect(end, JSON.stringify(end)).toMatchObject({
      status: 'SUCCEEDED',
      states: ['Receive', 'Plan', 'Run?', 'Backup', 'Verify', 'Retention', 'AuditSuccess', 'Verified'],
      output: { retention: { marked: 0 } },
    });
    expect(engineResult(end, 'Backup')).toMatchObject({ outcome: 'made', existing: false, tables: 18 });
    expect(engineResult(end, 'Verify')).toMatchObject({ outcome: 'verified', depth: 'structure' });
    expect(namesIn(await app.versions(folder))).toEqual(
      expect.arrayContaining(['manifest.json', 'verification.json', 'RESTORE.md', 'schema.dump.zst.gpg']),
    );
    expect(await auditOf(end, 'a-good-one')).toMatchObject({ event: 'backup', status: 'succeeded', input });
    expect(app.cloud.publications).toEqual([]);
    // but for what the writer is refused by design: to look before it writes
    const unexpected = app.cloud.refusals.filter(
      (refusal) => !/WriterDefinition.* s3:(GetObject|ListBucket) /.test(refusal),
    );
    expect(unexpected).toEqual([]);
  });

  it('copies within S3 what has not changed since the last critical set, with the rights of the writer', async () => {
    const slots = ['2026-11-02T00:00:00.000Z', '2026-11-02T00:15:00.000Z'];
    const [first, second] = slots.map((slot) => ({ kind: 'critical', slot }));
    const refused = app.cloud.refusals.length;
    expect(await app.backup(first)).toMatchObject({ status: 'SUCCEEDED' });
    await database.query(`UPDATE public.projects SET title = title || '!'`);
    const end = await app.backup(second);
    expect(end, JSON.stringify(end)).toMatchObject({ status: 'SUCCEEDED' });
    const made = engineResult(end, 'Backup') as { tablesCopied: number; tablesRead: number };
    expect(made).toMatchObject({ outcome: 'made', existing: false });
    expect(made.tablesCopied).toBeGreaterThan(0);
    expect(engineResult(end, 'Verify')).toMatchObject({ outcome: 'verified' });
    const folder = 'critical/20261102T001500Z/';
    const { tables } = JSON.parse(await app.readText(`${folder}manifest.json`));
    const copied = tables.filter((table: { copied?: object }) => table.copied !== undefined);
    expect(copied).toHaveLength(made.tablesCopied);
    expect(tables.find(({ name }: { name: string }) => name === 'projects').copied).toBeUndefined();
    // locked like whatever is uploaded there
    const [Key = ''] = (await app.versions(`${folder}data/public.${copied[0].name}`)) ?? [];
    const look = new HeadObjectCommand({ Bucket: app.bucket, Key });
    expect(await app.s3.client().send(look)).toMatchObject({ ObjectLockMode: 'GOVERNANCE' });
    // it asks for the bucket itself, and for the claim of another run
    const unexpected = app.cloud.refusals
      .slice(refused)
      .filter((refusal) => !/WriterDefinition.* s3:ListBucket on resource: [^/]*$/.test(refusal));
    expect(unexpected).toEqual([]);
  });

  it('makes one set for a slot that is delivered twice', async () => {
    const { input, folder } = newSlot();
    await app.backup(input);
    const before = await app.versions(folder);
    const end = await app.backup(input);
    expect(end).toMatchObject({
      status: 'SUCCEEDED',
      states: ['Receive', 'Plan', 'Run?', 'Skipped'],
      output: { plan: { run: false, reason: expect.stringContaining('has been made and verified') } },
    });
    expect(await app.versions(folder)).toEqual(before);
  });

  it('fails by the name of the cause, tells people and records it when the engine refuses its settings', async () => {
    await app.putSecret('database-url', 'postgresql://nobody:s3cret-password@127.0.0.1:1/none');
    const { input, folder } = newSlot();
    const published = app.cloud.publications.length;
    const end = await app.backup(input, { name: 'wrong-url' });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.configurationInvalid });
    expect(end.states.slice(-5)).toEqual(['Explain', 'AuditFailure', 'Alert', 'TellFailure', 'Failed']);
    expect(engineResult(end, 'Backup')).toMatchObject({ exitCode: 3 });
    const [alert] = app.cloud.publications.slice(published);
    expect(alert?.subject).toContain(WORKFLOW_ERROR.configurationInvalid);
    expect(alert?.message).toContain('runbook');
    expect(await auditOf(end, 'wrong-url')).toMatchObject({
      status: 'failed',
      error: { error: WORKFLOW_ERROR.configurationInvalid },
    });
    expect(await app.versions(folder)).toEqual([]);
    expect(JSON.stringify([end, app.cloud.publications])).not.toContain('s3cret-password');
  });

  it('starts the task again when it could not be started', async () => {
    const { input } = newSlot();
    const failures = TASK_START_ERRORS.slice(0, 3);
    const end = await app.backup(input, { retryIntervalMs: 0, startFailures: { Backup: failures } });
    expect(end.status).toBe('SUCCEEDED');
    expect(end.history.filter(({ type }) => type === 'StateRetried')).toHaveLength(failures.length);
    expect(engineResult(end, 'Backup')).toMatchObject({ existing: false });
  });

  it('gives up on a task that cannot be started at all', async () => {
    const { input, folder } = newSlot();
    const end = await app.backup(input, {
      retryIntervalMs: 0,
      startFailures: { Backup: Array(20).fill('AmazonECS.Unknown') },
    });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.taskNotStarted });
    expect(end.history.filter(({ type }) => type === 'StateRetried')).toHaveLength(4);
    expect(await app.versions(folder)).toEqual([]);
  });

  it('stops a run that takes too long, and makes the set of the same slot the next time', async () => {
    const { input, folder } = newSlot();
    const published = app.cloud.publications.length;
    const end = await whileLocked(() => app.backup(input, { timeoutSeconds: { Backup: 4 } }));
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.timedOut });
    // the engine was told to stop, and said so itself
    expect(engineResult(end, 'Backup')).toMatchObject({ exitCode: 1, error: { name: 'InterruptedError' } });
    expect(namesIn(await app.versions(folder))).not.toContain('manifest.json');
    expect(app.cloud.publications.slice(published)).toHaveLength(1);
    const next = await app.backup(input);
    expect(next.status).toBe('SUCCEEDED');
    expect(namesIn(await app.versions(folder))).toContain('manifest.json');
  });

  it('says when a set cannot be relied on', async () => {
    const { input, folder } = newSlot();
    let damaged: Promise<unknown> | undefined;
    const damage = async () => {
      const [key = ''] = (await app.versions(folder)).filter((each) => each.endsWith('rest.dump.zst.gpg'));
      const object = { Bucket: app.bucket, Key: key, Body: 'not what was there' };
      await app.s3.client().send(new PutObjectCommand(object));
    };
    const end = await app.backup(input, {
      // the pause before Verify is tried again is when the object changes
      retryIntervalMs: 3000,
      startFailures: { Verify: ['AmazonECS.Unknown'] },
      onEvent: (event) => {
        if (event.type === 'StateFailed') damaged ??= damage();
      },
    });
    await damaged;
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.verificationFailed });
    expect(engineResult(end, 'Verify')).toMatchObject({ exitCode: 1 });
  });

  it.each([
    ['a kind there is not', { kind: 'yearly' }],
    ['no object at all', 'daily'],
    ['a slot without a zone', { kind: 'daily', slot: '2026-11-24 02:00' }],
    ['a field nobody knows', { kind: 'daily', slots: 1 }],
  ])('refuses %s in words, before anything is run', async (_what, input) => {
    const published = app.cloud.publications.length;
    const end = await app.backup(input);
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.inputInvalid });
    expect(end.cause).toContain('{"kind": "daily"}');
    expect(end.states).not.toContain('Backup');
    expect(app.cloud.publications.slice(published)).toHaveLength(1);
  });

  it('lets a run of the same kind that is still going go first', async () => {
    const [first, second] = [newSlot(), newSlot()];
    await whileLocked(async (release) => {
      const entered = new EventTarget();
      const running = app.start(first.input, {
        name: 'the-first',
        onEvent: (event) => {
          if (event.type === 'StateEntered') entered.dispatchEvent(new Event(event.state.name));
        },
      });
      await once(entered, 'Backup');
      const skipped = await app.backup(second.input);
      expect(skipped).toMatchObject({
        status: 'SUCCEEDED',
        output: { plan: { run: false, reason: expect.stringContaining('the-first') } },
      });
      expect(skipped.states).toEqual(['Receive', 'Plan', 'Run?', 'Skipped']);
      const other = await app.backup({ ...second.input, kind: 'nothing of the kind' });
      expect(other.error).toBe(WORKFLOW_ERROR.inputInvalid);
      await release();
      expect((await running.result).status).toBe('SUCCEEDED');
    });
    expect(await app.versions(second.folder)).toEqual([]);
  });

  it('leaves a log that is whole, and shows a record that was put in by somebody else', async () => {
    const env = { ...app.s3.env, BACKUP_BUCKET: app.bucket };
    const whole = await engine(['audit', '--verify'], env);
    expect(whole, said(whole)).toMatchObject({ exitCode: 0, result: { outcome: 'whole', unproved: 0 } });
    const records = (await app.versions('audit/')).filter((key) => !key.startsWith('audit/chain/'));
    expect(whole.result.links).toBe(records.length);
    const Key = 'audit/2026/11/01/020000Z-restore-never-happened-succeeded.json';
    const forged = { Bucket: app.bucket, Key, Body: '{}', IfNoneMatch: '*' };
    await app.s3.client().send(new PutObjectCommand(forged));
    const broken = await engine(['audit', '--verify'], env);
    expect(broken, said(broken)).toMatchObject({
      exitCode: 1,
      result: { outcome: 'broken', findings: [{ what: 'record-inserted', key: Key }] },
    });
  });
});
