import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linkKey, linkNumber, parseLink, sha256Of } from '../../core/audit-chain.ts';
import { resourcesOf } from '../../core/cost/resources.ts';
import { parseEnvironment } from '../../core/environment.ts';
import {
  FILES_FORMAT,
  type FilesManifest,
  inventoryFolder,
  inventoryId,
  serializeFilesManifest,
} from '../../core/files/manifest.ts';
import { type Kind, SCHEDULED_KINDS } from '../../core/kinds.ts';
import { type Manifest, serializeManifest } from '../../core/manifest.ts';
import { parsePolicy } from '../../core/policy.ts';
import { formatSlot, parseSetId, setFolder } from '../../core/set-id.ts';
import { serializeVerification, type Verification } from '../../core/verification.ts';
import { type LocalS3, startS3 } from '../../local/s3.ts';
import { startS3Line } from '../support/fault-s3-proxy.ts';
import { type Bundles, bundleFunctions, type CallEnd } from '../support/functions.ts';
import { expecting, manifestAt } from '../support/health.ts';
import { makeManifest, makeVerification } from '../support/manifests.ts';

const MARK = [{ Key: 'retention', Value: 'expired' }];
const daysAgo = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - days * 86_400_000);

let s3: LocalS3;
let client: S3Client;
let bundles: Bundles;
let bucket = '';
let buckets = 0;

beforeAll(async () => {
  [s3, bundles] = await Promise.all([
    startS3(),
    bundleFunctions(['retention', 'backup-monitor', 'audit', 'backup-plan']),
  ]);
  client = s3.client();
});
afterAll(() => Promise.all([s3.stop(), bundles.remove()]));
beforeEach(async () => {
  buckets += 1;
  bucket = `backups-${buckets}`;
  await s3.createBucket(bucket, { versioned: true });
});

const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
const tagsOf = async (Key: string) =>
  (await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }))).TagSet;
const keysBelow = async (Prefix: string) =>
  (await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))).Contents?.map(
    ({ Key }) => Key ?? '',
  ) ?? [];

/** Puts a set with one object, and with an outcome its verification. @returns its id */
async function putSet(kind: Kind, slot: Date, outcome?: Verification['outcome']): Promise<string> {
  const manifest = makeManifest(kind, formatSlot(slot));
  const folder = setFolder({ kind, slot });
  await put(`${folder}schema.dump.zst.gpg`, 'x');
  await put(`${folder}manifest.json`, serializeManifest(manifest));
  if (outcome !== undefined)
    await put(`${folder}verification.json`, serializeVerification(makeVerification(manifest, outcome)));
  return manifest.id;
}

/** Puts a verified set of which only the manifest counts. */
async function putManifest(manifest: Manifest): Promise<void> {
  const folder = setFolder({ kind: manifest.kind, slot: new Date(manifest.slot) });
  await put(`${folder}manifest.json`, serializeManifest(manifest));
  await put(`${folder}verification.json`, serializeVerification(makeVerification(manifest, 'verified')));
}

function call(name: string, event: unknown, more: Record<string, string> = {}): Promise<CallEnd> {
  const policy = JSON.stringify(parsePolicy({}, 'test'));
  const settings = { BACKUP_BUCKET: bucket, ENVIRONMENT_NAME: 'test', BACKUP_POLICY: policy };
  return bundles.call(name, event, { ...s3.env, ...settings, ...more });
}

const metric = (name: string, kind: Kind | 'files', value: unknown) => ({
  namespace: 'VideoPlanetBackup',
  name,
  unit: expect.any(String),
  value,
  dimensions: { Environment: 'test', Kind: kind },
});

