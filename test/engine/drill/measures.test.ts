import { beforeAll, describe, expect, it } from 'vitest';
import { type Check, parseReport } from '../../../core/drill/report.ts';
import {
  configEnv,
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../../support/engine.ts';
import { backUp, readObject, said } from '../../support/runs.ts';

let source: TestDatabase;
let bucket: TestBucket;

beforeAll(async () => {
  [source, bucket] = await Promise.all([makeDatabase(17), makeBucket()]);
  // what pgbench would drop, if it worked where it stands
  await source.query(`CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users SELECT g, 'user ' || g FROM generate_series(1, 20) g;
    CREATE TABLE pgbench_accounts (mine text); INSERT INTO pgbench_accounts VALUES ('not to be dropped');
    CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO users VALUES (1000) RETURNING id'`);
  await backUp(engineEnv(bucket, source));
});

async function drill(
  config: object,
): Promise<{ end: EngineEnd; check: (id: Check['id']) => Check | undefined }> {
  const end = await engine(['drill'], {
    ...engineEnv(bucket, source),
    ...(await configEnv({ drill: config })),
  });
  const key = String(end.result.report).replace('report.html', 'report.json');
  const report = parseReport((await readObject(bucket, key)).toString());
  return { end, check: (id) => report?.checks.find((check) => check.id === id) };
}

describe('pgbench', () => {
  it('measures in a schema of its own, and leaves a table of the same name alone', async () => {
    const { end, check } = await drill({
      pgbench: { clients: 2, transactions: 20 },
      sqlProbes: [
        { name: 'still there', query: 'SELECT mine FROM pgbench_accounts', equals: 'not to be dropped' },
      ],
    });
    expect(end, said(end)).toMatchObject({ exitCode: 0 });
    expect(check('pgbench')).toMatchObject({
      state: 'verified',
      figures: [
        { name: 'throughput', unit: 'transactions-per-second', value: expect.any(Number) },
        { name: 'latency', unit: 'milliseconds' },
      ],
    });
    expect(check('pgbench')?.figures[0]?.value).toBeGreaterThan(0);
  });

  it('that cannot get its connections could not be verified, and says why', async () => {
    const { end, check } = await drill({ pgbench: { clients: 500, transactions: 1 } });
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { verdict: 'could-not-verify' } });
    expect(check('pgbench')).toMatchObject({
      state: 'could-not-verify',
      findings: [expect.stringMatching(/did not run to its end: .*(too many clients|connection)/)],
    });
  });

  it('can be switched off, and the report says so', async () => {
    const { check } = await drill({ pgbench: { enabled: false } });
    expect(check('pgbench')).toMatchObject({
      state: 'not-run',
      findings: [expect.stringMatching(/switched off/)],
    });
  });
});

describe('SQL probes', () => {
  const fast = { pgbench: { enabled: false } };

  it('pass where the database answers as expected', async () => {
    const { end, check } = await drill({
      ...fast,
      sqlProbes: [
        { name: 'users are there', query: 'SELECT count(*) FROM users;', equals: '20' },
        { name: 'any', query: 'TABLE users', minRows: 20 },
        { name: 'none', query: 'SELECT 1 WHERE false', minRows: 0 },
      ],
    });
    expect(end, said(end)).toMatchObject({ exitCode: 0 });
    expect(check('sql-probes')).toMatchObject({
      state: 'verified',
      figures: [{ name: 'passed', value: 3 }, {}],
    });
  });

  it('fail each for its own reason, and none keeps the others from being asked', async () => {
    const wrong: readonly [name: string, probe: object, says: RegExp][] = [
      ['another value', { query: 'SELECT count(*) FROM users', equals: '21' }, /got 20, expected 21/],
      ['NULL', { query: 'SELECT NULL', equals: '' }, /got NULL/],
      ['too few rows', { query: 'TABLE users', minRows: 21 }, /got 20 rows, expected 21/],
      ['no row', { query: 'SELECT 1 WHERE false', minRows: 0, equals: '1' }, /got no row/],
      ['no such table', { query: 'TABLE nobody' }, /relation "nobody" does not exist/],
      ['it writes', { query: 'SELECT writes()' }, /read-only transaction/],
      ['it is no query', { query: 'DROP TABLE users' }, /syntax error/],
      ['two statements', { query: 'SELECT 1; COMMIT; DROP TABLE users' }, /multiple commands/],
      ['it is none at all', { query: "SELECT 'unfinished" }, /unterminated/],
    ];
    const { end, check } = await drill({
      ...fast,
      sqlProbes: [
        ...wrong.map(([name, probe]) => ({ name, ...probe })),
        { name: 'right', query: 'SELECT count(*) FROM users', equals: '20' },
      ],
    });
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { verdict: 'failed' } });
    expect(check('sql-probes')?.findings).toEqual(
      wrong.map(([name, , says]) => expect.stringMatching(new RegExp(`^${name}: .*${says.source}`))),
    );
  });
});
