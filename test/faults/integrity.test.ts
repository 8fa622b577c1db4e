import { beforeAll, describe, expect, inject, it } from 'vitest';
import { checkIntegrity } from '../../core/integrity/check.ts';
import { integritySchema } from '../../core/integrity/rules.ts';
import { databaseUrl, makeDatabase, type TestDatabase, withClient } from '../support/engine.ts';
import { check, ruleNamed, unwatched, verdicts } from '../support/integrity.ts';
import { asUser, makeRole } from '../support/runs.ts';

/** What would tell that somebody wrote. */
const WRITERS = `
  CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE SEQUENCE s;
  CREATE FUNCTION inserts() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.t VALUES (2); RETURN 1; END $$;
  CREATE FUNCTION creates() RETURNS int LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE public.evil (); RETURN 1; END $$;
  CREATE FUNCTION unlocks() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_catalog.set_config('transaction_read_only', 'off', false); INSERT INTO public.t VALUES (2); RETURN 1; END $$;
  CREATE FUNCTION unlocks_otherwise() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    SET TRANSACTION READ WRITE; INSERT INTO public.t VALUES (2); RETURN 1; END $$;
  CREATE FUNCTION settles() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_catalog.set_config('statement_timeout', '500', false); PERFORM pg_catalog.set_config('search_path', 'public', false); RETURN 1; END $$`;

const ATTEMPTS: [string, RegExp][] = [
  ['DELETE FROM public.t', /syntax error/],
  [
    'WITH gone AS (DELETE FROM public.t RETURNING id) SELECT id FROM gone',
    /data-modifying statement must be at the top level/,
  ],
  ['SELECT 1; DROP TABLE public.t', /syntax error/],
  ['SELECT 1) AS x) AS y; DROP TABLE public.t; --', /multiple commands|syntax error/],
  [
    'SELECT 1) AS videoplanet_asked) AS found; COMMIT; DROP TABLE public.t; SELECT * FROM (SELECT 1 AS x FROM (SELECT 1',
    /multiple commands/,
  ],
  ['SELECT public.inserts()', /read-only transaction/],
  ['SELECT public.creates()', /read-only transaction/],
  ['SELECT public.unlocks()', /read-write mode inside a read-only transaction/],
  ['SELECT public.unlocks_otherwise()', /read-write mode inside a read-only transaction/],
  [`SELECT nextval('public.s')`, /read-only transaction/],
  [`SELECT setval('public.s', 99)`, /read-only transaction/],
  ['SELECT id FROM public.t FOR UPDATE', /read-only transaction/],
  ['SELECT lo_create(0)', /read-only transaction/],
  ['COMMIT', /syntax error/],
];

describe('a rule cannot change anything', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase(17);
    await database.query(WRITERS);
  });

  const untouched = async () => {
    expect((await database.query('SELECT id FROM t')).rows).toEqual([{ id: 1 }]);
    expect((await database.query(`SELECT to_regclass('evil') AS evil, is_called FROM s`)).rows).toEqual([
      { evil: null, is_called: false },
    ]);
  };

  it.each(ATTEMPTS)('by %s', async (sql, reason) => {
    const after = { name: 'after', sql: 'SELECT id FROM public.t' };
    const report = await check(database, { rules: [{ name: 'writes', sql }, after] });
    expect(ruleNamed(report, 'writes')).toMatchObject({
      state: 'could-not-check',
      reason: expect.stringMatching(reason),
    });
    expect(ruleNamed(report, 'after')).toMatchObject({ violations: '1', samples: [{ id: '1' }] });
    await untouched();
  });

  it('nor within a transaction that may write, which goes on as it was', async () => {
    const config = integritySchema.parse({ rules: ATTEMPTS.map(([sql], n) => ({ name: `n${n}`, sql })) });
    await withClient(database.url, async (client) => {
      await client.query('BEGIN');
      await client.query('CREATE TABLE own AS SELECT 7 AS id');
      const report = await checkIntegrity(client, config);
      expect(report.counts).toMatchObject({ couldNotCheck: ATTEMPTS.length, rules: ATTEMPTS.length });
      await client.query('INSERT INTO own VALUES (8)');
      expect((await client.query('SHOW search_path')).rows).toEqual([{ search_path: '"$user", public' }]);
      expect((await client.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
      await client.query('ROLLBACK');
    });
    await untouched();
  });

  it('nor where the server lets a large object be made: it is gone with the rule', async () => {
    const old = await makeDatabase(15);
    const report = await check(old, { rules: [{ name: 'makes', sql: 'SELECT lo_create(0)' }] });
    expect(verdicts(report)).toEqual({ makes: 'violated 1' });
    expect((await old.query('SELECT oid FROM pg_largeobject_metadata')).rows).toEqual([]);
  });

  it('nor the settings of the rules after it', async () => {
    const sleep = 'SELECT 1 FROM pg_catalog.pg_sleep(1)';
    const rules = [
      { name: 'settles', sql: 'SELECT public.settles()' },
      { name: 'slow', sql: sleep },
      { name: 'bare', sql: 'SELECT id FROM t' },
    ];
    expect(verdicts(await check(database, { rules }))).toEqual({
      settles: 'violated 1',
      slow: 'violated 1',
      bare: 'could-not-check',
    });
  });
});

