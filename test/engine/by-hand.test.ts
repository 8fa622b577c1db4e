import { PutObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPostgres } from '../../local/postgres.ts';
import { runInstructions } from '../support/by-hand.ts';
import {
  configEnv,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  withClient,
} from '../support/engine.ts';
import { HOSTILE_NAMES, HOSTILE_VALUES } from '../support/hostile-text.ts';
import { backUp, expectEqual, readObject } from '../support/runs.ts';

const CONTENT = `
  CREATE SCHEMA "스키마 'a'";
  CREATE TABLE public.sliced (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, price money, body text, long int GENERATED ALWAYS AS (length(body)) STORED);
  INSERT INTO public.sliced (price, body) SELECT i * 1.25, '이야기 ' || E'\\t\\n\\\\.' || repeat(md5(i::text), 20) FROM generate_series(1, 6000) i;
  CREATE TABLE "스키마 'a'"."tab.le ""q"" $HOME \`x\` %" ("열 ""이름""" text, "a'b" int, "$1" text DEFAULT '\\');
  INSERT INTO "스키마 'a'"."tab.le ""q"" $HOME \`x\` %" SELECT repeat('한글 ' || i, 50), i FROM generate_series(1, 8000) i;
  CREATE TABLE public."new
line" (id int); INSERT INTO public."new
line" VALUES (1);`;

const AROUND = `
  CREATE SEQUENCE public.numbers START 7; SELECT nextval('public.numbers'), nextval('public.numbers');
  CREATE MATERIALIZED VIEW public.summary AS SELECT id % 7 AS day, sum(price) AS total FROM public.sliced GROUP BY 1;
  CREATE INDEX summary_day ON public.summary (day);
  CREATE MATERIALIZED VIEW public.unfilled AS SELECT 1 AS n WITH NO DATA;
  SELECT lo_from_bytea(424242, decode(repeat('00ff5c2e', 100000), 'hex')); COMMENT ON LARGE OBJECT 424242 IS '큰 객체';
  CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.body := upper(NEW.body); RETURN NEW; END';
  CREATE TRIGGER stamp BEFORE INSERT ON public.sliced FOR EACH ROW EXECUTE FUNCTION public.stamp();`;

/** Settings of the database itself: no archive carries them, roles.sql does. */
const settings = (name: string) => `
  COMMENT ON DATABASE ${name} IS E'it''s\\nthe "source"'; GRANT CONNECT ON DATABASE ${name} TO pg_monitor;
  ALTER DATABASE ${name} SET search_path = "스키마 'a'", public; ALTER DATABASE ${name} SET work_mem = '5MB'`;

describe('RESTORE.md of a set', () => {
  it('brings the whole database back with standard programs alone', async () => {
    const source = await makeDatabase(15);
    await source.query(CONTENT);
    await source.query(AROUND);
    await source.query(settings(source.name));
    const bucket = await makeBucket();
    await backUp({ ...engineEnv(bucket, source), ...(await configEnv(SLICE_EVERYTHING)) });
    const slices = (await bucket.keys()).filter((key) => key.includes('/data/'));
    expect(slices.some((key) => key.includes('/data/public.sliced/'))).toBe(true);
    expect(slices.some((key) => key.includes('tab%2Ele'))).toBe(true);
    const copy = await makeDatabase(15);
    const end = await runInstructions(bucket, copy.url, 'the AWS CLI where installed');
    expect(end.exitCode, end.output).toBe(0);
    await expectEqual(15, source.url, copy.url);
  });

  it('brings a database back that has no tables, no settings and nothing in slices', async () => {
    const source = await makeDatabase(15);
    const bucket = await makeBucket();
    await backUp(engineEnv(bucket, source));
    const copy = await makeDatabase(15);
    const end = await runInstructions(bucket, copy.url, 'the stand-in');
    expect(end.exitCode, end.output).toBe(0);
    await expectEqual(15, source.url, copy.url);
  });

  it('takes nothing for a statement that stands in a name or a value', async () => {
    const servers = await Promise.all([startPostgres({ major: 15 }), startPostgres({ major: 15 })]);
    onTestFinished(() => Promise.all(servers.map((server) => server.stop())).then(() => undefined));
    for (const server of servers) await server.createDatabase('app');
    const [from, to] = servers.map((server) => server.url('app')) as [string, string];
    const values = HOSTILE_VALUES.map((value) => pg.escapeLiteral(value));
    const names = HOSTILE_NAMES.map((name) => pg.escapeIdentifier(name));
    await withClient(from, async (client) => {
      for (const name of names) {
        await client.query(`CREATE ROLE ${name}`);
        await client.query(`GRANT TEMPORARY ON DATABASE app TO ${name}`);
        for (const [i, value] of values.entries()) {
          await client.query(`ALTER ROLE ${name} SET "app.v${i}" = ${value}`);
          await client.query(`ALTER ROLE ${name} IN DATABASE app SET "app.d${i}" = ${value}`);
        }
      }
      await client.query(`COMMENT ON DATABASE app IS ${values.at(-1)}`);
    });
    const bucket = await makeBucket();
    await backUp(engineEnv(bucket, { url: from }));
    const end = await runInstructions(bucket, to, 'the stand-in');
    expect(end.exitCode, end.output).toBe(0);
    expect(end.output.match(/ERROR.*/g)).toEqual(['ERROR:  role "postgres" already exists']);
    const look = `SELECT r.rolname, r.rolsuper, s.setdatabase <> 0 AS here, s.setconfig,
        array(SELECT a::text FROM unnest(d.datacl) AS a ORDER BY 1) AS acl, shobj_description(d.oid, 'pg_database') AS comment
      FROM pg_database d, pg_roles r LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid
      WHERE r.rolname !~ '^pg_' AND d.datname = current_database() ORDER BY 1, 3`;
    const [before, after] = await Promise.all(
      [from, to].map((url) => withClient(url, async (client) => (await client.query(look)).rows)),
    );
    expect(before).toHaveLength(2 * names.length + 1);
    expect(after).toEqual(before);
  });

  it('stops at an object that was damaged, before it touches the target', async () => {
    const source = await makeDatabase(15);
    await source.query('CREATE TABLE t AS SELECT generate_series(1, 100) AS n');
    const bucket = await makeBucket();
    await backUp(engineEnv(bucket, source));
    const key = (await bucket.keys()).find((name) => name.endsWith('/rest.dump.zst.gpg')) ?? '';
    const bytes = await readObject(bucket, key);
    // one bit in the middle: the same length, and still an OpenPGP message at its beginning
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: bytes }));
    const copy = await makeDatabase(15);
    const end = await runInstructions(bucket, copy.url, 'the stand-in');
    expect(end.exitCode).toBe(1);
    expect(end.output).toMatch(/set\/rest\.dump\.zst\.gpg: FAILED/);
    const { rows } = await copy.query(
      "SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
});
