import { mkdtemp, readdir } from 'node:fs/promises';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Manifest } from '../../core/manifest.ts';
import {
  configEnv,
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  startEngine,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { databasesLike, expectEmpty } from '../support/fault-restore.ts';
import { makeKeyPair } from '../support/keys.ts';
import { backUp, readObject, said } from '../support/runs.ts';

/** One of each kind of thing that a rollback must find again, and a table that goes into slices. */
const SOURCE = `
  CREATE SCHEMA shop; CREATE EXTENSION pgcrypto; CREATE EXTENSION btree_gist SCHEMA shop;
  CREATE TYPE shop.colour AS ENUM ('red', 'blue');
  CREATE TABLE small (id int PRIMARY KEY, colour shop.colour);
  INSERT INTO small SELECT g, 'red' FROM generate_series(1, 50) g;
  CREATE TABLE shop.large (id int PRIMARY KEY, noise text, EXCLUDE USING gist (id WITH =));
  INSERT INTO shop.large SELECT g, md5(g::text) || md5((-g)::text) FROM generate_series(1, 20000) g;
  CREATE VIEW few AS SELECT * FROM shop.large WHERE id < 10;
  SELECT lo_from_bytea(4711, 'large object');
  CREATE PUBLICATION news FOR TABLE small;
  CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';
  CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch();
  CREATE CAST (shop.colour AS int) WITH INOUT;
  ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC`;

const SLICES = /\/data\/shop\.large\//;
type Env = Record<string, string>;

let source: TestDatabase;
let origin: TestBucket;
let id: string;
const objects = new Map<string, Buffer>();
let slicing: Env;

beforeAll(async () => {
  [source, origin, slicing] = await Promise.all([
    makeDatabase(15),
    makeBucket(),
    configEnv(SLICE_EVERYTHING),
  ]);
  await source.query(SOURCE);
  id = (await backUp({ ...engineEnv(origin, source), ...slicing })).id;
  for (const key of await origin.keys()) objects.set(key, await readObject(origin, key));
  expect([...objects.keys()].filter((key) => SLICES.test(key)).length).toBeGreaterThan(1);
});

const bytesOf = (key: string): Buffer => objects.get(key) ?? Buffer.alloc(0);
const keyLike = (pattern: RegExp): string => [...objects.keys()].find((key) => pattern.test(key)) ?? '';

let bucket: TestBucket;
let target: TestDatabase;
let env: Env;
beforeEach(async () => {
  [bucket, target] = await Promise.all([makeBucket(), makeDatabase(15)]);
  for (const key of objects.keys()) await put(key, bytesOf(key));
  const TMPDIR = await mkdtemp('/tmp/vpf-');
  env = { ...engineEnv(bucket, source, target), ...slicing, TMPDIR };
});

async function put(key: string, body: Buffer): Promise<void> {
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: body }));
}

type Damage = (key: string) => Promise<unknown>;

const truncated: Damage = (key) => put(key, bytesOf(key).subarray(0, -100));
const emptied: Damage = (key) => put(key, Buffer.alloc(0));
const lengthened: Damage = (key) => put(key, Buffer.concat([bytesOf(key), bytesOf(key)]));
const deleted: Damage = (key) =>
  bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }));
/** A whole message to the same key, with rows of the same table: only the manifest tells them apart. */
const exchanged: Damage = (key) => {
  const other = [...objects.keys()].find((name) => SLICES.test(name) && name !== key) ?? '';
  return put(key, bytesOf(other));
};
const flipped: Damage = (key) => {
  const bytes = Buffer.from(bytesOf(key));
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return put(key, bytes);
};

async function expectFailed(end: EngineEnd, error: string, message: RegExp): Promise<void> {
  expect(end, said(end)).toMatchObject({
    exitCode: 1,
    signal: null,
    result: { outcome: 'failed', error: { name: error, message: expect.stringMatching(message) } },
  });
  expect(await readdir(env.TMPDIR ?? '')).toEqual([]);
  expect(end.stderr + end.stdout).not.toContain('PRIVATE KEY');
}

