import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { type EngineEnd, engine, makeDatabase } from '../support/engine.ts';
import { type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { type InPlace, inPlace, onServer } from '../support/in-place.ts';
import { makeKeyPair } from '../support/keys.ts';
import { asUser, makeRole, restore, said } from '../support/runs.ts';

let s3: S3Line | undefined;
afterEach(() => s3?.stop());

const PLAN = ['--mode', 'full', '--plan'];

/** Plans; a plan is no failure, whatever stands in the way. @returns the plan */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever the verb says
async function plan(env: Record<string, string>, id: string, ...args: string[]): Promise<any> {
  const end: EngineEnd = await engine(['restore', id, ...PLAN, ...args], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { verb: 'restore', outcome: 'planned' } });
  return end.result.plan;
}

/** Everything on the server and in the target that a restore makes. */
async function everything({ target }: InPlace): Promise<unknown> {
  const { rows } = await target.query(
    `SELECT (SELECT array_agg(oid ORDER BY oid) FROM pg_class) AS relations, (SELECT array_agg(oid ORDER BY oid) FROM pg_namespace) AS schemas,
       (SELECT array_agg(datname ORDER BY 1) FROM pg_database WHERE starts_with(datname, current_database())) AS databases`,
  );
  return rows;
}

describe.each([15, 17] as const)('the plan of a restore in place, PostgreSQL %i', (major) => {
  it('says what would be read, replaced and confirmed, and how long it may take', async () => {
    const { target, env, id, bucket } = await inPlace(major);
    await target.query(`CREATE TABLE films AS SELECT 1 AS id; CREATE TABLE "Half empty" (n int)`);
    const objects = (await bucket.keys('daily/')).filter((key) => !/claim|manifest|verification/.test(key));
    const made = await plan(env, id);
    expect(made).toEqual({
      mode: 'full',
      set: { id, snapshotAt: expect.stringMatching(/Z$/), ageMinutes: 0, state: 'verified' },
      laidOver: [],
      target: { database: target.name, holds: 'full', way: 'replace' },
      reads: { objects: objects.length, storedBytes: expect.any(Number) },
      tables: [
        { schema: 'public', name: 'Half empty', rowsInSet: null, rowsNow: { rows: '0', how: 'exact' } },
        { schema: 'public', name: 'before', rowsInSet: null, rowsNow: { rows: '77', how: 'exact' } },
        { schema: 'public', name: 'films', rowsInSet: '500', rowsNow: { rows: '1', how: 'exact' } },
      ],
      confirmNeeded: target.name,
      preRestoreSet: { way: 'taken' },
      estimatedSeconds: {
        value: expect.any(Number),
        basis: expect.stringMatching(/^2 times the \d+ s .*; and \d+ s for the set of the target/),
      },
      archived: { objects: 0, bytes: 0, thaw: [] },
      obstacles: [],
    });
    expect(made.reads.storedBytes).toBe(
      (await engine(['list'], env)).result.sets.find((set: { id: string }) => set.id === id).storedBytes,
    );
  });
});