describe('the plan function', () => {
  const plan = (slot: Date) => {
    const execution = {
      id: 'arn:aws:states:ap-northeast-2:123456789012:execution:b:own',
      startedAt: daysAgo(0).toISOString(),
    };
    return call(
      'backup-plan',
      { input: { kind: 'daily', slot: slot.toISOString() }, execution },
      {
        BACKUP_STATE_MACHINE_ARN: 'arn:aws:states:ap-northeast-2:123456789012:stateMachine:b',
        TASK_TIMEOUT_MINUTES: '{"daily":240,"weekly":365,"important":50,"critical":30}',
      },
    );
  };

  it('does not let a set be made twice: one that is there and verified is not read from the database again', async () => {
    const slot = daysAgo(1);
    const id = await putSet('daily', slot, 'verified');
    const { result } = await plan(slot);
    expect(result).toMatchObject({ run: false, setId: id, reason: `${id} has been made and verified` });
  });
});

describe('the retention function', () => {
  /** Two sets that may go, newest first, and two that stay. @returns ids of the two */
  const fill = async () => {
    const old = [await putSet('daily', daysAgo(9), 'verified'), await putSet('daily', daysAgo(8), 'failed')];
    for (const days of [1, 0]) await putSet('daily', daysAgo(days), 'verified');
    return old.reverse();
  };

  it('marks every object of the sets that may go, and no other', async () => {
    const old = await fill();
    const { result, metrics } = await call('retention', { kind: 'daily' });
    expect(result).toEqual({
      dryRun: false,
      marked: 2,
      markedIds: old,
      alreadyMarked: 0,
      kept: 2,
    });
    expect(metrics).toEqual([metric('SetsMarkedExpired', 'daily', 2)]);
    const marked: string[] = [];
    for (const key of await keysBelow('daily/')) {
      const tags = await tagsOf(key);
      if (tags?.length !== 0) marked.push(key);
      expect([MARK, []]).toContainEqual(tags);
    }
    const expected = (await keysBelow('daily/')).slice(0, 6);
    expect(marked).toEqual(expected);
  });

  it('does not mark twice, and ends what a run before it did not', async () => {
    const [, oldest = ''] = await fill();
    await call('retention', { kind: 'daily' });
    const { result: second, metrics } = await call('retention', { kind: 'daily' });
    expect(second).toEqual({ dryRun: false, marked: 0, markedIds: [], alreadyMarked: 2, kept: 2 });
    expect(metrics).toEqual([metric('SetsMarkedExpired', 'daily', 0)]);
    // the mark of the manifest is what tells; a version written anew has none
    const folder = setFolder(parseSetId(oldest));
    const manifest = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: `${folder}manifest.json` }),
    );
    await put(`${folder}manifest.json`, (await manifest.Body?.transformToString()) ?? '');
    await put(`${folder}late.copy.zst.gpg`, 'x');
    expect((await call('retention', { kind: 'daily' })).result).toMatchObject({
      marked: 1,
      alreadyMarked: 1,
    });
    expect(await tagsOf(`${folder}late.copy.zst.gpg`)).toEqual(MARK);
  });

  it('only says what it would mark in a dry run', async () => {
    const old = await fill();
    const { result, metrics } = await call('retention', { kind: 'daily', dryRun: true });
    expect(result).toMatchObject({ dryRun: true, marked: 2, markedIds: old, kept: 2 });
    expect(metrics).toEqual([]);
    for (const key of await keysBelow('daily/')) expect(await tagsOf(key)).toEqual([]);
  });

  it('looks at all kinds where none is named, each by its own rule', async () => {
    for (const kind of ['weekly', 'critical'] as const)
      for (const days of [5, 4, 3]) await putSet(kind, daysAgo(days), 'verified');
    const { result, metrics } = await call('retention', {});
    expect(result).toMatchObject({ marked: 1, kept: 5 });
    expect(result.markedIds[0]).toMatch(/^critical-/);
    expect(metrics.map(({ dimensions, value }) => [dimensions.Kind, value])).toEqual([
      ['daily', 0],
      ['weekly', 0],
      ['important', 0],
      ['critical', 1],
      ['prerestore', 0],
    ]);
  });

  it('marks nothing of a kind when it cannot read one set of it, and says which', async () => {
    await fill();
    const Key = (await keysBelow('daily/')).find((key) => key.endsWith('manifest.json'));
    const refused = { status: 403, code: 'AccessDenied' };
    const line = await startS3Line(({ operation, key }) => {
      return operation === 'GetObject' && key === Key ? refused : undefined;
    }, s3.endpoint);
    const { error, metrics } = await call('retention', { kind: 'daily' }, { ...line.env });
    await line.stop();
    expect(error?.name).toBe('RetentionFailed');
    expect(error?.message).toContain(
      `retention of the daily sets broke off: S3 failed while reading ${Key}: `,
    );
    expect(metrics).toEqual([metric('SetsMarkedExpired', 'daily', 0)]);
    for (const key of await keysBelow('daily/')) expect(await tagsOf(key)).toEqual([]);
  });

  it('works by the policy of the stack, and refuses one that is none', async () => {
    await fill();
    const longer = JSON.stringify(parsePolicy({ retention: { daily: { keepDays: 9 } } }, 'test'));
    expect((await call('retention', {}, { BACKUP_POLICY: longer })).result).toMatchObject({ marked: 1 });
    const broken = await call('retention', {}, { BACKUP_POLICY: '{"objectLockDays":-1}' });
    expect(broken.error).toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('BACKUP_POLICY'),
    });
  });

  it('refuses a kind there is not', async () => {
    expect((await call('retention', { kind: 'monthly' })).error?.name).toBe('EventInvalidError');
  });
});

