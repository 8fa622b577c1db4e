import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../support/compare.ts';
import {
  configEnv,
  databaseUrl,
  engine,
  SLICE_EVERYTHING,
  startEngine,
  withClient,
} from '../support/engine.ts';
import { startLine } from '../support/fault-proxy.ts';
import { startS3Line } from '../support/fault-s3-proxy.ts';
import { readObject } from '../support/runs.ts';
import { ended, type SavedDatabase, saved } from '../support/selective.ts';

/** A restore of `items` writes a row only when the lock that the CHECK asks for is free: there it can be caught in the act. */
const SCHEMA = `
  CREATE FUNCTION public.gate(text) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_catalog.pg_advisory_xact_lock_shared(77); RETURN true; END $$;
  CREATE TABLE public.owners (id int PRIMARY KEY, name text);
  CREATE TABLE public.items (id int PRIMARY KEY, owner int REFERENCES public.owners, body text CHECK (public.gate(body)));
  INSERT INTO public.owners SELECT n, 'o' || n FROM generate_series(1, 20) n;
  INSERT INTO public.items SELECT n, 1 + n % 20, repeat(md5(n::text), 100) FROM generate_series(1, 2000) n;`;
const DAMAGE = `DELETE FROM public.items WHERE id % 3 = 0; UPDATE public.items SET body = 'changed' WHERE id % 5 = 0`;
const RESTORE = ['--mode', 'table', '--tables', 'items', '--strategy', 'merge'];