/** A run that does not end by itself is a failure to be seen, not a test that hangs and a process that stays. */
async function runToItsEnd(args: string[], given: Env): Promise<EngineEnd> {
  const { child, end } = startEngine(args, given);
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return await end.finally(() => clearTimeout(limit));
}

const restore = (...args: string[]) => engine(['restore', id, '--mode', 'full', ...args], env);

async function expectNothingRestored(error: string, message: RegExp): Promise<void> {
  await expectFailed(await restore(), error, message);
  await expectEmpty(target);
  await target.query("CREATE TABLE kept AS SELECT 'as it was' AS text");
  await expectFailed(await restore('--confirm', target.name), error, message);
  const { rows } = await target.query(
    "SELECT relname, text FROM pg_class, kept WHERE relnamespace = 'public'::regnamespace",
  );
  expect(rows).toEqual([{ relname: 'kept', text: 'as it was' }]);
  expect(await databasesLike(target)).toEqual([target.name]);
}

describe('a set of which one object is not as it was written', () => {
  it.each<[string, RegExp, Damage, RegExp]>([
    ['a slice is cut short', SLICES, truncated, /stored size is \d+ bytes, expected \d+/],
    ['a slice is empty', SLICES, emptied, /stored size is 0 bytes, expected \d+/],
    ['a slice goes on after its end', SLICES, lengthened, /stored size is \d+ bytes, expected \d+/],
    ['a slice has one bit turned', SLICES, flipped, /stored SHA-256 is/],
    ['a slice is gone', SLICES, deleted, /it is gone from the bucket/],
    ['a slice is another slice', SLICES, exchanged, /stored (size|SHA-256) is/],
    ['the structure has one bit turned', /schema\.dump/, flipped, /stored SHA-256 is/],
    ['the structure is another message', /schema\.dump/, exchanged, /stored size is/],
    ['the rest has one bit turned', /rest\.dump/, flipped, /stored SHA-256 is/],
    ['the rest is gone', /rest\.dump/, deleted, /it is gone from the bucket/],
    ['the roles are cut short', /roles\.sql/, truncated, /stored size is \d+ bytes, expected \d+/],
    ['the roles are gone', /roles\.sql/, deleted, /it is gone from the bucket/],
  ])('is found by verify and never restored: %s', async (_, pattern, damage, problem) => {
    const key = keyLike(pattern);
    await damage(key);
    const below = key.split('/').slice(2).join('/');
    const { GPG_PRIVATE_KEY: _key, ...withoutKey } = env;
    for (const [reader, depth] of [[withoutKey, 'structure'] as const, [env, 'content'] as const]) {
      const end = await runToItsEnd(['verify', id], reader);
      expect(end, said(end)).toMatchObject({
        exitCode: 1,
        result: { outcome: 'failed', depth, problems: [expect.stringMatching(problem)] },
      });
      expect(end.result.problems[0]).toContain(`${below}: `);
    }
    const list = await engine(['list'], env);
    expect(list.result.sets).toEqual([expect.objectContaining({ id, state: 'failed' })]);
    await expectNothingRestored('ObjectDamagedError', problem);
  });

  it('is found by verify even where a restore would not need the object: the instructions', async () => {
    await flipped(keyLike(/RESTORE\.md/));
    const end = await engine(['verify', id], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: { outcome: 'failed', problems: [expect.stringMatching(/^RESTORE\.md: .*stored SHA-256/)] },
    });
  });

  it('is not what latest means any more', async () => {
    await deleted(keyLike(SLICES));
    expect((await runToItsEnd(['verify', 'latest'], env)).exitCode).toBe(1);
    const end = await engine(['restore', 'latest', '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'NoSuchSetError' } } });
    await expectEmpty(target);
  });
});

/** The manifest with something changed, as by hand. */
function rewritten(change: (manifest: Manifest) => void): Promise<unknown> {
  const key = keyLike(/manifest\.json/);
  const manifest = JSON.parse(bytesOf(key).toString('utf8'));
  change(manifest);
  return put(key, Buffer.from(JSON.stringify(manifest, null, 1)));
}

describe('a set that cannot be read at all', () => {
  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      'its manifest is cut short',
      () => truncated(keyLike(/manifest\.json/)),
      'ManifestUnreadableError',
      /manifest\.json is no manifest this version reads: .*RESTORE\.md/,
    ],
    [
      'its manifest is empty',
      () => emptied(keyLike(/manifest\.json/)),
      'ManifestUnreadableError',
      /no manifest/,
    ],
    [
      'its manifest is of a later version',
      () => {
        const text = bytesOf(keyLike(/manifest\.json/)).toString('utf8');
        const later = text.replace(/("formatVersion": ?)1\b/, '$199');
        expect(later).not.toBe(text);
        return put(keyLike(/manifest\.json/), Buffer.from(later));
      },
      'ManifestUnreadableError',
      /formatVersion|version 99/,
    ],
    [
      'its manifest lacks a slice',
      () =>
        rewritten((manifest) => {
          manifest.objects.splice(
            manifest.objects.findIndex(({ role }) => role === 'slice'),
            1,
          );
        }),
      'ManifestContradictionError',
      /the slices of shop\.large are 2 of/,
    ],
    [
      'its manifest lists another number of rows',
      () =>
        rewritten((manifest) => {
          for (const table of manifest.tables) if (table.name === 'small') table.rows = '49';
        }),
      'ManifestContradictionError',
      /the SHA-256 of what it says is not the one in it/,
    ],
    [
      'the private key is another',
      async () => {
        env = { ...env, GPG_PRIVATE_KEY: (await makeKeyPair('other')).privateKey };
      },
      'WrongKeyError',
      /the private key does not open daily-\d+T\d+Z, .*the key given is [0-9A-F]{40}.*GPG_PRIVATE_KEY/,
    ],
  ])('is reported as such and never restored: %s', async (_, damage, error, message) => {
    await damage();
    await expectFailed(await engine(['verify', id], env), error, message);
    await expectNothingRestored(error, message);
  });
});