async function putInventory(slot: Date): Promise<void> {
  const at = slot.toISOString();
  const counts = {
    ...{ files: 0, bytes: 0, read: 0, readBytes: 0, unchanged: 0, duplicates: 0 },
    ...{ missing: 0, failed: 0, excluded: 0, vanished: 0 },
  };
  const manifest: FilesManifest = {
    ...FILES_FORMAT,
    ...{ id: inventoryId(slot), slot: at, startedAt: at, finishedAt: at },
    source: { project: 'p', storageHost: 'h' },
    inventory: { key: 'inventory.jsonl.zst', bytes: 0, sha256: '', lines: 0 },
    ...{ counts, buckets: [], exclude: [], recipients: [], seconds: {} },
  };
  await put(`${inventoryFolder(slot)}manifest.json`, serializeFilesManifest(manifest));
}

describe('the monitor', () => {
  const monitor = (expected = expecting(), more: Record<string, string> = {}) =>
    call('backup-monitor', {}, { HEALTH_EXPECTATIONS: JSON.stringify(expected), ...more });
  const ofEnvironment = (figure: string, value: unknown) => ({
    namespace: 'VideoPlanetBackup',
    name: figure,
    unit: expect.any(String),
    value,
    dimensions: { Environment: 'test' },
  });
  const COUNTS = ['SetsDamaged', 'SetsUnverified', 'RunsStuck', 'SetsOverdue', 'OldestOpenUploadHours'];

  it('emits the age of the newest verified set of each kind, and the number of sets', async () => {
    await putSet('daily', daysAgo(3), 'verified');
    await putSet('daily', daysAgo(1), 'verified');
    await putSet('daily', daysAgo(0));
    const { metrics, error } = await monitor();
    expect(error).toBeUndefined();
    const age = metrics.find(({ name }) => name === 'NewestVerifiedAgeMinutes');
    expect(age).toEqual(metric('NewestVerifiedAgeMinutes', 'daily', expect.any(Number)));
    expect(age?.value).toBeGreaterThanOrEqual(1440);
    expect(age?.value).toBeLessThan(1445);
    expect(metrics).toContainEqual(metric('Sets', 'daily', 3));
    expect(metrics).toContainEqual(metric('Sets', 'critical', 0));
    for (const name of COUNTS) expect(metrics).toContainEqual(ofEnvironment(name, 0));
  });

  it('emits no age of a kind without a verified set, nothing of one that is off, and says what is wrong', async () => {
    await putSet('weekly', daysAgo(1), 'failed');
    const off = expecting({ schedules: { critical: { enabled: false } } });
    const { metrics, log, result } = await monitor(off);
    expect(metrics.map(({ name, dimensions }) => `${name} ${dimensions.Kind ?? ''}`.trim())).toEqual([
      'Sets daily',
      'Sets weekly',
      'Sets important',
      'VerifiedDrillAgeDays',
      'SmallestSizeRatio',
      'LargestSizeRatio',
      'LongestDurationRatio',
      'LongestShareOfTimeLimit',
      ...COUNTS,
    ]);
    expect(metrics).toContainEqual(ofEnvironment('SetsDamaged', 1));
    expect(log).toContainEqual(
      expect.objectContaining({
        level: 'WARN',
        severity: 'alarm',
        heading: 'Backup/Damaged',
        finding: expect.stringContaining('is damaged'),
      }),
    );
    expect(result.findings).toContainEqual(
      expect.objectContaining({ heading: 'Backup/WeeklyStale', severity: 'alarm' }),
    );
  });

  it('compares the newest set with those before it, and sees runs, uploads and sets that should not be there', async () => {
    for (const [days, bytes] of [
      [4, 9e6],
      [3, 9e6],
      [2, 9e6],
      [1, 2e6],
    ] as const)
      await putManifest(manifestAt('daily', daysAgo(days), { bytes, minutes: days === 1 ? 60 : 11 }));
    await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'daily/x/rest.dump.zst.gpg' }));
    const { metrics, result } = await monitor();
    const emitted = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value;
    expect(emitted('SmallestSizeRatio')).toBeCloseTo(2 / 9, 3);
    // no set is larger than those before it
    expect(emitted('LargestSizeRatio')).toBe(1);
    expect(emitted('LongestDurationRatio')).toBeCloseTo(60 / 11, 3);
    expect(emitted('LongestShareOfTimeLimit')).toBeCloseTo(60 / 235, 3);
    // the emulator says of every upload that it was begun in 2010
    expect(emitted('OldestOpenUploadHours')).toBeGreaterThan(100_000);
    const headings = result.findings.map(({ heading }: { heading: string }) => heading);
    for (const heading of ['Backup/SizeDropped', 'Backup/Slow', 'Uploads/Stale'])
      expect(headings).toContain(heading);
  });

  it('measures the newest inventory of files where they are backed up, and a run that died is none', async () => {
    const files = expecting({ files: { enabled: true } });
    expect((await monitor(files)).result.findings).toContainEqual(
      expect.objectContaining({ heading: 'Files/Stale' }),
    );
    for (const days of [3, 2]) await putInventory(daysAgo(days));
    await put(`${inventoryFolder(daysAgo(1))}parts/000001.jsonl.zst`, 'x');
    const { metrics } = await monitor(files);
    const [age] = metrics.filter(({ name }) => name === 'NewestInventoryAgeMinutes');
    expect(age).toEqual(metric('NewestInventoryAgeMinutes', 'files', expect.any(Number)));
    expect(age?.value).toBeGreaterThanOrEqual(2 * 1440);
    expect(age?.value).toBeLessThan(2 * 1440 + 5);
    const off = await monitor();
    expect(off.metrics.map(({ name }) => name)).not.toContain('NewestInventoryAgeMinutes');
  });

  it('measures everything else where S3 lets nobody at one kind, and fails after that', async () => {
    await putSet('daily', daysAgo(1), 'verified');
    await putSet('critical', daysAgo(1), 'verified');
    const refused = { status: 403, code: 'AccessDenied' };
    const line = await startS3Line(
      ({ operation, key }) =>
        operation === 'GetObject' && key.startsWith('critical/') ? refused : undefined,
      s3.endpoint,
    );
    const { error, metrics } = await monitor(expecting(), { ...line.env });
    await line.stop();
    expect(error?.name).toBe('NotMeasuredError');
    expect(error?.message).toContain(
      'Could not look at the critical sets: S3 failed while reading critical/',
    );
    const ages = metrics.filter(({ name }) => name === 'NewestVerifiedAgeMinutes');
    expect(ages.map(({ dimensions }) => dimensions.Kind)).toEqual(['daily']);
    // that no kind has a damaged set is not known
    expect(metrics.map(({ name }) => name)).not.toContain('SetsDamaged');
    expect(metrics).toContainEqual(ofEnvironment('OldestOpenUploadHours', 0));
  });

  it('fails where it cannot look at all, so that its own alarm goes, and measures nothing', async () => {
    const { error, metrics } = await monitor(expecting(), { BACKUP_BUCKET: 'not-there' });
    expect(error?.name).toBe('NotMeasuredError');
    expect(metrics).toEqual([]);
  });

  it('fails before it looks where the stack has not said what is expected', async () => {
    const { error } = await call('backup-monitor', {});
    expect(error?.message).toContain('HEALTH_EXPECTATIONS is not set');
  });

  it('emits, with retention and the cost guard, no more metrics than the estimate of costs counts', async () => {
    const config = { name: 'test', alertEmails: ['a@b.example'], files: { enabled: true } };
    for (const kind of SCHEDULED_KINDS)
      for (const days of [4, 3, 2, 1])
        await putManifest(manifestAt(kind, daysAgo(days), { bytes: 9e6, minutes: 20 }));
    await putInventory(daysAgo(1));
    const { metrics } = await monitor(expecting({ files: { enabled: true } }));
    const marked = await call('retention', {});
    const names = [...metrics, ...marked.metrics].map(
      ({ name, dimensions }) => `${name} ${dimensions.Kind ?? ''}`,
    );
    // of the two that the guard emits its own test tells
    expect(new Set(names).size + 2).toBe(resourcesOf(parseEnvironment(config, 'a test')).metrics);
  });
});

