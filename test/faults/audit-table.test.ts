import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  startEngine,
  type TestDatabase,
} from '../support/engine.ts';
import { type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { type StatementFault, type StatementLine, startStatementLine } from '../support/fault-statement.ts';
import { said } from '../support/runs.ts';

// Whatever becomes of the row about a run, the run is over by then: its set is verified, its result told, its exit code 0.

const INSERT = /INSERT INTO public\.backup_audit_log/;
const BACKUP = ['backup', '--kind', 'daily'];

let sql: string;
beforeAll(async () => {
  ({ sql } = (await engine(['audit', '--install'], {})).result);
});

let source: TestDatabase;
let line: StatementLine | undefined;
let s3: S3Line | undefined;
const clients: pg.Client[] = [];
beforeEach(async () => {
  source = await makeDatabase(17);
  await source.query('CREATE TABLE films (id int PRIMARY KEY)');
});
afterEach(async () => {
  await Promise.all([line?.stop(), s3?.stop()]);
  line = undefined;
  s3 = undefined;
  await Promise.all(clients.splice(0).map((client) => client.end()));
});

async function run(url = source.url): Promise<EngineEnd> {
  const end = await engine(BACKUP, engineEnv(await makeBucket(), { url }));
  expect(end, said(end)).toMatchObject({ exitCode: 0, signal: null, result: { outcome: 'verified' } });
  return end;
}

const rows = async () => (await source.query('SELECT verb FROM public.backup_audit_log')).rows;
const warning = ({ stderr }: EngineEnd) =>
  stderr
    .split('\n')
    .flatMap((text) => (text.includes('was not added to backup_audit_log') ? [JSON.parse(text)] : []));

describe('a backup is verified and says so', () => {
  it('without a word where there is no table', async () => {
    expect(warning(await run())).toEqual([]);
  });

  it('where the table lacks a column', async () => {
    await source.query(`${sql}; ALTER TABLE public.backup_audit_log DROP COLUMN details`);
    expect(warning(await run())).toMatchObject([{ because: expect.stringContaining('"details"') }]);
    expect(await rows()).toEqual([]);
  });

  it('where something else goes by the name of the table', async () => {
    await source.query('CREATE VIEW public.backup_audit_log AS SELECT 1 AS verb');
    expect(warning(await run())).toHaveLength(1);
  });

  it('where somebody holds the table', async () => {
    await source.query(sql);
    // held only once the backup has read it
    line = await startStatementLine(source.url, INSERT, 'hold');
    const { end } = startEngine(BACKUP, engineEnv(await makeBucket(), line));
    await line.struck;
    const holder = new pg.Client(source.url);
    clients.push(holder);
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE public.backup_audit_log');
    line.release();
    const ended = await end;
    expect(ended, said(ended)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(warning(ended)).toMatchObject([{ because: expect.stringContaining('lock timeout') }]);
  });

  it('where a trigger of the team refuses the row', async () => {
    await source.query(`${sql};
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not here'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON public.backup_audit_log EXECUTE FUNCTION refuse()`);
    expect(warning(await run())).toMatchObject([{ because: expect.stringContaining('not here') }]);
  });

  it.each<StatementFault>(['cut', 'lose-answer', 'hold'])(
    'where the database is gone at the row: %s',
    async (fault) => {
      await source.query(sql);
      line = await startStatementLine(source.url, INSERT, fault);
      expect(warning(await run(line.url))).toHaveLength(1);
      // added, if the answer alone was lost: and once
      expect(await rows()).toHaveLength(fault === 'lose-answer' ? 1 : 0);
    },
  );

  it('where it is told to end while it waits for the row', async () => {
    await source.query(sql);
    line = await startStatementLine(source.url, INSERT, 'hold');
    const { child, end } = startEngine(BACKUP, engineEnv(await makeBucket(), line));
    await line.struck;
    child.kill('SIGTERM');
    const ended = await end;
    expect(ended, said(ended)).toMatchObject({ exitCode: 0, signal: null, result: { outcome: 'verified' } });
    expect(warning(ended)).toMatchObject([{ because: expect.stringContaining('told to end') }]);
  });
});

describe('a role that is not the owner', () => {
  let role: string;
  let url: string;
  beforeEach(async () => {
    await source.query(sql);
    role = `clerk_${randomUUID().slice(0, 8)}`;
    await source.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x' BYPASSRLS IN ROLE pg_read_all_data`);
    const changed = new URL(source.url);
    changed.username = role;
    changed.password = 'x';
    url = changed.href;
  });

  afterEach(() => source.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));

  it('backs up all the same where it may not add rows', async () => {
    expect(warning(await run(url))).toMatchObject([
      { because: expect.stringContaining('permission denied') },
    ]);
    expect(await rows()).toEqual([]);
  });

  it('adds rows by the right to insert alone', async () => {
    await source.query(`GRANT INSERT ON public.backup_audit_log TO ${role}`);
    expect(warning(await run(url))).toEqual([]);
    expect(await rows()).toEqual([{ verb: 'backup' }]);
  });

  it('is refused a backup where row level security holds for it, as the SQL says', async () => {
    await source.query(`ALTER ROLE ${role} NOBYPASSRLS; GRANT INSERT ON public.backup_audit_log TO ${role}`);
    const end = await engine(BACKUP, engineEnv(await makeBucket(), { url }));
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'UnreadableTablesError' } },
    });
    // nothing was done
    expect(await rows()).toEqual([]);
  });
});