describe('what cannot be checked is named, and the rest is checked', () => {
  const FAMILY = `CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE children (id serial PRIMARY KEY, parent int REFERENCES parents);
    CREATE TABLE others (parent int REFERENCES parents)`;

  it('a rule that takes too long', async () => {
    const database = await makeDatabase(15);
    const rules = [
      { name: 'slow', sql: 'SELECT 1 FROM pg_catalog.pg_sleep(60)' },
      { name: 'quick', sql: 'SELECT 1 WHERE false' },
    ];
    const report = await check(database, { ruleTimeoutSeconds: 0.2, rules });
    expect(verdicts(report)).toEqual({ slow: 'could-not-check', quick: 'passed 0' });
    expect(ruleNamed(report, 'slow').reason).toMatch(
      /canceling statement due to statement timeout .*, after 0\.2 s; raise integrity\.ruleTimeoutSeconds/,
    );
    expect(report.outcome).toBe('could-not-verify');
  });

  it('a table that somebody has locked', async () => {
    const database = await makeDatabase(15);
    await database.query(FAMILY);
    const report = await withClient(database.url, async (migration) => {
      await migration.query('BEGIN; LOCK TABLE children IN ACCESS EXCLUSIVE MODE');
      return check(database, { ruleTimeoutSeconds: 0.3, rules: [] }, { only: ['foreign-key'] });
    });
    expect(verdicts(report)).toEqual({
      'foreign-key:public.children.children_parent_fkey': 'could-not-check',
      'foreign-key:public.others.others_parent_fkey': 'passed 0',
    });
    expect(report.rules[0]?.reason).toMatch(/or wait for what locks the table$/);
  });

  it('nothing, where it is only a setting of the role that would end it', async () => {
    const database = await makeDatabase(17);
    const role = await makeRole(inject('servers')[17].url, 'LOGIN');
    for (const setting of ['statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout'])
      await database.query(`ALTER ROLE ${role} SET ${setting} = '300ms'`);
    await database.query(
      `ALTER ROLE ${role} SET search_path = nowhere; ALTER ROLE ${role} SET DateStyle = 'SQL, DMY'`,
    );
    const rules = [{ name: 'slow', sql: "SELECT '2026-11-27'::date AS day FROM pg_catalog.pg_sleep(1)" }];
    const report = await check({ url: asUser(database.url, role) }, { rules });
    expect(ruleNamed(report, 'slow')).toMatchObject({ violations: '1', samples: [{ day: '2026-11-27' }] });
  });

  it('rules for which no time is left', async () => {
    const database = await makeDatabase(15);
    const rules = [
      { name: 'slow', sql: 'SELECT 1 FROM pg_catalog.pg_sleep(60)' },
      { name: 'late', sql: 'SELECT 1' },
    ];
    const report = await check(database, { rules }, { deadline: Date.now() + 400 });
    expect(verdicts(report)).toEqual({ slow: 'could-not-check', late: 'could-not-check' });
    expect(ruleNamed(report, 'late').reason).toBe('no time was left for it');
  });

  it('a table the role may not read, and one whose rows a policy hides', async () => {
    const database = await makeDatabase(17);
    await database.query(FAMILY);
    const role = await makeRole(inject('servers')[17].url, 'LOGIN');
    await database.query(`GRANT SELECT ON parents, others TO ${role}; ALTER TABLE others ENABLE ROW LEVEL SECURITY;
      CREATE POLICY p ON others USING (false); CREATE TABLE open (parent int REFERENCES parents); GRANT SELECT ON open TO ${role}`);
    await database.query(unwatched('INSERT INTO others VALUES (1); INSERT INTO open VALUES (1)'));
    const report = await check({ url: asUser(database.url, role) });
    expect(verdicts(report)).toEqual({
      'foreign-key:public.children.children_parent_fkey': 'could-not-check',
      'foreign-key:public.open.open_parent_fkey': 'violated 1',
      'foreign-key:public.others.others_parent_fkey': 'could-not-check',
      'sequence:public.children_id_seq=public.children.id': 'could-not-check',
    });
    expect(report.rules.map(({ reason = '' }) => reason)).toEqual([
      expect.stringMatching(/permission denied for table children/),
      '',
      expect.stringMatching(/row-level security policy for table "others"/),
      expect.stringMatching(/permission denied for/),
    ]);
  });

  it.each([
    ['emptied', 'TRUNCATE children'],
    ['rewritten', 'ALTER TABLE children ALTER COLUMN id TYPE bigint'],
    ['made anew', 'DROP TABLE children; CREATE TABLE children (parent int REFERENCES parents)'],
  ])('a table that is %s while the check runs, which would look empty', async (_, sql) => {
    const database = await makeDatabase(15);
    await database.query(FAMILY);
    await database.query(
      unwatched(
        'INSERT INTO children (parent) SELECT 1 FROM generate_series(1, 9); INSERT INTO others VALUES (1)',
      ),
    );
    let meanwhile: Promise<unknown> | undefined;
    const report = await withClient(database.url, async (client) => {
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await client.query('SELECT 1');
      meanwhile = database.query(sql);
      await meanwhile;
      return checkIntegrity(
        client,
        integritySchema.parse({ rules: [{ name: 'own', sql: 'SELECT id FROM public.children' }] }),
        {
          only: ['foreign-key', 'own'],
        },
      );
    });
    expect(ruleNamed(report, 'foreign-key:public.children.children_parent_fkey')).toMatchObject({
      state: 'could-not-check',
      reason: expect.stringMatching(/was (emptied, rewritten or made anew|changed) while the check ran/),
    });
    expect(ruleNamed(report, 'foreign-key:public.others.others_parent_fkey').violations).toBe('1');
    expect(ruleNamed(report, 'own').state).toBe(
      sql.startsWith('DROP') ? 'not-applicable' : 'could-not-check',
    );
  });

  it('a lost session ends the check with what lost it', async () => {
    const database = await makeDatabase(15);
    const killer = `SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())`;
    const rules = [
      { name: 'kills', sql: killer },
      { name: 'after', sql: 'SELECT 1' },
    ];
    await expect(check(database, { rules })).rejects.toThrow(/terminating connection|Connection terminated/);
  });
});

describe('stays within what a server has', () => {
  it('with more tables than one transaction can lock', async () => {
    const database = await makeDatabase(17);
    await database.query(`DO $$ BEGIN FOR n IN 1..200 LOOP
      EXECUTE format('CREATE TABLE a%s (id int PRIMARY KEY, up int REFERENCES a%s)', n, n); END LOOP; END $$`);
    const held: string[] = [];
    await withClient(databaseUrl(inject('servers')[17].url, database.name), async (client) => {
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const report = await checkIntegrity(client, integritySchema.parse({ rules: [] }));
      expect(report.counts).toMatchObject({ rules: 200, passed: 200 });
      const locks = await client.query(
        `SELECT relation::regclass::text AS name FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384`,
      );
      held.push(...locks.rows.map(({ name }) => name));
    });
    expect(held).toEqual([]);
  });
});
