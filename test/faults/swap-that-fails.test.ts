import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serializeManifest } from '../../core/manifest.ts';
import { type EngineEnd, engine, startEngine } from '../support/engine.ts';
import { databasesLike } from '../support/fault-restore.ts';
import { type StatementFault, type StatementLine, startStatementLine } from '../support/fault-statement.ts';
import { contentOf, type InPlace, inPlace, noteOf, onServer } from '../support/in-place.ts';
import { readManifest, restore, said } from '../support/runs.ts';

let line: StatementLine | undefined;
afterEach(() => line?.stop());

/** The statements of a swap, each after those before it. */
const STATEMENTS: readonly [string, RegExp][] = [
  ['the first rename', /RENAME TO "\w+_(old|undone)_/],
  ['the second rename', /RENAME TO .*RENAME TO /s],
  ['the comments', /RENAME TO .*COMMENT ON DATABASE/s],
  ['the commit', /RENAME TO .*COMMIT/s],
];
const COMMIT = /RENAME TO .*COMMIT/s;

/** The database put aside, by the id under which it says that it was. */
async function aside({ target }: InPlace): Promise<{ name: string; restoreId: string }> {
  const [name = ''] = (await databasesLike(target)).filter((each) => each !== target.name);
  return { name, restoreId: (await noteOf(15, name)).restoreId };
}

describe('a rollback', () => {
  let there: InPlace;
  beforeAll(async () => {
    there = await inPlace();
    await restore(there.env, there.id, '--confirm', there.target.name);
  });

  /** Begins one over a line on which the fault comes about. */
  async function begin(statement: RegExp, fault: StatementFault) {
    const { target, env } = there;
    const before = { content: await contentOf(target), kept: await aside(there) };
    line = await startStatementLine(target.url, statement, fault);
    const args = ['rollback', before.kept.restoreId, '--confirm', target.name];
    const run = startEngine(args, { ...env, TARGET_DATABASE_URL: line.url });
    await Promise.race([line.struck, run.end]);
    return { before, run };
  }

  async function expectDone(end: EngineEnd, before: { content: string }): Promise<void> {
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified', notVerified: [] } });
    expect(await contentOf(there.target)).toBe(before.content === 'old' ? 'new' : 'old');
    const names = [there.target.name, end.result.replacedDatabaseKeptAs].sort();
    expect(await databasesLike(there.target)).toEqual(names);
  }

  async function expectUndone(before: { content: string; kept: { name: string } }): Promise<void> {
    expect(await contentOf(there.target)).toBe(before.content);
    expect(await databasesLike(there.target)).toEqual([there.target.name, before.kept.name].sort());
    expect(await contentOf(onServer(15, before.kept.name))).toBe(before.content === 'old' ? 'new' : 'old');
  }

  it.each(STATEMENTS)('whose connections are cut at %s leaves everything as it was', async (_, statement) => {
    const { before, run } = await begin(statement, 'cut');
    const end = await run.end;
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'DatabaseFailedError' } } });
    await expectUndone(before);
  });

  it.each(STATEMENTS.slice(0, -1))(
    'that never hears of %s leaves everything as it was',
    async (_, statement) => {
      const { before, run } = await begin(statement, 'lose-answer');
      const end = await run.end;
      expect(end, said(end)).toMatchObject({
        exitCode: 1,
        result: { error: { name: 'DatabaseFailedError' } },
      });
      await expectUndone(before);
    },
  );

  it('that never hears of the commit finds out that it is done', async () => {
    const { before, run } = await begin(COMMIT, 'lose-answer');
    await expectDone(await run.end, before);
  });

  it.each(STATEMENTS)('that is killed at %s leaves everything as it was, and open', async (_, statement) => {
    const { before, run } = await begin(statement, 'hold');
    run.child.kill('SIGKILL');
    expect((await run.end).signal).toBe('SIGKILL');
    await expectUndone(before);
  });

  it.each(STATEMENTS)(
    'that is told to stop at %s goes through with it, and says so',
    async (_, statement) => {
      const { before, run } = await begin(statement, 'hold');
      run.child.kill('SIGTERM');
      line?.release();
      await expectDone(await run.end, before);
    },
  );

  it('does not take a database for the one it began with, because it has the name', async () => {
    const [[, first] = ['', COMMIT]] = STATEMENTS;
    const { before, run } = await begin(first, 'hold');
    const { target } = there;
    const server = onServer(15, 'postgres');
    const away = `away_${target.name}`;
    await server.query(`ALTER DATABASE ${target.name} RENAME TO ${away}`);
    await server.query(`CREATE DATABASE ${target.name}`);
    line?.release();
    const end = await run.end;
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'DatabaseFailedError' } } });
    expect(end.result.error.message).toContain('is another database than when the work began');
    expect(await contentOf(onServer(15, away))).toBe(before.content);
    await server.query(`DROP DATABASE ${target.name}`);
    await server.query(`ALTER DATABASE ${away} RENAME TO ${target.name}`);
    await expectUndone(before);
  });

  it('whose old database is dropped in the last moment leaves the one that is there', async () => {
    const [[, first] = ['', COMMIT]] = STATEMENTS;
    const { before, run } = await begin(first, 'hold');
    await onServer(15, 'postgres').query(`DROP DATABASE ${before.kept.name}`);
    line?.release();
    const end = await run.end;
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'DatabaseFailedError' } } });
    expect(await contentOf(there.target)).toBe(before.content);
    expect(await databasesLike(there.target)).toEqual([there.target.name]);
  });
});

