import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { engine, withClient } from '../support/engine.ts';
import {
  CRITICAL_TABLES,
  expectRowsOf,
  LARGE,
  nextSet,
  prepareReuse,
  type Reuse,
  reuseOf,
} from '../support/reuse.ts';
import { said, until } from '../support/runs.ts';

const queryOf = (url: string) => (sql: string) => withClient(url, (client) => client.query(sql));

describe.each([15, 17] as const)('PostgreSQL %i', (major) => {
  let server: LocalPostgres;
  let world: Reuse;
  beforeAll(async () => {
    server = await startPostgres({ major, durable: true, settings: { max_prepared_transactions: '5' } });
    await server.createDatabase('app');
    const url = server.url('app');
    await queryOf(url)(CRITICAL_TABLES);
    world = await reuseOf({ url, query: queryOf(url) });
    await nextSet(world);
  });
  afterAll(() => server.stop());

  /** How many rows of a table the server's statistics have seen changed. */
  async function changesSeen(table: string): Promise<number> {
    const { rows } = await world.query(
      `SELECT (n_tup_ins + n_tup_upd + n_tup_del)::int AS n FROM pg_stat_user_tables WHERE relname = '${table}'`,
    );
    return Number(rows[0]?.n);
  }

  it.each([
    [
      'a block',
      `DO $$ BEGIN UPDATE users SET title = 'by a block' WHERE id = 1; COMMIT; PERFORM pg_sleep(120); END $$`,
    ],
    ['a procedure', 'CALL slowly()'],
  ])('has committed a change of %s that goes on, and its statistics do not say so', async (_, statement) => {
    await world.query(`CREATE OR REPLACE PROCEDURE slowly() LANGUAGE plpgsql AS $$
      BEGIN UPDATE users SET title = 'by a procedure' WHERE id = 2; COMMIT; PERFORM pg_sleep(120); END $$`);
    // what went before is in the statistics by now
    await until(async () => (await changesSeen('users')) >= 400);
    const before = await changesSeen('users');
    const client = new pg.Client(world.url);
    client.on('error', () => undefined);
    await client.connect();
    const running = client.query(statement).catch(() => undefined);
    const title = statement.includes('CALL') ? 'by a procedure' : 'by a block';
    await until(async () => {
      const { rows } = await world.query(`SELECT 1 FROM users WHERE title = '${title}'`);
      return rows.length === 1;
    });
    const made = await nextSet(world);
    // still so after the set was made
    const after = await changesSeen('users');
    await world.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DO %' OR query LIKE 'CALL %'`,
    );
    await running;
    await client.end().catch(() => undefined);
    expect(after).toBe(before);
    expect(made.copied).toEqual(['projects', 'scenarios', 'stories']);
    await expectRowsOf(world, made, major);
  });

  it('commits what was prepared before the last set', async () => {
    await world.query(
      `BEGIN; INSERT INTO stories VALUES (1000, 'prepared', NULL); PREPARE TRANSACTION 'pending'`,
    );
    const before = await nextSet(world);
    expect(before.copied).toEqual([...LARGE]);
    await world.query(`COMMIT PREPARED 'pending'`);
    const made = await nextSet(world);
    expect(made.copied).toEqual(['projects', 'scenarios', 'users']);
    await expectRowsOf(world, made, major);
  });

  it('crashes, and loses its statistics', async () => {
    await world.query(`UPDATE projects SET title = 'before the crash' WHERE id = 1`);
    const client = new pg.Client(world.url);
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // one that dies so takes all of them along: shared memory may be damaged, and is made anew
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
    await until(() =>
      world.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    );
    expect(await changesSeen('projects')).toBe(0);
    const made = await nextSet(world);
    expect(made.copied).toEqual(['scenarios', 'stories', 'users']);
    await expectRowsOf(world, made, major);
    expect((await nextSet(world)).copied).toEqual([...LARGE]);
  });

  it('is restored in place to what it was before the last set', async () => {
    const daily = await nextSet(world, { kind: 'daily' });
    await world.query(`UPDATE users SET title = 'after the daily set' WHERE id < 10; DELETE FROM stories`);
    await nextSet(world);
    const back = await engine(['restore', daily.id, '--mode', 'full', '--confirm', 'app'], world.env);
    expect(back, said(back)).toMatchObject({ exitCode: 0 });
    const made = await nextSet(world);
    expect(made.copied).toEqual(['projects', 'scenarios']);
    await expectRowsOf(world, made, major);
  });

  it('gets one row back', async () => {
    const last = await nextSet(world);
    await world.query('DELETE FROM scenarios WHERE id = 7');
    const without = await nextSet(world);
    expect(without.copied).toEqual(['projects', 'stories', 'users']);
    const args = ['restore', last.id, '--mode', 'rows', '--row', 'scenarios:id=7'];
    const back = await engine([...args, '--confirm', 'app'], world.env);
    expect(back, said(back)).toMatchObject({ exitCode: 0 });
    const made = await nextSet(world);
    expect(made.copied).toEqual(['projects', 'stories', 'users']);
    await expectRowsOf(world, made, major);
  });
});

const PARTITIONED = `
  CREATE TABLE events (id int, day date NOT NULL, body text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-06-01');
  CREATE TABLE events_b PARTITION OF events FOR VALUES FROM ('2026-06-01') TO ('2027-01-01');
  INSERT INTO events SELECT g, '2026-01-01'::date + g % 100, repeat(md5('e' || g), 20) FROM generate_series(1, 400) g;
  INSERT INTO events SELECT g, '2026-06-01'::date + g % 100, repeat(md5('e' || g), 20) FROM generate_series(401, 800) g;
  CREATE TABLE made (LIKE events INCLUDING ALL);
  INSERT INTO made SELECT g, '2027-02-01', repeat(md5('m' || g), 20) FROM generate_series(1, 400) g;`;

describe('a partitioned table', () => {
  const config = { levels: { critical: ['events', 'events_a', 'made'] }, backup: { workers: 2 } };
  let world: Reuse;
  beforeAll(async () => {
    world = await prepareReuse(17, PARTITIONED, config);
    await nextSet(world);
  });

  it.each([
    ['nothing happened to', 'SELECT 1', ['events_a', 'events_b', 'made']],
    ['rows moved within', `UPDATE events SET day = day + 150 WHERE id = 7`, ['made']],
    [
      'another one is attached to',
      `ALTER TABLE events ATTACH PARTITION made FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')`,
      ['events_a', 'events_b'],
    ],
    ['one is detached from', 'ALTER TABLE events DETACH PARTITION events_a', ['events_b', 'made']],
    ['nothing happened to since', 'SELECT 1', ['events_a', 'events_b', 'made']],
  ])('that %s', async (_, sql, copied) => {
    await world.query(sql);
    const made = await nextSet(world);
    expect(made.copied).toEqual(copied);
    await expectRowsOf(world, made, 17);
  });
});