describe('a table that is missing', () => {
  const create = { BACKUP_CONFIG_JSON: JSON.stringify({ audit: { table: 'create' } }) };
  const backUp = async (url: string, env: Record<string, string> = create) => {
    const end = await engine(BACKUP, { ...engineEnv(await makeBucket(), { url }), ...env });
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    return end;
  };

  it('is made where the configuration says so, and the next backup of the same role holds it', async () => {
    expect(warning(await backUp(source.url))).toEqual([]);
    expect(await rows()).toEqual([{ verb: 'backup' }]);
    const { result } = await backUp(source.url);
    expect(result).toMatchObject({ tables: 2 });
    expect(await rows()).toHaveLength(2);
    const { rows: secured } = await source.query(
      `SELECT relrowsecurity AS secured FROM pg_class WHERE oid = 'public.backup_audit_log'::regclass`,
    );
    expect(secured).toEqual([{ secured: true }]);
  });

  it('keeps no backup from being verified where the role may not make it', async () => {
    const role = `reader_${randomUUID().slice(0, 8)}`;
    await source.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x' BYPASSRLS IN ROLE pg_read_all_data;
      REVOKE CREATE ON SCHEMA public FROM PUBLIC`);
    const { href } = Object.assign(new URL(source.url), { username: role, password: 'x' });
    try {
      expect(warning(await backUp(href))).toMatchObject([
        { because: expect.stringContaining('permission denied for schema public') },
      ]);
    } finally {
      await source.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('is not looked at where the configuration says off', async () => {
    await source.query(sql);
    const off = { BACKUP_CONFIG_JSON: JSON.stringify({ audit: { table: 'off' } }) };
    expect(warning(await backUp(source.url, off))).toEqual([]);
    expect(await rows()).toEqual([]);
  });
});

it('a run that failed is a row with the name of its error, and nothing else of it', async () => {
  await source.query(sql);
  s3 = await startS3Line(({ operation, key }) =>
    operation === 'PutObject' && key.endsWith('manifest.json')
      ? { status: 403, code: 'AccessDenied' }
      : undefined,
  );
  const end = await engine(BACKUP, { ...engineEnv(await makeBucket(), source), ...s3.env });
  expect(end.exitCode, said(end)).toBe(1);
  const { rows: all } = await source.query(
    'SELECT verb, exit_code, outcome, error, details FROM backup_audit_log',
  );
  expect(all).toEqual([
    { verb: 'backup', exit_code: 1, outcome: 'failed', error: 'StorageError', details: {} },
  ]);
});