describe('the audit function', () => {
  const event = {
    event: 'backup',
    status: 'succeeded',
    execution: { id: 'arn:x', name: 'run-1', startedAt: '2026-11-23T17:00:00.500Z' },
    input: { kind: 'daily' },
    details: { setId: 'daily-20261123T170000Z' },
  };
  const KEY = 'audit/2026/11/23/170000Z-backup-run-1-succeeded.json';
  const stored = async () => {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: KEY }));
    return JSON.parse((await answer.Body?.transformToString()) ?? '');
  };

  it('adds a record that says what was done, when and by which execution', async () => {
    expect((await call('audit', event)).result).toEqual({ key: KEY, existing: false });
    expect(await stored()).toEqual({
      format: 'videoplanet-audit',
      formatVersion: 1,
      writtenAt: expect.any(String),
      ...event,
    });
  });

  it('leaves a record as it is when it comes again', async () => {
    await call('audit', event);
    const first = await stored();
    expect((await call('audit', { ...event, details: 'other' })).result).toEqual({
      key: KEY,
      existing: true,
    });
    expect(await stored()).toEqual(first);
  });

  it('chains each record to the one before', async () => {
    await call('audit', event);
    await call('audit', { ...event, status: 'failed' });
    await call('audit', event);
    const links = (await keysBelow('audit/chain/')).map(linkNumber);
    expect(links).toEqual([2, 1]);
    const read = async (Key: string) =>
      (await client.send(new GetObjectCommand({ Bucket: bucket, Key }))).Body?.transformToString() ?? '';
    const [first, second] = [await read(linkKey(1)), await read(linkKey(2))];
    expect(parseLink(first, 1)).toMatchObject({ previous: null, key: KEY, record: await read(KEY) });
    expect(parseLink(second, 2)).toMatchObject({ previous: sha256Of(first) });
  });

  it('puts an execution on record that was ended from outside, and who asked for it', async () => {
    const detail = {
      executionArn: 'arn:aws:states:x:1:execution:b:run-7',
      name: 'run-7',
      status: 'ABORTED',
      startDate: Date.parse('2026-11-23T17:00:00Z'),
      input: '{"kind":"daily","confirm":"shop"}',
    };
    const { result } = await call('audit', { stopped: 'restore', detail });
    expect(result.key).toBe('audit/2026/11/23/170000Z-restore-run-7-aborted.json');
    expect((await call('audit', { stopped: 'restore', detail: {} })).error?.name).toBe('EventInvalidError');
  });

  it('fails where it cannot write', async () => {
    const { error } = await call('audit', event, { BACKUP_BUCKET: 'not-there' });
    expect(error?.message).toContain('S3 failed while listing audit/chain/');
  });
});
