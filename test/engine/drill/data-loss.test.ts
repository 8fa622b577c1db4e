import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type DrillReport, parseReport, type TableLoss } from '../../../core/drill/report.ts';
import {
  configEnv,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
  withClient,
} from '../../support/engine.ts';
import { asUser, backUp, makeRole, readObject, said } from '../../support/runs.ts';

const SOURCE = `
  CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users SELECT g, 'user ' || g FROM generate_series(1, 100) g;
  CREATE TABLE stories (id int PRIMARY KEY, body text); INSERT INTO stories SELECT g, md5(g::text) FROM generate_series(1, 30000) g;
  CREATE TABLE logs (line text); INSERT INTO logs SELECT 'same' FROM generate_series(1, 10);
  CREATE TABLE "이상한 ""이름""" (a int, "쉼표, 열" text); INSERT INTO "이상한 ""이름""" VALUES (1, 'x');
  CREATE TABLE emptied (id int); INSERT INTO emptied VALUES (1), (2), (3);
  CREATE TABLE dropped (id int); INSERT INTO dropped VALUES (1), (2);
  CREATE TABLE widened (id int); INSERT INTO widened VALUES (1);
  CREATE TYPE mood AS ENUM ('good', 'bad');
  CREATE TABLE moods (m mood, n int) PARTITION BY HASH (m);
  CREATE TABLE moods_0 PARTITION OF moods FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE moods_1 PARTITION OF moods FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO moods SELECT (ARRAY['good', 'bad'])[1 + g % 2]::mood, g FROM generate_series(1, 50) g`;

/** What happens to the source after the set was made. */
const MEANWHILE = `
  INSERT INTO users VALUES (101, 'new'); UPDATE users SET name = 'renamed' WHERE id = 1; DELETE FROM users WHERE id = 2;
  UPDATE stories SET body = 'changed' WHERE id IN (1, 15000, 30000);
  INSERT INTO logs VALUES ('same'), ('same');
  TRUNCATE emptied; DROP TABLE dropped; ALTER TABLE widened ADD COLUMN more int; INSERT INTO widened VALUES (2, 3);
  INSERT INTO moods VALUES ('good', 1000);
  CREATE TABLE newer (id int); INSERT INTO newer VALUES (1), (2)`;

let source: TestDatabase;
let bucket: TestBucket;

beforeAll(async () => {
  [source, bucket] = await Promise.all([makeDatabase(15), makeBucket()]);
  await source.query(SOURCE);
  await backUp(engineEnv(bucket, source));
  await source.query(MEANWHILE);
});

async function lossOf(
  env: Record<string, string> = {},
  config: object = {},
): Promise<DrillReport['dataLoss']> {
  const small = await configEnv({ drill: { pgbench: { enabled: false }, ...config } });
  const end = await engine(['drill'], { ...engineEnv(bucket, source), ...small, ...env });
  expect(end, said(end)).toMatchObject({ exitCode: 0 });
  const key = String(end.result.report).replace('report.html', 'report.json');
  const report = parseReport((await readObject(bucket, key)).toString());
  if (report === undefined) throw new Error(said(end));
  return report.dataLoss;
}

const of = (tables: readonly TableLoss[], name: string) => tables.find((table) => table.name === name);

describe('what would be lost', () => {
  it.each([15, 17] as const)(
    'is counted to the row for each table, against a restore into PostgreSQL %i',
    async (major) => {
      const { tables, lookedAt } = await lossOf({ BACKUP_POSTGRES_BINDIRS: inject('servers')[major].binDir });
      expect(lookedAt).toMatch(/^20/);
      // one new, one with a new state; one deleted, one with its old state
      expect(of(tables, 'users')).toMatchObject({
        level: 'critical',
        rows: '2',
        gone: '2',
        minutes: expect.any(Number),
      });
      expect(of(tables, 'stories')).toMatchObject({ rows: '3', gone: '3' });
      expect(of(tables, 'logs')).toMatchObject({ rows: '2', gone: '0' });
      expect(of(tables, '이상한 "이름"')).toMatchObject({ rows: '0', gone: '0', minutes: 0 });
      expect(of(tables, 'emptied')).toMatchObject({ rows: '0', gone: '3' });
      expect(of(tables, 'dropped')).toMatchObject({
        rows: '0',
        gone: '2',
        reason: expect.stringContaining('no more'),
      });
      expect(of(tables, 'widened')).toMatchObject({
        rows: null,
        reason: expect.stringContaining('more is new'),
      });
      expect(of(tables, 'moods')).toMatchObject({ rows: '1', gone: '0' });
      expect(of(tables, 'newer')).toMatchObject({
        rows: '2',
        gone: '0',
        reason: expect.stringContaining('newer'),
      });
    },
  );

  it('is unknown, with the reason, where no source is named, none answers, or nobody is to look', async () => {
    expect(await lossOf({ DATABASE_URL: '' })).toMatchObject({
      lookedAt: null,
      reason: expect.stringContaining('DATABASE_URL'),
      tables: [],
    });
    expect(await lossOf({ DATABASE_URL: 'postgresql://postgres:a-secret@127.0.0.1:1/x' })).toMatchObject({
      lookedAt: null,
      reason: expect.not.stringContaining('a-secret'),
    });
    expect(await lossOf({}, { dataLoss: false })).toMatchObject({
      lookedAt: null,
      reason: expect.stringContaining('dataLoss'),
    });
  });

  it('is unknown while a migration holds a table, which is not made to wait', async () => {
    const loss = await withClient(source.url, async (client) => {
      await client.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
      return await lossOf();
    });
    expect(loss).toMatchObject({ lookedAt: null, reason: expect.stringMatching(/lock/), tables: [] });
  });

  it('is unknown for a table whose rows the role may not see, and known for the others', async () => {
    const role = await makeRole(inject('servers')[15].url, 'LOGIN');
    await source.query(`GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON users, logs TO ${role};
      ALTER TABLE logs ENABLE ROW LEVEL SECURITY`);
    const { tables } = await lossOf({ DATABASE_URL: asUser(source.url, role) });
    await source.query('ALTER TABLE logs DISABLE ROW LEVEL SECURITY');
    expect(of(tables, 'users')).toMatchObject({ rows: '2', gone: '2' });
    expect(of(tables, 'logs')).toMatchObject({
      rows: null,
      reason: expect.stringContaining('row level security'),
    });
    expect(of(tables, 'stories')).toMatchObject({
      rows: null,
      reason: expect.stringContaining('may not be read'),
    });
  });
});
