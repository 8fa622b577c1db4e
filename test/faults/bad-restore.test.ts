import { beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectRefused, runIn, without, withPassword } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';
import { emptyTarget, fullTarget } from '../support/fault-target.ts';
import { makeKeyPair } from '../support/keys.ts';

const CONFIG = { levels: { critical: ['small'] } };
const SLOT = ['--slot', '2026-11-24T02:00:00+09:00'];
const ID = 'daily-20261123T170000Z';
const RESTORE = ['restore', ID, '--mode', 'full'];
const PASSPHRASE = 'Never-Printed-Passphrase';

let source: TestDatabase;
/** With one daily and one critical set of a database of PostgreSQL 17, made for a key with a passphrase. */
let run: FaultRun;
beforeAll(async () => {
  source = await makeDatabase(17);
  await source.query('CREATE TABLE small AS SELECT g AS id FROM generate_series(1, 10) g');
  const prepared = await prepareRun({ url: withPassword(source.url) }, CONFIG);
  const key = await makeKeyPair('guarded', { passphrase: PASSPHRASE });
  const keys = {
    GPG_PUBLIC_KEY: key.publicKey,
    GPG_PRIVATE_KEY: key.privateKey,
    GPG_PASSPHRASE: PASSPHRASE,
  };
  run = { ...prepared, env: { ...prepared.env, ...keys } };
  for (const kind of ['daily', 'critical']) {
    const made = await runIn(run, ['backup', '--kind', kind, ...SLOT]);
    expect(made, made.stderr + made.stdout).toMatchObject({ exitCode: 0 });
  }
});

describe('a set that is not to be had is refused', () => {
  it.each([
    ['a slot that has none', 'daily-20261123T170001Z', 'NoSuchSetError', new RegExp(`did you mean ${ID}`)],
    ['no id', 'yesterday', 'UsageError', /yesterday.*<kind>-<slot>/],
    ['an id of an unknown kind', 'hourly-20261123T170000Z', 'UsageError', /hourly.*kinds daily, weekly/],
    ['an id of a slot that is none', 'daily-2026', 'UsageError', /daily-2026.*expected/],
    ['an id of a day there is not', 'daily-20260230T170000Z', 'UsageError', /20260230|2026-02-30/],
  ])('%s', async (_, id, name, says) => {
    const target = await emptyTarget(17);
    const env = { TARGET_DATABASE_URL: withPassword(target.database.url) };
    await expectRefused(run, ['restore', id, '--mode', 'full'], env, [name, says]);
    await expectRefused(run, ['verify', id], {}, [name, says]);
    await target.expectUntouched();
  });

  it('the latest before the first one', async () => {
    const args = ['restore', 'latest', '--mode', 'full', '--at', '2020-01-01T00:00:00Z'];
    await expectRefused(run, args, {}, ['NoSuchSetError', /2020-01-01/]);
  });

  it('a critical set as the whole database', async () => {
    const target = await emptyTarget(17);
    const env = { TARGET_DATABASE_URL: withPassword(target.database.url) };
    const args = ['restore', 'critical-20261123T170000Z', '--mode', 'full'];
    await expectRefused(run, args, env, ['UnsuitableSetError', /only 1 tables?.*daily or weekly/]);
    await target.expectUntouched();
  });
});

describe('a private key that does not serve is refused', () => {
  it('when there is none', async () => {
    const says = /^GPG_PRIVATE_KEY is not set.*private key/;
    await expectRefused(without(run, 'GPG_PRIVATE_KEY'), RESTORE, {}, ['EnvironmentError', says]);
  });

  it.each([
    ['a wrong passphrase', { GPG_PASSPHRASE: 'another-one' }, /cannot be unlocked.*GPG_PASSPHRASE/],
    ['no key', { GPG_PRIVATE_KEY: 'none' }, /^GPG_PRIVATE_KEY holds no OpenPGP key/],
  ])('when it is %s', async (_, change, says) => {
    const target = await emptyTarget(17);
    const env = { ...change, TARGET_DATABASE_URL: withPassword(target.database.url) };
    await expectRefused(run, RESTORE, env, ['KeyError', says]);
    await expectRefused(run, ['verify', ID], change, ['KeyError', says]);
    await target.expectUntouched();
  });

  it('when the passphrase is missing', async () => {
    const says = /cannot be unlocked.*GPG_PASSPHRASE/;
    await expectRefused(without(run, 'GPG_PASSPHRASE'), RESTORE, {}, ['KeyError', says]);
  });

  it('when it is a public one', async () => {
    const env = { GPG_PRIVATE_KEY: run.env.GPG_PUBLIC_KEY ?? '' };
    await expectRefused(run, RESTORE, env, ['KeyError', /holds no private key/]);
  });
});

describe('a target that must not be overwritten is refused', () => {
  it.each([
    ['nothing was confirmed', [], /precious.*nothing was confirmed.*--confirm/],
    ['another name was confirmed', ['--confirm', 'production'], /precious.*--confirm says production/],
  ])('when %s', async (_, confirm, says) => {
    const target = await fullTarget(17);
    const env = { TARGET_DATABASE_URL: withPassword(target.database.url) };
    await expectRefused(run, [...RESTORE, ...confirm], env, ['TargetNotEmptyError', says]);
    await target.expectUntouched();
  });

  it('when its server is older than the source', async () => {
    const target = await emptyTarget(15);
    const env = { TARGET_DATABASE_URL: withPassword(target.database.url) };
    await expectRefused(run, RESTORE, env, ['UnsuitableTargetError', /PostgreSQL 15.*version 17 or newer/]);
    await target.expectUntouched();
  });

  it('when it cannot hold the characters', async () => {
    const { url } = await makeDatabase(17, `ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    const env = { TARGET_DATABASE_URL: withPassword(url) };
    await expectRefused(run, RESTORE, env, ['UnsuitableTargetError', /LATIN1.*UTF8/]);
  });
});
