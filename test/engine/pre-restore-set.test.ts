import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { serializeManifest } from '../../core/manifest.ts';
import { formatSlot, parseSetId, setFolder } from '../../core/set-id.ts';
import { serializeVerification } from '../../core/verification.ts';
import { configEnv, engine, engineEnv, makeBucket, makeDatabase } from '../support/engine.ts';
import { databasesLike } from '../support/fault-restore.ts';
import { contentOf, type InPlace, inPlace, OLD_CONTENT } from '../support/in-place.ts';
import { makeManifest, makeVerification } from '../support/manifests.ts';
import { asUser, backUp, makeRole, readManifest, restore, said } from '../support/runs.ts';

const without = (env: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(env).filter(([key]) => key !== name));

/** Nothing has happened: neither to the target nor beside it. */
async function expectUntouched({ target }: InPlace): Promise<void> {
  expect(await contentOf(target)).toBe('old');
  expect(await databasesLike(target)).toEqual([target.name]);
}

/** Runs a restore that must be refused. @returns what it says */
async function refusal(
  { target, id }: InPlace,
  env: Record<string, string>,
  ...args: string[]
): Promise<string> {
  const end = await engine(['restore', id, '--mode', 'full', '--confirm', target.name, ...args], env);
  expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'NoPreRestoreSetError' } } });
  return end.result.error.message;
}

describe('before a full target is replaced, a set of it as it is', () => {
  it('is made and verified, and brings that state back on its own', async () => {
    const there = await inPlace();
    const { target, env, id, bucket } = there;
    const { preRestoreSet } = await restore(env, id, '--confirm', target.name);
    expect(preRestoreSet).toMatch(/^prerestore-\d{8}T\d{6}Z$/);
    expect(await readManifest(bucket, preRestoreSet)).toMatchObject({
      kind: 'prerestore',
      limitedTo: null,
      source: { database: target.name },
      tables: [{ schema: 'public', name: 'before', rows: '77' }],
    });
    const { sets } = (await engine(['list', '--kind', 'prerestore'], env)).result;
    expect(sets).toMatchObject([{ id: preRestoreSet, state: 'verified' }]);
    const elsewhere = await makeDatabase(15);
    await restore({ ...env, TARGET_DATABASE_URL: elsewhere.url }, preRestoreSet);
    expect(await contentOf(elsewhere)).toBe('old');
  });

  it('is of no interest to whoever asks for the latest, or for an instant', async () => {
    const { target, env, id } = await inPlace();
    await restore(env, id, '--confirm', target.name);
    const { sets } = (await engine(['list'], env)).result;
    expect(sets.map((set: { id: string }) => set.id.split('-')[0])).toEqual(['prerestore', 'daily']);
    const empty = await makeDatabase(15);
    const again = { ...env, TARGET_DATABASE_URL: empty.url };
    expect(await restore(again, 'latest', '--at', new Date().toISOString())).toMatchObject({
      id,
      preRestoreSet: null,
      replacedDatabaseKeptAs: null,
    });
    expect((await engine(['verify', 'latest'], env)).result.id).toBe(id);
  });

  it('holds schemas too that the configuration leaves out of other sets', async () => {
    const { target, env, id, bucket } = await inPlace();
    await target.query('CREATE SCHEMA apart; CREATE TABLE apart.notes (n int)');
    const configured = { ...env, ...(await configEnv({ backup: { excludeSchemas: ['apart'] } })) };
    const { preRestoreSet } = await restore(configured, id, '--confirm', target.name);
    const { excludedSchemas, tables } = await readManifest(bucket, preRestoreSet);
    expect(excludedSchemas).toEqual([]);
    expect(tables.map(({ schema, name }) => `${schema}.${name}`)).toEqual(['apart.notes', 'public.before']);
  });

  it('is not made for an empty target', async () => {
    const { env, id, bucket } = await inPlace();
    const empty = await makeDatabase(15);
    const keyless = without({ ...env, TARGET_DATABASE_URL: empty.url }, 'GPG_PUBLIC_KEY');
    expect(await restore(keyless, id)).toMatchObject({ preRestoreSet: null });
    expect(await bucket.keys('prerestore/')).toEqual([]);
  });
});