describe('a plan', () => {
  it('changes nothing: by a role that can only read, with requests that only read, and no lock is left', async () => {
    const there = await inPlace();
    const { target, env, id, bucket } = there;
    const role = await makeRole(target.url, 'LOGIN');
    await target.query(`GRANT pg_read_all_data TO ${role}`);
    const [before, keys] = [await everything(there), await bucket.keys()];
    const asked = new Set<string>();
    s3 = await startS3Line(({ operation }) => {
      asked.add(operation);
      return undefined;
    });
    const made = await plan({ ...env, ...s3.env, TARGET_DATABASE_URL: asUser(target.url, role) }, id);
    expect(made.tables).toContainEqual(
      expect.objectContaining({ name: 'before', rowsNow: { rows: '77', how: 'exact' } }),
    );
    expect(made.obstacles).toEqual([expect.stringContaining('it needs CREATEDB and must own it')]);
    expect([...asked].filter((operation) => !/^(Get|Head|List)/.test(operation))).toEqual([]);
    expect(asked).toContain('GetObject');
    expect(await everything(there)).toEqual(before);
    expect(await bucket.keys()).toEqual(keys);
    const { rows } = await target.query(
      `SELECT count(*)::int AS locks FROM pg_locks l JOIN pg_database d ON d.oid = l.database
       WHERE d.datname = current_database() AND l.pid <> pg_backend_pid()`,
    );
    expect(rows).toEqual([{ locks: 0 }]);
    await restore(env, id, '--confirm', target.name);
  });

  it('of an empty target needs no name and no set of it', async () => {
    const { env, id } = await inPlace();
    const empty = await makeDatabase(15);
    const { GPG_PUBLIC_KEY: _, GPG_PRIVATE_KEY: __, ...keyless } = env;
    expect(await plan({ ...keyless, TARGET_DATABASE_URL: empty.url }, id)).toMatchObject({
      target: { database: empty.name, holds: 'empty', way: 'into-empty' },
      tables: [{ schema: 'public', name: 'films', rowsInSet: '500', rowsNow: null }],
      confirmNeeded: null,
      preRestoreSet: { way: 'not needed' },
      obstacles: [],
    });
  });

  it('names what the restore would be refused for', async () => {
    const { target, env, id } = await inPlace();
    const { GPG_PUBLIC_KEY: _, ...keyless } = env;
    const made = await plan(keyless, id, '--confirm', 'another');
    expect(made.preRestoreSet).toEqual({ way: 'missing' });
    expect(made.obstacles).toEqual([
      `--confirm says another, and the target database is ${target.name}`,
      expect.stringContaining('without GPG_PUBLIC_KEY no set of it as it is can be made'),
    ]);
    expect(await plan(keyless, id, '--without-pre-restore-set')).toMatchObject({
      preRestoreSet: { way: 'declined' },
      obstacles: [],
    });
    const { privateKey } = await makeKeyPair('another');
    const other = await plan({ ...env, GPG_PRIVATE_KEY: privateKey }, id);
    expect(other.obstacles).toEqual([expect.stringContaining('the private key does not open')]);
  });

  it('says where objects of the set are missing', async () => {
    const { env, id, bucket } = await inPlace();
    const Key = (await bucket.keys()).find((key) => key.endsWith('rest.dump.zst.gpg'));
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }));
    expect((await plan(env, id)).obstacles).toEqual([
      'the bucket lacks objects of the set: rest.dump.zst.gpg',
    ]);
  });

  it('estimates what it cannot count: a table somebody has locked, one it may not read, one nobody looked at', async () => {
    const { target, env, id } = await inPlace();
    await target.query(`CREATE TABLE closed AS SELECT generate_series(1, 12); CREATE TABLE held AS SELECT generate_series(1, 34);
      CREATE TABLE unseen AS SELECT 1; ANALYZE closed; ANALYZE held`);
    const role = await makeRole(target.url, 'LOGIN');
    await target.query(`GRANT SELECT ON before, held TO ${role}`);
    const session = new pg.Client(target.url);
    await session.connect();
    onTestFinished(() => session.end());
    await session.query('BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
    const { tables } = await plan({ ...env, TARGET_DATABASE_URL: asUser(target.url, role) }, id);
    const now = (name: string) => tables.find((table: { name: string }) => table.name === name).rowsNow;
    expect(now('closed')).toEqual({ rows: '12', how: 'estimate' });
    expect(now('held')).toEqual({ rows: '34', how: 'estimate' });
    expect(now('unseen')).toEqual({ rows: null, how: 'unknown' });
    expect(now('before')).toEqual({ rows: '77', how: 'exact' });
  });

  it('of a set that is not there is refused', async () => {
    const { env } = await inPlace();
    const end = await engine(['restore', 'daily-20200101T000000Z', ...PLAN], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'NoSuchSetError' } } });
  });

  it('for database postgres goes by another one of the server', async () => {
    const { env, id } = await inPlace();
    const postgres = onServer(15, 'postgres');
    const made = await plan({ ...env, TARGET_DATABASE_URL: postgres.url }, id);
    expect(made).toMatchObject({ target: { database: 'postgres' }, obstacles: [] });
  });
});
