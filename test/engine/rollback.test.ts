import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { startPostgres } from '../../local/postgres.ts';
import { engine } from '../support/engine.ts';
import { databasesLike } from '../support/fault-restore.ts';
import { comment, contentOf, inPlace, noteOf, onServer, recordOf } from '../support/in-place.ts';
import { makeRole, restore, said } from '../support/runs.ts';

const NOBODY = '20261127T101530Z-3fa9';

/** Undoes; must be proved. @returns the result of the verb */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever the verb says
async function rollback(env: Record<string, string>, id: string, name: string): Promise<any> {
  const end = await engine(['rollback', id, '--confirm', name], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified', notVerified: [] } });
  return end.result;
}

describe.each([15, 17] as const)('a database that a restore replaced, PostgreSQL %i', (major) => {
  it('says on the server which restore put it aside, and what its name and comment were', async () => {
    const { target, env, id } = await inPlace(major);
    await comment(target, "the team's, 우리 것");
    const { restoreId, replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', target.name);
    expect(restoreId).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{4}$/);
    expect(kept).toBe(`${target.name}_old_${restoreId.replace(/[TZ]/g, '').replace('-', '_')}`);
    expect(await noteOf(major, kept)).toEqual({
      product: 'videoplanet-backup',
      restoreId,
      set: id,
      database: target.name,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      originalComment: "the team's, 우리 것",
    });
    expect((await recordOf(major, target.name))?.comment).toBe("the team's, 우리 것");
  });

  it('comes back to the letter, and going back is undone the same way', async () => {
    const { target, env, id } = await inPlace(major);
    const role = await makeRole(inject('servers')[major].url, 'LOGIN');
    await comment(target, 'ours');
    for (const change of [`SET work_mem = '5MB'`, `WITH CONNECTION LIMIT 41`, `WITH IS_TEMPLATE true`])
      await target.query(`ALTER DATABASE ${target.name} ${change}`);
    await target.query(`ALTER ROLE ${role} IN DATABASE ${target.name} SET statement_timeout = '3min'`);
    await target.query(
      `GRANT CREATE ON DATABASE ${target.name} TO ${role}; REVOKE TEMPORARY ON DATABASE ${target.name} FROM PUBLIC`,
    );
    const before = await recordOf(major, target.name);
    const { restoreId } = await restore(env, id, '--confirm', target.name);
    const restored = await recordOf(major, target.name);
    expect(restored?.about).toMatchObject({ datconnlimit: 41, datistemplate: true });

    const back = await rollback(env, restoreId, target.name);
    expect(back).toMatchObject({ verb: 'rollback', database: target.name, undone: restoreId });
    expect(await recordOf(major, target.name)).toEqual(before);
    expect(await contentOf(target)).toBe('old');
    const undone = onServer(major, back.replacedDatabaseKeptAs);
    expect(undone.name).toMatch(new RegExp(`^${target.name}_undone_\\d{14}_[0-9a-f]{4}$`));
    expect(await contentOf(undone)).toBe('new');
    expect(await noteOf(major, undone.name)).toMatchObject({ restoreId: back.restoreId, set: null });

    await rollback(env, back.restoreId, target.name);
    expect(await recordOf(major, target.name)).toEqual(restored);
    expect(await contentOf(target)).toBe('new');
  });
});

describe('the comment of what a restore puts in place', () => {
  it('is that of the set, where the set has one', async () => {
    const { target, env, id } = await inPlace();
    const { restoreId } = await restore(env, id, '--confirm', target.name);
    await comment(target, 'in the set');
    const made = await engine(['backup', '--kind', 'daily'], { ...env, DATABASE_URL: target.url });
    await comment(target, 'there now');
    const second = await restore(env, made.result.id, '--confirm', target.name);
    expect((await recordOf(15, target.name))?.comment).toBe('in the set');
    expect(second.restoreId).not.toBe(restoreId);
  });

  it('is not what a database put aside says of itself, when the set was made of such a one', async () => {
    const { target, env, id } = await inPlace();
    await comment(target, 'ours');
    const { replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', target.name);
    const made = await engine(['backup', '--kind', 'daily'], {
      ...env,
      DATABASE_URL: onServer(15, kept).url,
    });
    await restore(env, made.result.id, '--confirm', target.name);
    expect(await contentOf(target)).toBe('old');
    expect((await recordOf(15, target.name))?.comment).toBe('ours');
  });
});

describe('a rollback is refused, and nothing is done', () => {
  async function expectRefused(
    args: readonly string[],
    env: Record<string, string>,
    error: string,
    ...says: string[]
  ): Promise<void> {
    const end = await engine(['rollback', ...args], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: error } } });
    for (const part of says) expect(end.result.error.message).toContain(part);
  }

  it('where no database says so, with the ids that there are', async () => {
    const { target, env, id } = await inPlace();
    const confirmed = ['--confirm', target.name];
    await expectRefused([NOBODY, ...confirmed], env, 'NoSuchRestoreError', 'no database was put aside there');
    const { restoreId } = await restore(env, id, ...confirmed);
    await expectRefused([NOBODY, ...confirmed], env, 'NoSuchRestoreError', restoreId);
    await expectRefused(['yesterday', ...confirmed], env, 'UsageError', '20261127T101530Z-3fa9');
    expect(await contentOf(target)).toBe('new');
  });

  it('without the name, with another one, and for another database of the server', async () => {
    const { target, env, id } = await inPlace();
    const { restoreId, replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', target.name);
    await expectRefused([restoreId], env, 'RollbackUnconfirmedError', `--confirm ${target.name}`);
    await expectRefused([restoreId, '--confirm', kept], env, 'RollbackUnconfirmedError', `says ${kept}`);
    const elsewhere = { ...env, TARGET_DATABASE_URL: onServer(15, kept).url };
    await expectRefused([restoreId, '--confirm', kept], elsewhere, 'UnsuitableTargetError', target.name);
    expect(await contentOf(target)).toBe('new');
    expect(await databasesLike(target)).toEqual([target.name, kept]);
  });

  it('where two databases say so', async () => {
    const { target, env, id } = await inPlace();
    const { restoreId, replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', target.name);
    const twin = onServer(15, `${target.name}_twin`);
    await onServer(15, 'postgres').query(`CREATE DATABASE ${twin.name}`);
    await comment(twin, (await recordOf(15, kept))?.comment);
    await expectRefused([restoreId, '--confirm', target.name], env, 'AmbiguousRestoreError', kept, twin.name);
    expect(await contentOf(target)).toBe('new');
  });

  it('where the old one cannot be opened, or has been dropped', async () => {
    const { target, env, id } = await inPlace();
    const { restoreId, replacedDatabaseKeptAs: kept } = await restore(env, id, '--confirm', target.name);
    const args = [restoreId, '--confirm', target.name];
    const server = onServer(15, 'postgres');
    await server.query(`ALTER DATABASE ${kept} WITH ALLOW_CONNECTIONS false`);
    await expectRefused(args, env, 'UnreachableDatabaseError', kept);
    await server.query(`DROP DATABASE ${kept}`);
    await expectRefused(args, env, 'NoSuchRestoreError', 'or those that were are dropped');
    expect(await contentOf(target)).toBe('new');
  });

  it('where a prepared transaction holds on to it; so is the restore, before anything is made', async () => {
    const server = await startPostgres({ major: 15, settings: { max_prepared_transactions: '2' } });
    onTestFinished(() => server.stop());
    await server.createDatabase('target');
    const target = { url: server.url('target') };
    const { env, id } = await inPlace();
    const there = { ...env, TARGET_DATABASE_URL: target.url };
    await restore(there, id);
    const { restoreId } = await restore(there, id, '--confirm', 'target');
    const prepare = "BEGIN; INSERT INTO films VALUES (0); PREPARE TRANSACTION 'a transfer'";
    await server.psql('target', prepare);
    await expectRefused(
      [restoreId, '--confirm', 'target'],
      there,
      'UnsuitableTargetError',
      'pg_prepared_xacts',
    );
    const end = await engine(['restore', id, '--mode', 'full', '--confirm', 'target'], there);
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'UnsuitableTargetError' } },
    });
    expect(
      await server.psql('postgres', "SELECT datname FROM pg_database WHERE datname ~ 'target_new'"),
    ).toBe('');
  });
});