describe('a set of the target that cannot be made', () => {
  it('ends the restore before anything is done: a table its role may not read', async () => {
    const there = await inPlace();
    const { target, env, id, bucket } = there;
    const role = await makeRole(target.url, 'LOGIN CREATEDB');
    await target.query(`ALTER DATABASE ${target.name} OWNER TO ${role}`);
    const asRole = { ...env, TARGET_DATABASE_URL: asUser(target.url, role) };
    const end = await engine(['restore', id, '--mode', 'full', '--confirm', target.name], asRole);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: { outcome: 'failed', error: { name: 'PreRestoreSetFailedError' } },
    });
    expect(end.result.error.message).toContain('no SELECT on public.before');
    expect(end.result.preRestoreSet).toBeUndefined();
    expect(await bucket.keys('prerestore/')).toEqual([]);
    await expectUntouched(there);
  });
});

describe('a restore without the public key', () => {
  it('is refused, and says what can be done', async () => {
    const there = await inPlace();
    const message = await refusal(there, without(there.env, 'GPG_PUBLIC_KEY'));
    for (const part of ['GPG_PUBLIC_KEY', '--pre-restore-set', '--without-pre-restore-set'])
      expect(message).toContain(part);
    expect(await there.bucket.keys('prerestore/')).toEqual([]);
    await expectUntouched(there);
  });

  it('goes by a set that backup has made of the target', async () => {
    const { target, env, id, bucket } = await inPlace();
    const made = await backUp(env, '--kind', 'prerestore');
    expect((await readManifest(bucket, made.id)).source.database).toBe(target.name);
    const keyless = without(env, 'GPG_PUBLIC_KEY');
    const args = ['--confirm', target.name, '--pre-restore-set', made.id];
    expect(await restore(keyless, id, ...args)).toMatchObject({ preRestoreSet: made.id });
    expect(await contentOf(target)).toBe('new');
  });

  it('does without where that is said, tells so, and keeps the old database all the same', async () => {
    const { target, env, id, bucket } = await inPlace();
    const args = ['restore', id, '--mode', 'full', '--confirm', target.name, '--without-pre-restore-set'];
    const end = await engine(args, without(env, 'GPG_PUBLIC_KEY'));
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { preRestoreSet: null, withoutPreRestoreSet: true },
    });
    expect(end.stderr).toContain('if this server is lost, so is that state');
    expect(await bucket.keys('prerestore/')).toEqual([]);
    expect(await databasesLike(target)).toEqual([target.name, end.result.replacedDatabaseKeptAs]);
  });

  it('is refused with a set that is not verified, of another database, or not there', async () => {
    const there = await inPlace();
    const keyless = without(there.env, 'GPG_PUBLIC_KEY');
    const given = (id: string) => refusal(there, keyless, '--pre-restore-set', id);
    expect(await given('prerestore-20261123T170000Z')).toContain('is no set that can be read');
    const unread = await engine(['backup', '--kind', 'prerestore', '--no-verify'], there.env);
    expect(await given(unread.result.id)).toContain('is not verified');
    const other = await makeDatabase(15);
    await other.query(OLD_CONTENT);
    const env = { ...there.env, ...engineEnv(there.bucket, other, other) };
    const slot = ['--slot', new Date(Date.now() - 5000).toISOString()];
    const foreign = await backUp(env, '--kind', 'prerestore', ...slot);
    expect(await given(foreign.id)).toContain(`is of database ${other.name}`);
    await expectUntouched(there);
  });

  it('is refused with a set that is more than an hour old', async () => {
    const there = await inPlace();
    const old = makeManifest('prerestore', formatSlot(new Date(Date.now() - 61 * 60_000)));
    const manifest = { ...old, source: { ...old.source, database: there.target.name } };
    const { client, name: Bucket } = there.bucket;
    const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
    const folder = setFolder(parseSetId(manifest.id));
    await put(`${folder}manifest.json`, serializeManifest(manifest));
    await put(`${folder}verification.json`, serializeVerification(makeVerification(manifest, 'verified')));
    const keyless = without(there.env, 'GPG_PUBLIC_KEY');
    expect(await refusal(there, keyless, '--pre-restore-set', manifest.id)).toContain('is 61 minutes old');
    await expectUntouched(there);
  });

  it.each([
    [['--pre-restore-set', 'daily-20261123T170000Z'], 'is not of kind prerestore'],
    [
      ['--pre-restore-set', 'prerestore-20261123T170000Z', '--without-pre-restore-set'],
      '--without-pre-restore-set contradicts',
    ],
  ])('is refused with %j', async (args, says) => {
    const env = engineEnv(await makeBucket(), await makeDatabase(15));
    const end = await engine(['restore', 'latest', '--mode', 'full', ...args], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'UsageError' } } });
    expect(end.result.error.message).toContain(says);
  });
});