describe('a restore of tables that is interrupted', () => {
  let world: SavedDatabase;
  let damaged: Awaited<ReturnType<SavedDatabase['now']>>;
  const expectUntouched = async () => expect(differences(damaged, await world.now())).toEqual([]);
  const args = () => ['restore', world.id, ...RESTORE, '--confirm', world.database.name];

  beforeAll(async () => {
    world = await saved(17, SCHEMA, await configEnv(SLICE_EVERYTHING));
    await world.database.query(DAMAGE);
    damaged = await world.now();
  });

  /** Until it waits for what another session holds. @returns the number of its session */
  async function waiting(run: ReturnType<typeof startEngine>): Promise<number> {
    for (;;) {
      const { rows } = await world.database.query(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'videoplanet-backup'`,
      );
      if (rows[0] !== undefined) return rows[0].pid;
      expect(run.child.exitCode).toBeNull();
    }
  }

  /** Runs it until it waits, then does something about it. */
  async function caught(hold: string, act: (run: ReturnType<typeof startEngine>, pid: number) => unknown) {
    return await withClient(world.database.url, async (holder) => {
      await holder.query(`BEGIN; ${hold}`);
      const run = startEngine(args(), world.env);
      await act(run, await waiting(run));
      return await run.end;
    });
  }
  const whileLocking = 'LOCK TABLE public.items IN ROW EXCLUSIVE MODE';
  const whileWriting = 'SELECT pg_advisory_xact_lock(77)';
  const terminate = (pid: number) =>
    withClient(databaseUrl(world.database.url, 'postgres'), (client) =>
      client.query('SELECT pg_terminate_backend($1)', [pid]),
    );

  it.each([
    ['it waits for a lock', whileLocking],
    ['it writes', whileWriting],
  ])('by SIGTERM while %s leaves the target as it was', async (_, hold) => {
    const end = await caught(hold, (run) => run.child.kill('SIGTERM'));
    expect(ended(end, 1).error.name).toBe('InterruptedError');
    await expectUntouched();
  });

  it.each([
    ['it waits for a lock', whileLocking],
    ['it writes', whileWriting],
  ])('by a session that is ended while %s leaves the target as it was', async (_, hold) => {
    const end = await caught(hold, (__, pid) => terminate(pid));
    expect(ended(end, 1).error.name).toBe('DatabaseFailedError');
    await expectUntouched();
  });

  it('by SIGTERM while it reads leaves the target as it was', async () => {
    const s3 = await startS3Line(({ operation, key }) =>
      operation === 'GetObject' && key.includes('/data/') ? 'hold' : undefined,
    );
    const run = startEngine(args(), { ...world.env, ...s3.env });
    await s3.struck;
    run.child.kill('SIGTERM');
    expect(ended(await run.end, 1).error.name).toBe('InterruptedError');
    await s3.stop();
    await expectUntouched();
  });

  it('by a line that breaks anywhere leaves the target as it was', async () => {
    let exitCode: number | null = 1;
    for (let bytes = 1000; exitCode !== 0; bytes += 2000) {
      const line = await startLine(world.database.url);
      line.cutAfter(bytes);
      const end = await engine(args(), { ...world.env, TARGET_DATABASE_URL: line.url });
      await line.stop();
      exitCode = end.exitCode;
      if (exitCode === 0) break;
      expect([1, 3], end.stdout).toContain(exitCode);
      await expectUntouched();
    }
    await world.database.query(DAMAGE);
  });

  it('by locks that are not granted in time says which', async () => {
    const config = await configEnv({ backup: { lockTimeoutSeconds: 0.3 } });
    const end = await withClient(world.database.url, async (holder) => {
      await holder.query(`BEGIN; ${whileLocking}`);
      return await engine(args(), { ...world.env, ...config });
    });
    expect(ended(end, 1).error).toMatchObject({
      name: 'LockTimeoutError',
      message: expect.stringContaining('SHARE ROW EXCLUSIVE'),
    });
    await expectUntouched();
  });

  it('shows readers the old rows until it commits, and keeps writers waiting', async () => {
    const rows = async () => (await world.database.query('SELECT count(*)::int AS n FROM public.items')).rows;
    const run = await withClient(world.database.url, async (holder) => {
      await holder.query(`BEGIN; ${whileWriting}`);
      const started = startEngine(args(), world.env);
      await waiting(started);
      expect(await rows()).toEqual([{ n: 1334 }]);
      const update = `SET lock_timeout = '100ms'; UPDATE public.items SET body = 'x' WHERE id = 1`;
      await expect(world.database.query(update)).rejects.toThrow(/lock timeout/);
      return started;
    });
    ended(await run.end, 0);
    expect(await rows()).toEqual([{ n: 2000 }]);
    await world.database.query(DAMAGE);
  });

  it('by an answer to its COMMIT that never arrives finds out that it was done', async () => {
    const line = await startLine(world.database.url);
    line.loseAnswerTo('COMMIT\0');
    const end = await engine(args(), { ...world.env, TARGET_DATABASE_URL: line.url });
    await line.stop();
    const result = ended(end, 0);
    expect(result.tables).toEqual([
      { table: 'public.items', inserted: 666, updated: 267, unchanged: 1067, deleted: 0 },
    ]);
    expect(differences(world.before, await world.now())).toEqual([]);
  });
});

describe('a set that does not fit', () => {
  let world: SavedDatabase;
  beforeAll(async () => {
    world = await saved(15, SCHEMA);
    await world.database.query(DAMAGE);
  });

  it.each([['a key that is not the set’s', { GPG_PRIVATE_KEY: '' }, 3, 'EnvironmentError']])(
    '%s',
    async (_, env, exitCode, name) => {
      const end = await engine(['restore', world.id, ...RESTORE], { ...world.env, ...env });
      expect(ended(end, exitCode).error.name).toBe(name);
    },
  );

  it('whose rows are damaged is refused, and the target is as it was', async () => {
    const before = await world.now();
    const { bucket } = world;
    const Key = (await bucket.keys()).find((key) => key.includes('rest.dump')) ?? '';
    const body = await readObject(bucket, Key);
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body: body }));
    const end = await world.restore(...RESTORE, '--confirm', world.database.name);
    expect(ended(end, 1).error.name).toBe('ObjectDamagedError');
    expect(differences(before, await world.now())).toEqual([]);
  });
});

describe('who may not', () => {
  it.each<[string, string, number, string]>([
    ['write a table', 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO ROLE_NAME', 3, 'UnsuitableTargetError'],
    ['put triggers to sleep', 'GRANT ALL ON ALL TABLES IN SCHEMA public TO ROLE_NAME', 3, 'RoleTooWeakError'],
    [
      'see every row',
      'GRANT ALL ON ALL TABLES IN SCHEMA public TO ROLE_NAME; ALTER TABLE public.items ENABLE ROW LEVEL SECURITY',
      3,
      'UnreadableTablesError',
    ],
  ])('%s is told so, and nothing is done', async (_, grants, exitCode, name) => {
    const world = await saved(17, SCHEMA);
    const role = `weak_${world.database.name}`;
    await world.database.query(
      `${DAMAGE}; CREATE ROLE ${role} LOGIN; ${grants.replaceAll('ROLE_NAME', role)}`,
    );
    const url = new URL(world.database.url);
    url.username = role;
    const before = await world.now();
    const end = await engine(['restore', world.id, ...RESTORE, '--confirm', world.database.name], {
      ...world.env,
      TARGET_DATABASE_URL: url.href,
    });
    expect(ended(end, exitCode).error.name).toBe(name);
    expect(differences(before, await world.now())).toEqual([]);
  });
});

describe('a condition', () => {
  it.each<[string, string, RegExp]>([
    ['that is none', 'items:id ==== 3', /cannot be read by the server/],
    ['that is two statements', 'items:true); DROP TABLE public.owners; --', /cannot be read by the server/],
    [
      'that calls a function which writes',
      'items:public.bad() = 1',
      /cannot be read by the server.*read-only/,
    ],
    ['that fits no row', 'items:id > 9000000', /has no row for/],
    ['over a column the set does not have', 'items:idd = 3', /idd/],
  ])('%s is refused, and nothing is done', async (_, where, message) => {
    const world = await saved(
      15,
      `${SCHEMA} CREATE FUNCTION public.bad() RETURNS int LANGUAGE sql AS 'DELETE FROM public.items RETURNING 1'`,
    );
    await world.database.query(DAMAGE);
    const before = await world.now();
    const end = await world.restore('--mode', 'rows', '--where', where);
    expect(ended(end, 3).error.message).toMatch(message);
    expect(differences(before, await world.now())).toEqual([]);
  });
});
