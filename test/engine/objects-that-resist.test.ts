import { describe, expect, inject, it } from 'vitest';
import {
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestDatabase,
  withClient,
} from '../support/engine.ts';
import { asUser, backUp, expectEqual, makeRole, restore, said } from '../support/runs.ts';

/** Functions that find what they name by the search path, as many do. */
const PATH_DEPENDENT = `
  CREATE TABLE rates (name text PRIMARY KEY, rate int); INSERT INTO rates VALUES ('a', 3);
  CREATE FUNCTION rate_of(text) RETURNS int LANGUAGE plpgsql IMMUTABLE SET search_path = public AS
    $$BEGIN RETURN (SELECT rate FROM rates WHERE name = $1); END$$;
  CREATE TABLE orders (id int PRIMARY KEY, rate text); INSERT INTO orders SELECT g, 'a' FROM generate_series(1, 50) g;
  CREATE INDEX by_rate ON orders (rate_of(rate)); ALTER FUNCTION rate_of(text) RESET search_path;
  COMMENT ON INDEX by_rate IS 'by rate'`;

/** @returns what could not be verified */
async function restoreTelling(source: TestDatabase, target: TestDatabase): Promise<string[]> {
  const env = engineEnv(await makeBucket(), source, target);
  const { id } = await backUp(env);
  const end = await engine(['restore', id, '--mode', 'full'], env);
  expect(end, said(end)).toMatchObject({ exitCode: 2, result: { outcome: 'could-not-verify' } });
  return end.result.notVerified;
}

