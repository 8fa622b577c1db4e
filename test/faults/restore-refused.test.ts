import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../local/postgres.ts';
import {
  clientsEnv,
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { databasesLike, expectEmpty } from '../support/fault-restore.ts';
import { makeKeyPair } from '../support/keys.ts';
import { backUp, said } from '../support/runs.ts';

const PASSPHRASE = 'Open-sesame-77';
const WRONG = 'Close-sesame-13';

let bucket: TestBucket;
let source: TestDatabase;
let newer: TestDatabase;
let lockedKey: { publicKey: string; privateKey: string };
const sets = { daily: '', critical: '', locked: '', newer: '' };

beforeAll(async () => {
  [bucket, source, newer] = await Promise.all([makeBucket(), makeDatabase(15), makeDatabase(17)]);
  lockedKey = await makeKeyPair('locked', { passphrase: PASSPHRASE });
  await source.query('CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1), (2)');
  await newer.query('CREATE TABLE users (id int PRIMARY KEY)');
  const env = engineEnv(bucket, source);
  const { GPG_PRIVATE_KEY: _, ...withoutKey } = env;
  const toLocked = { ...withoutKey, GPG_PUBLIC_KEY: lockedKey.publicKey };
  const make = async (kind: string, hour: string, its: Record<string, string>): Promise<string> =>
    (await backUp(its, '--kind', kind, '--slot', `2026-11-24T${hour}:00:00Z`)).id;
  sets.daily = await make('daily', '17', env);
  sets.critical = await make('critical', '18', env);
  sets.locked = await make('daily', '19', toLocked);
  sets.newer = await make('daily', '20', engineEnv(bucket, newer));
});

let target: TestDatabase;
beforeEach(async () => {
  target = await makeDatabase(15);
});

type Env = Record<string, string>;

function restoreInto(database: TestDatabase, args: readonly string[], change: Env = {}): Promise<EngineEnd> {
  const given = { ...engineEnv(bucket, source, database), ...change };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  return engine(['restore', ...args], set);
}

function expectRefused(end: EngineEnd, name: string, message: RegExp): void {
  expect(end, said(end)).toMatchObject({
    exitCode: 3,
    result: { outcome: 'bad-input', error: { name, message: expect.stringMatching(message) } },
  });
  for (const secret of [PASSPHRASE, WRONG, 'PRIVATE KEY'])
    expect(end.stdout + end.stderr).not.toContain(secret);
}

const full = (id: string, ...more: string[]) => [id, '--mode', 'full', ...more];

describe('a restore into an empty database that is refused leaves it empty', () => {
  it.each<[string, () => string[], string, RegExp, (() => Env)?]>([
    [
      'there is no such set, and the nearest is offered',
      () => full('daily-20261124T170001Z'),
      'NoSuchSetError',
      /no backup set daily-20261124T170001Z; did you mean daily-20261124T170000Z\?/,
    ],
    [
      'there was no set at that time yet',
      () => full('latest', '--at', '2020-01-01T00:00:00Z'),
      'NoSuchSetError',
      /at or before 2020-01-01T00:00:00\.000Z; .*daily-20261124T170000Z/,
    ],
    ['the id is none', () => full('daily'), 'UsageError', /daily is no set id; expected <kind>-<slot>/],
    [
      'the kind of the id is none',
      () => full('hourly-20261124T170000Z'),
      'UsageError',
      /kinds daily, weekly/,
    ],
    ['no mode is given', () => [sets.daily], 'UsageError', /--mode/],
    ['the mode does not exist', () => [sets.daily, '--mode', 'some'], 'UsageError', /some.*full/],
    ['no set is named', () => ['--mode', 'full'], 'UsageError', /argument 'id'/],
    [
      'there is no private key',
      () => full(sets.daily),
      'EnvironmentError',
      /^GPG_PRIVATE_KEY is not set; set it to the armoured private key/,
      () => ({ GPG_PRIVATE_KEY: '' }),
    ],
    [
      'the private key is a public one',
      () => full(sets.daily),
      'KeyError',
      /^GPG_PRIVATE_KEY holds no private key/,
      () => ({ GPG_PRIVATE_KEY: lockedKey.publicKey }),
    ],
    [
      'the passphrase is wrong',
      () => full(sets.locked),
      'KeyError',
      /GPG_PRIVATE_KEY cannot be unlocked .*GPG_PASSPHRASE/,
      () => ({ GPG_PRIVATE_KEY: lockedKey.privateKey, GPG_PASSPHRASE: WRONG }),
    ],
    [
      'the passphrase is missing',
      () => full(sets.locked),
      'KeyError',
      /GPG_PRIVATE_KEY cannot be unlocked .*GPG_PASSPHRASE/,
      () => ({ GPG_PRIVATE_KEY: lockedKey.privateKey }),
    ],
    [
      'another database is confirmed than the one the address leads to',
      () => full(sets.daily, '--confirm', 'production'),
      'UsageError',
      /--confirm says production, but the target database is db_\w+, which is empty/,
    ],
    [
      'the set holds only the critical tables',
      () => full(sets.critical),
      'UnsuitableSetError',
      /critical-20261124T180000Z holds only 1 tables, not the database/,
    ],
    [
      'the server is older than the source',
      () => full(sets.newer),
      'UnsuitableTargetError',
      /the target is PostgreSQL 15\..*, the set is of 17\..*restore into version 17 or newer/,
    ],
    [
      'the programs are older than those that made the set',
      () => full(sets.newer),
      'ClientTooOldError',
      /version 17 or newer, found 15/,
      () => clientsEnv(15),
    ],
  ])('%s', async (_, args, name, message, change) => {
    expectRefused(await restoreInto(target, args(), change?.()), name, message);
    await expectEmpty(target);
  });
});

describe('a restore into a standby', () => {
  it('is refused', async () => {
    const server = await startPostgres({ major: 15 });
    try {
      await server.createDatabase('copy');
      await writeFile(join(dirname(server.logFile), 'data', 'standby.signal'), '');
      await server.restart();
      const end = await restoreInto({ ...target, url: server.url('copy') }, full(sets.daily));
      expectRefused(
        end,
        'UnsuitableTargetError',
        /is a standby, which takes no writes; restore into its primary/,
      );
    } finally {
      await server.stop();
    }
  });
});

describe('a restore over a database that is not empty', () => {
  it.each<[string, string[], RegExp]>([
    [
      'nothing is confirmed',
      [],
      /is not empty \(relation public\.kept\), and nothing was confirmed; .*--confirm db_/,
    ],
    [
      'another name is confirmed',
      ['--confirm', 'postgres'],
      /is not empty \(relation public\.kept\), and --confirm says postgres; /,
    ],
    ['an empty name is confirmed', ['--confirm', ''], /is not empty \(relation public\.kept\)/],
  ])('is refused and leaves it as it was: %s', async (_, confirm, message) => {
    await target.query("CREATE TABLE kept AS SELECT 'as it was' AS text");
    expectRefused(await restoreInto(target, full(sets.daily, ...confirm)), 'TargetNotEmptyError', message);
    const { rows } = await target.query(
      "SELECT c.relname, (SELECT text FROM kept) FROM pg_class c WHERE relnamespace = 'public'::regnamespace",
    );
    expect(rows).toEqual([{ relname: 'kept', text: 'as it was' }]);
    expect(await databasesLike(target)).toEqual([target.name]);
  });

  it.each<[string, string]>([
    ['a schema', 'CREATE SCHEMA theirs'],
    ['a function', "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
    ['a type', "CREATE TYPE colour AS ENUM ('red')"],
    ['a domain', 'CREATE DOMAIN positive AS int CHECK (VALUE > 0)'],
    ['a sequence', 'CREATE SEQUENCE numbers'],
    ['an extension', 'CREATE EXTENSION pgcrypto'],
    ['a large object', 'SELECT lo_create(4711)'],
    ['a publication', 'CREATE PUBLICATION news'],
  ])('is refused where all it holds is %s', async (_, sql) => {
    await target.query(sql);
    const end = await restoreInto(target, full(sets.daily));
    expectRefused(end, 'TargetNotEmptyError', /is not empty \(.+\), and nothing was confirmed/);
  });
});