describe('a set whose rows break a rule that its own structure holds', () => {
  it.each<[string, string, string]>([
    [
      'a foreign key that was not looked at when they came in',
      `CREATE TABLE parent (id int PRIMARY KEY);
       CREATE TABLE child (id int CONSTRAINT child_has_parent REFERENCES parent);
       SET session_replication_role = replica; INSERT INTO child VALUES (1)`,
      'child_has_parent',
    ],
    [
      'a check whose function has changed since',
      `CREATE FUNCTION fine(int) RETURNS bool LANGUAGE sql AS 'SELECT true';
       CREATE TABLE checked (id int CONSTRAINT id_is_fine CHECK (fine(id))); INSERT INTO checked VALUES (1);
       CREATE OR REPLACE FUNCTION fine(int) RETURNS bool LANGUAGE sql AS 'SELECT false'`,
      'id_is_fine',
    ],
    [
      'a check of a table in slices',
      `CREATE FUNCTION fine(int) RETURNS bool LANGUAGE sql AS 'SELECT true';
       CREATE TABLE checked (id int CONSTRAINT id_is_fine CHECK (fine(id)), noise text);
       INSERT INTO checked SELECT g, md5(g::text) FROM generate_series(1, 20000) g;
       CREATE OR REPLACE FUNCTION fine(int) RETURNS bool LANGUAGE sql AS 'SELECT false'`,
      'id_is_fine',
    ],
  ])('is not restored, and the rule is named: %s', async (_, sql, constraint) => {
    const broken = await makeDatabase(15);
    await broken.query(sql);
    bucket = await makeBucket();
    env = { ...env, ...engineEnv(bucket, broken, target) };
    const made = await backUp(env);
    const end = await engine(['restore', made.id, '--mode', 'full'], env);
    expect(['DatabaseFailedError', 'ProgramFailedError']).toContain(end.result.error?.name);
    await expectFailed(
      end,
      end.result.error.name,
      new RegExp(`violates .*"${constraint}"|"${constraint}".* is violated`),
    );
    await expectEmpty(target);
  });
});