describe.each([15, 17] as const)('a set is not worthless for one object, PostgreSQL %i', (major) => {
  const pair = async () => [await makeDatabase(major), await makeDatabase(major)] as const;

  it('whose materialized view cannot be computed any more: it comes back empty, and is named', async () => {
    const [source, target] = await pair();
    await source.query(`CREATE TABLE n (i int); INSERT INTO n VALUES (1);
      CREATE MATERIALIZED VIEW ratio AS SELECT 1 / i AS r FROM n; CREATE UNIQUE INDEX ON ratio (r);
      CREATE MATERIALIZED VIEW of_ratio AS SELECT r FROM ratio; UPDATE n SET i = 0`);
    expect(await restoreTelling(source, target)).toEqual([
      expect.stringMatching(/^MATERIALIZED VIEW DATA public ratio \w+: left out.*division by zero/),
      expect.stringMatching(/^MATERIALIZED VIEW DATA public of_ratio \w+: left out.*has not been populated/),
    ]);
    const { rows } = await target.query(
      "SELECT relname, relispopulated AS filled FROM pg_class WHERE relkind = 'm'",
    );
    expect(rows).toEqual([
      { relname: 'ratio', filled: false },
      { relname: 'of_ratio', filled: false },
    ]);
  });

  it('whose index calls a function that finds its table by the search path', async () => {
    const [source, target] = await pair();
    await source.query(PATH_DEPENDENT);
    const told = await restoreTelling(source, target);
    expect(told.join('\n')).toMatch(/INDEX public by_rate/);
    const { rows } = await target.query('SELECT count(*)::int AS n FROM orders');
    expect(rows).toEqual([{ n: 50 }]);
  });

  it('whose CHECK reads another table, which is filled later: it comes back as it was', async () => {
    const [source, target] = await pair();
    await source.query(`CREATE TABLE z_allowed (word text PRIMARY KEY); INSERT INTO z_allowed VALUES ('a');
      CREATE FUNCTION allowed(text) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.z_allowed WHERE word = $1)';
      CREATE TABLE a_words (word text CONSTRAINT is_allowed CHECK (allowed(word)), CONSTRAINT later CHECK (allowed(word || '')) NOT VALID);
      COMMENT ON CONSTRAINT is_allowed ON a_words IS '허용된 낱말';
      CREATE TABLE tree (word text CHECK (allowed(word))) PARTITION BY LIST (word); CREATE TABLE leaf PARTITION OF tree DEFAULT;
      INSERT INTO a_words VALUES ('a'); INSERT INTO tree VALUES ('a')`);
    const env = engineEnv(await makeBucket(), source, target);
    await restore(env, (await backUp(env)).id);
    await expectEqual(major, source.url, target.url);
  });

  it('whose CHECK a child has for its own as well, or a partition has validated before its root', async () => {
    const [source, target] = await pair();
    await source.query(`CREATE TABLE z_allowed (word text PRIMARY KEY); INSERT INTO z_allowed VALUES ('a');
      CREATE FUNCTION allowed(text) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.z_allowed WHERE word = $1)';
      CREATE TABLE parent (word text CONSTRAINT k CHECK (allowed(word)));
      CREATE TABLE child (CONSTRAINT k CHECK (allowed(word))) INHERITS (parent);
      CREATE TABLE a_grandchild (CONSTRAINT k CHECK (allowed(word))) INHERITS (child);
      COMMENT ON CONSTRAINT k ON parent IS 'of all'; COMMENT ON CONSTRAINT k ON a_grandchild IS 'its own';
      INSERT INTO a_grandchild VALUES ('a'); INSERT INTO child VALUES ('a'); INSERT INTO parent VALUES ('a');
      CREATE TABLE tree (word text) PARTITION BY LIST (word); CREATE TABLE leaf PARTITION OF tree DEFAULT; INSERT INTO tree VALUES ('a');
      ALTER TABLE tree ADD CONSTRAINT k CHECK (allowed(word)) NOT VALID; ALTER TABLE leaf VALIDATE CONSTRAINT k`);
    const env = engineEnv(await makeBucket(), source, target);
    await restore(env, (await backUp(env)).id);
    await expectEqual(major, source.url, target.url);
    const flags = `SELECT conrelid::regclass::text AS of, convalidated, conislocal, coninhcount FROM pg_constraint WHERE conname = 'k' ORDER BY 1`;
    expect((await target.query(flags)).rows).toEqual((await source.query(flags)).rows);
  });

  it('whose domain has a CHECK that reads a table, which is filled later: it comes back as it was', async () => {
    const [source, target] = await pair();
    await source.query(`CREATE TABLE z_allowed (word text PRIMARY KEY); INSERT INTO z_allowed VALUES ('a');
      CREATE FUNCTION allowed(text) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.z_allowed WHERE word = $1)';
      CREATE DOMAIN word AS text CONSTRAINT is_allowed CHECK (allowed(VALUE)) CHECK (VALUE <> '');
      COMMENT ON CONSTRAINT is_allowed ON DOMAIN word IS '허용된 낱말';
      CREATE TABLE a_words (word word); INSERT INTO a_words VALUES ('a')`);
    const env = engineEnv(await makeBucket(), source, target);
    await restore(env, (await backUp(env)).id);
    await expectEqual(major, source.url, target.url);
  });

  it('whose event triggers the role that restores may not make: all else stays, and they are named', async () => {
    const [source, target] = await pair();
    await source.query(`CREATE TABLE t AS SELECT 1 AS n;
      CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$;
      CREATE EVENT TRIGGER "눈 watch" ON ddl_command_end EXECUTE FUNCTION watch()`);
    const server = inject('servers')[major].url;
    const role = await makeRole(server, 'LOGIN CREATEROLE');
    await source.query(`ALTER TABLE t OWNER TO ${role}; ALTER FUNCTION watch() OWNER TO ${role}`);
    await withClient(server, (client) => client.query(`ALTER DATABASE ${target.name} OWNER TO ${role}`));
    const env = engineEnv(await makeBucket(), source);
    const { id } = await backUp(env);
    const asRole = { ...env, TARGET_DATABASE_URL: asUser(target.url, role) };
    const end = await engine(['restore', id, '--mode', 'full'], asRole);
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { outcome: 'could-not-verify' } });
    expect(end.result.notVerified).toEqual([
      expect.stringMatching(
        /^EVENT TRIGGER - 눈 watch \w+: left out.*permission denied to create event trigger/,
      ),
    ]);
    expect((await target.query('SELECT n FROM t')).rows).toEqual([{ n: 1 }]);
  });

  it('whose CHECK cannot be asked any more: it stays NOT VALID, and is named', async () => {
    const [source, target] = await pair();
    await source.query(`CREATE FUNCTION fine(int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
      CREATE TABLE t (n int CONSTRAINT fine CHECK (fine(n))); INSERT INTO t VALUES (1);
      CREATE OR REPLACE FUNCTION fine(int) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / (n - n) > 0 FROM (SELECT $1) AS s(n)'`);
    expect(await restoreTelling(source, target)).toEqual([
      expect.stringMatching(/^constraint fine of public\.t: left NOT VALID.*division by zero/),
    ]);
    await expect(target.query('INSERT INTO t VALUES (2)')).rejects.toThrow(/division by zero/);
  });

  it('whose unique index finds another table in another search path, by which rows are not unique', async () => {
    const [source, target] = await pair();
    await source.query(`CREATE SCHEMA app; CREATE TABLE app.rates AS SELECT * FROM (VALUES ('a', 1), ('b', 2)) AS r (name, rate);
      CREATE TABLE rates AS SELECT name, 1 AS rate FROM app.rates; CREATE TABLE orders AS SELECT name FROM rates;
      CREATE FUNCTION app.rate_of(text) RETURNS int LANGUAGE plpgsql IMMUTABLE SET search_path = app AS
        $$BEGIN RETURN (SELECT rate FROM rates WHERE name = $1); END$$;
      CREATE UNIQUE INDEX one_each ON orders (app.rate_of(name)); ALTER FUNCTION app.rate_of(text) RESET search_path`);
    expect(await restoreTelling(source, target)).toEqual([
      expect.stringMatching(/^INDEX public one_each \w+: left out.*relation "rates" does not exist/),
    ]);
  });

  it('that strangers would act in: what they put in the way of a name is not called', async () => {
    const [source, target] = await pair();
    const stranger = await makeRole(source.url, 'LOGIN');
    await source.query(`CREATE SCHEMA app; CREATE SCHEMA theirs AUTHORIZATION ${stranger};
      CREATE TABLE app.names AS SELECT 'A'::varchar AS name;
      CREATE FUNCTION app.first() RETURNS text LANGUAGE plpgsql SET search_path = app AS $$BEGIN RETURN (SELECT lower(name) FROM names); END$$;
      CREATE FUNCTION app.fits(varchar) RETURNS boolean LANGUAGE plpgsql SET search_path = app AS
        $$BEGIN RETURN (SELECT lower($1) = lower(name) FROM names); END$$;
      CREATE MATERIALIZED VIEW app.m AS SELECT app.first();
      CREATE TABLE app.t (name varchar CONSTRAINT fits CHECK (app.fits(name))); INSERT INTO app.t VALUES ('a');
      ALTER FUNCTION app.first() RESET search_path; ALTER FUNCTION app.fits(varchar) RESET search_path;
      SET ROLE ${stranger}; CREATE TABLE theirs.log (me name);
      CREATE FUNCTION theirs.lower(varchar) RETURNS text LANGUAGE plpgsql AS
        $$BEGIN INSERT INTO theirs.log VALUES (current_user); RETURN 'a'; END$$`);
    const told = (await restoreTelling(source, target)).join('\n');
    expect((await target.query('SELECT me FROM theirs.log')).rows).toEqual([]);
    expect(told).toMatch(/^MATERIALIZED VIEW DATA app m/);
    // what the function needs is found all the same
    expect(told).not.toMatch(/constraint fits/);
  });

  it('that event triggers watch: they come last, and see nothing of the restore', async () => {
    const [source, target] = await pair();
    await source.query(`CREATE TABLE log (tag text);
      CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.log VALUES (tg_tag); END$$;
      CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no changes here'; END$$;
      CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; CREATE TABLE indexed (n int PRIMARY KEY);
      CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watch();
      ALTER EVENT TRIGGER watch ENABLE ALWAYS; COMMENT ON EVENT TRIGGER watch IS '보는 눈';
      CREATE EVENT TRIGGER forbid ON ddl_command_start EXECUTE FUNCTION forbid()`);
    const env = engineEnv(await makeBucket(), source, target);
    await restore(env, (await backUp(env)).id);
    await expectEqual(major, source.url, target.url);
    expect((await target.query('SELECT count(*)::int AS n FROM log')).rows).toEqual([{ n: 0 }]);
  });

  it('that was in a tablespace this server lacks: it is in the usual one, and that is told', async () => {
    const [source, target] = await pair();
    const env = engineEnv(await makeBucket(), source, target);
    await withClient(source.url, async (client) => {
      await client.query('SET allow_in_place_tablespaces = on');
      await client.query("CREATE TABLESPACE fast LOCATION ''");
    });
    await source.query('CREATE TABLE t (n int PRIMARY KEY) TABLESPACE fast; INSERT INTO t VALUES (1)');
    const { id } = await backUp(env);
    await source.query('DROP TABLE t');
    await source.query('DROP TABLESPACE fast');
    const end = await engine(['restore', id, '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: { notVerified: [expect.stringMatching(/^tablespace fast is not on this server/)] },
    });
  });

  it('whose index by a function was in such a tablespace', async () => {
    const [source, target] = await pair();
    const env = engineEnv(await makeBucket(), source, target);
    await withClient(source.url, async (client) => {
      await client.query('SET allow_in_place_tablespaces = on');
      await client.query("CREATE TABLESPACE quick LOCATION ''");
    });
    await source.query(`${PATH_DEPENDENT}; ALTER INDEX by_rate SET TABLESPACE quick`);
    const { id } = await backUp(env);
    await source.query('DROP TABLE orders');
    await source.query('DROP TABLESPACE quick');
    const end = await engine(['restore', id, '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 2 });
    // version 17 builds indexes in a search path of its own
    const expected = major === 15 ? /built with search_path = "public"/ : /relation "rates" does not exist/;
    expect(end.result.notVerified.join('\n')).toMatch(expected);
  });

  it('whose plpgsql was dropped and made again', async () => {
    const [source, target] = await pair();
    await source.query('DROP EXTENSION plpgsql; CREATE EXTENSION plpgsql; CREATE TABLE t (n int)');
    const env = engineEnv(await makeBucket(), source, target);
    await restore(env, (await backUp(env)).id);
  });
});

describe('a login trigger, PostgreSQL 17', () => {
  it('that turns sessions away comes back, and does not meet the restore', async () => {
    const [source, target] = [await makeDatabase(17), await makeDatabase(17)];
    await source.query(`CREATE TABLE t AS SELECT 1 AS n;
      CREATE FUNCTION come_in() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.t VALUES (2); END$$`);
    await source.query('CREATE EVENT TRIGGER come_in ON login EXECUTE FUNCTION come_in()');
    await source.query('ALTER EVENT TRIGGER come_in ENABLE REPLICA');
    const env = engineEnv(await makeBucket(), source, target);
    const { id } = await backUp(env);
    await restore(env, id);
    const { rows } = await target.query('SELECT evtname, evtevent, evtenabled FROM pg_event_trigger');
    expect(rows).toEqual([{ evtname: 'come_in', evtevent: 'login', evtenabled: 'R' }]);
  });
});
