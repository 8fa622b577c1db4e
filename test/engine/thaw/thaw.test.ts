import { PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ArchiveClass, archive, restoreHeader } from '../../support/archived.ts';
import {
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../../support/engine.ts';
import { expectEmpty } from '../../support/fault-restore.ts';
import { backUp, expectEqual, restore, said } from '../../support/runs.ts';

const DUMPS = /\.gpg$/;
let source: TestDatabase;
let target: TestDatabase;
let bucket: TestBucket;
let env: Record<string, string>;
let id = '';

beforeAll(async () => {
  source = await makeDatabase(15);
  await source.query(`
    CREATE TABLE users (id int PRIMARY KEY, name text);
    INSERT INTO users SELECT g, 'user ' || g FROM generate_series(1, 100) g;
    CREATE TABLE stories (id int PRIMARY KEY, user_id int REFERENCES users);
    INSERT INTO stories SELECT g, g FROM generate_series(1, 100) g`);
});

/** A set of the source, in a bucket of its own. */
async function fresh(): Promise<void> {
  [target, bucket] = await Promise.all([makeDatabase(15), makeBucket()]);
  env = engineEnv(bucket, source, target);
  ({ id } = await backUp(env, '--kind', 'weekly'));
}
beforeEach(fresh);

const thaw = (...args: string[]): Promise<EngineEnd> => engine(['thaw', id, ...args], env);

function expectRefused(end: EngineEnd, name: string, message: RegExp): void {
  expect(end, said(end)).toMatchObject({
    exitCode: 3,
    result: { outcome: 'bad-input', error: { name, message: expect.stringMatching(message) } },
  });
}

describe.each(['GLACIER', 'DEEP_ARCHIVE'] as const)('a set in %s', (cold: ArchiveClass) => {
  const wait = cold === 'GLACIER' ? '5 h' : '12 h';

  it('is refused before anything is written, thawed, and restored', async () => {
    const moved = await archive(bucket, DUMPS, cold);
    expect(moved).toHaveLength(3);
    const refused = await engine(['restore', id, '--mode', 'full'], env);
    expectRefused(
      refused,
      'SetArchivedError',
      new RegExp(
        `^${id} cannot be read now: of the objects it takes, 3 are in an archive class \\([0-9.]+ kB\\); nothing was done\\. ` +
          `Thawing takes, by list prices of us-east-1, .*standard: up to ${wait}, \\$0\\.01; bulk: up to .*: run thaw ${id} --tier standard, then`,
      ),
    );
    await expectEmpty(target);
    for (const key of moved) expect(await restoreHeader(bucket, key)).toBeUndefined();

    const plan = await engine(['restore', id, '--mode', 'full', '--plan'], env);
    expect(plan, said(plan)).toMatchObject({
      exitCode: 0,
      result: {
        plan: {
          archived: {
            objects: 3,
            thaw: [
              {
                set: id,
                options: expect.arrayContaining([
                  {
                    tier: 'bulk',
                    waitHours: cold === 'GLACIER' ? 12 : 48,
                    costUsd: 0.01,
                  },
                ]),
              },
            ],
          },
        },
      },
    });
    const planned = await thaw('--plan');
    expect(planned, said(planned)).toMatchObject({
      exitCode: 0,
      result: { outcome: 'planned', id, asked: 0, readable: 0, waitingFor: 3, costUsd: 0.01, days: 3 },
    });
    expect(planned.result.waitHours).toBe(cold === 'GLACIER' ? 5 : 12);
    expect(planned.result.options.map(({ tier }: { tier: string }) => tier)).toEqual(
      cold === 'GLACIER' ? ['expedited', 'standard', 'bulk'] : ['standard', 'bulk'],
    );
    for (const key of moved) expect(await restoreHeader(bucket, key)).toBeUndefined();

    const thawed = await thaw();
    expect(thawed, said(thawed)).toMatchObject({
      exitCode: 0,
      result: {
        outcome: 'readable',
        asked: 3,
        readable: 3,
        waitingFor: 0,
        costUsd: 0,
        next: `restore ${id}`,
      },
    });
    const hours = (Date.parse(thawed.result.readableUntil) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(71);
    expect(hours).toBeLessThan(97);
    await restore(env, id);
    await expectEqual(15, source.url, target.url);
  });

  it('is not damaged: a verification of it is refused, and leaves what is known of it', async () => {
    await archive(bucket, DUMPS, cold);
    expectRefused(await engine(['verify', id], env), 'SetArchivedError', /run thaw weekly-/);
    const { result } = await engine(['list'], env);
    expect(result.sets).toMatchObject([{ id, state: 'verified' }]);
  });
});

describe('thaw', () => {
  it('asks for nothing where nothing is archived, nor twice', async () => {
    expect(await thaw()).toMatchObject({
      exitCode: 0,
      result: { outcome: 'readable', asked: 0, readableUntil: null },
    });
    await archive(bucket, DUMPS);
    expect(await thaw()).toMatchObject({ exitCode: 0, result: { asked: 3 } });
    expect(await thaw('--wait')).toMatchObject({ exitCode: 0, result: { outcome: 'readable', asked: 0 } });
  });

  it('does not ask for what S3 has no way to: expedited from DEEP_ARCHIVE', async () => {
    await archive(bucket, /rest\.dump/, 'DEEP_ARCHIVE');
    const [key = ''] = await archive(bucket, /roles\.sql/);
    expectRefused(
      await thaw('--tier', 'expedited'),
      'UsageError',
      /expedited is not for DEEP_ARCHIVE, in which 1 of/,
    );
    expect(await restoreHeader(bucket, key)).toBeUndefined();
  });

  it('asks for what the tables take alone', async () => {
    await archive(bucket, DUMPS);
    const end = await thaw('--tables', 'users,public.stories');
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { objects: 2, asked: 2, outcome: 'readable' },
    });
    expectRefused(await thaw('--tables', 'public.user'), 'NoSuchTableError', /did you mean public\.users\?/);
    expectRefused(
      await engine(['restore', id, '--mode', 'full'], env),
      'SetArchivedError',
      /takes, 1 are in an/,
    );
  });

  it('takes days that a restore may need, and no others', async () => {
    await archive(bucket, DUMPS);
    for (const days of ['0', '1.5', 'x', '366'])
      expectRefused(
        await thaw('--days', days),
        'UsageError',
        /is no number of days; expected a whole one from 1 to 365/,
      );
    const long = { ...env, BACKUP_CONFIG_JSON: JSON.stringify({ limits: { runMinutes: 2000 } }) };
    expectRefused(
      await engine(['thaw', id, '--days', '1'], long),
      'UsageError',
      /--days 1 is less than a restore may take \(limits\.runMinutes or BACKUP_RUN_MINUTES: 2000\); give 2 or more/,
    );
    expect(await thaw('--days', '30')).toMatchObject({ exitCode: 0, result: { days: 30, asked: 3 } });
  });

  it('thaws the newest full set as latest, and none that is not there', async () => {
    await archive(bucket, DUMPS);
    expect(await engine(['thaw', 'latest'], env)).toMatchObject({ exitCode: 0, result: { id, asked: 3 } });
    expectRefused(
      await engine(['thaw', 'weekly-20200101T000000Z'], env),
      'NoSuchSetError',
      /no backup set weekly-2020/,
    );
  });

  it('thaws the version that is read, of a bucket with versions', async () => {
    const { client, name: Bucket } = bucket;
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    await archive(bucket, DUMPS);
    expectRefused(
      await engine(['restore', id, '--mode', 'full'], env),
      'SetArchivedError',
      /takes, 3 are in an/,
    );
    expect(await thaw()).toMatchObject({ exitCode: 0, result: { outcome: 'readable', asked: 3 } });
    await restore(env, id);
  });
});

describe('a set whose manifest is archived, too', () => {
  beforeEach(async () => {
    await archive(bucket, /(\.gpg|manifest\.json|verification\.json)$/);
  });

  it('is told of as such, and hides no other', async () => {
    expectRefused(
      await engine(['restore', id, '--mode', 'full'], env),
      'ManifestArchivedError',
      new RegExp(`^the manifest of ${id}, or its verification, is in an archive class, .*run thaw ${id}`),
    );
    const other = await backUp(env, '--kind', 'daily');
    const { result } = await engine(['list'], env);
    expect(result.sets).toMatchObject([
      { id: other.id, state: 'verified' },
      { id, state: 'unreadable', problem: expect.stringMatching(/is in an archive class/) },
    ]);
    expect(await restore(env, 'latest')).toMatchObject({ id: other.id });
  });

  it('is thawed as a whole, and restored', async () => {
    expect(await thaw()).toMatchObject({ exitCode: 0, result: { outcome: 'readable', asked: 5 } });
    await restore(env, id);
  });
});