describe('a restore in place', () => {
  const begin = async (there: InPlace, statement: RegExp, fault: StatementFault) => {
    line = await startStatementLine(there.target.url, statement, fault);
    const args = ['restore', there.id, '--mode', 'full', '--confirm', there.target.name];
    const run = startEngine(args, { ...there.env, TARGET_DATABASE_URL: line.url });
    await Promise.race([line.struck, run.end]);
    return run;
  };

  it('whose connections are cut at the commit leaves the old state, and names the set that holds it', async () => {
    const there = await inPlace();
    const end = await (await begin(there, COMMIT, 'cut')).end;
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: {
        error: { name: 'DatabaseFailedError' },
        restoreId: expect.stringMatching(/^\d{8}T\d{6}Z-[0-9a-f]{4}$/),
        preRestoreSet: expect.stringMatching(/^prerestore-/),
      },
    });
    expect(await contentOf(there.target)).toBe('old');
    expect(await databasesLike(there.target)).toEqual([there.target.name]);
  });

  it('that never hears of the commit finds out that it is done', async () => {
    const there = await inPlace();
    const end = await (await begin(there, COMMIT, 'lose-answer')).end;
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(await contentOf(there.target)).toBe('new');
    expect(await databasesLike(there.target)).toEqual([there.target.name, end.result.replacedDatabaseKeptAs]);
  });

  it('that is told to stop at the commit goes through with it, and says so', async () => {
    const there = await inPlace();
    const run = await begin(there, COMMIT, 'hold');
    run.child.kill('SIGTERM');
    line?.release();
    const end = await run.end;
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(await contentOf(there.target)).toBe('new');
  });

  it('that is told to stop while it takes the set of the target leaves no set and no database', async () => {
    const there = await inPlace();
    const run = await begin(there, /pg_export_snapshot/, 'hold');
    run.child.kill('SIGTERM');
    line?.release();
    const end = await run.end;
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'InterruptedError' } } });
    expect(end.result.preRestoreSet).toBeUndefined();
    expect((await there.bucket.keys('prerestore/')).filter((key) => key.endsWith('manifest.json'))).toEqual(
      [],
    );
    expect(await contentOf(there.target)).toBe('old');
    expect(await databasesLike(there.target)).toEqual([there.target.name]);
  });

  it('whose result is not what the set says goes back by itself, and names the set that holds the old state', async () => {
    const there = await inPlace();
    const manifest = await readManifest(there.bucket, there.id);
    const tables = manifest.tables.map((table) => ({ ...table, rows: '501' }));
    const { client, name: Bucket } = there.bucket;
    const Key = (await there.bucket.keys()).find((key) => key.endsWith('manifest.json'));
    await client.send(
      new PutObjectCommand({ Bucket, Key, Body: serializeManifest({ ...manifest, tables }) }),
    );
    const args = ['restore', there.id, '--mode', 'full', '--confirm', there.target.name];
    const end = await engine(args, there.env);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: {
        error: { name: 'RestoreMismatchError' },
        preRestoreSet: expect.stringMatching(/^prerestore-/),
      },
    });
    expect(await contentOf(there.target)).toBe('old');
    expect(await databasesLike(there.target)).toEqual([there.target.name]);
    const { sets } = (await engine(['list', '--kind', 'prerestore'], there.env)).result;
    expect(sets).toMatchObject([{ id: end.result.preRestoreSet, state: 'verified' }]);
  });
});
