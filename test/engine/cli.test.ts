import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { makeKeyPair } from '../support/keys.ts';
import { asUser, backUp, makeRole, restore, said } from '../support/runs.ts';

const MAIN = new URL('../../containers/engine/main.ts', import.meta.url).pathname;

async function list(env: Record<string, string>, ...args: string[]): Promise<EngineEnd> {
  const end = await engine(['list', ...args], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { verb: 'list', outcome: 'done' } });
  return end;
}

const ids = ({ result }: EngineEnd): string[] => result.sets.map((set: { id: string }) => set.id);

describe('list', () => {
  it('of an empty bucket is an empty list, and no failure', async () => {
    const bucket = await makeBucket();
    const end = await list(bucket.env);
    expect(end.result.sets).toEqual([]);
    expect(end.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect((await list(bucket.env, '--kind', 'weekly')).result.sets).toEqual([]);
  });
});

describe('a bucket with sets of several kinds', () => {
  let bucket: TestBucket;
  let source: TestDatabase;
  let env: Record<string, string>;
  // not made in the order of their slots, nor of their names
  const made: [kind: string, slot: string][] = [
    ['daily', '2026-03-02T00:00:00Z'],
    ['critical', '2026-03-03T00:00:00Z'],
    ['daily', '2026-03-01T09:00:00+09:00'],
    ['weekly', '2026-03-02T12:00:00Z'],
  ];
  const states: { id: string; snapshotAt: string; rows: string }[] = [];

  beforeAll(async () => {
    bucket = await makeBucket();
    source = await makeDatabase(15);
    await source.query('CREATE TABLE users (n int); CREATE TABLE other AS SELECT 1 AS n');
    env = engineEnv(bucket, source);
    for (const [kind, slot] of made) {
      await source.query('INSERT INTO users VALUES (1)');
      states.push(await backUp(env, '--kind', kind, '--slot', slot));
    }
  });

  it('lists them by the time they were due, newest first, with what each holds', async () => {
    const end = await list(bucket.env);
    expect(ids(end)).toEqual([
      'critical-20260303T000000Z',
      'weekly-20260302T120000Z',
      'daily-20260302T000000Z',
      'daily-20260301T000000Z',
    ]);
    expect(end.result.sets[0]).toMatchObject({ state: 'verified', tables: 1, rows: '2', problem: null });
    expect(end.result.sets[2]).toMatchObject({ state: 'verified', tables: 2, rows: '2', problem: null });
    expect(end.result.sets[2].storedBytes).toBeGreaterThan(0);
    expect(Date.parse(end.result.sets[2].snapshotAt)).toBeGreaterThan(Date.parse('2026-03-02T00:00:00Z'));
  });

  it.each([
    ['daily', ['daily-20260302T000000Z', 'daily-20260301T000000Z']],
    ['weekly', ['weekly-20260302T120000Z']],
    ['important', []],
  ])('lists one kind when asked: %s', async (kind, expected) => {
    expect(ids(await list(bucket.env, '--kind', kind))).toEqual(expected);
  });

  it('has its newest set verified for `verify latest`, with the key down to the content', async () => {
    const end = await engine(['verify', 'latest'], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { outcome: 'verified', id: 'weekly-20260302T120000Z', depth: 'content', problems: [] },
    });
  });

  it('restores with `latest` the set of the whole database whose snapshot is newest', async () => {
    const target = await makeDatabase(15);
    const restored = await restore(engineEnv(bucket, source, target), 'latest');
    expect(restored.id).toBe('weekly-20260302T120000Z');
    expect((await target.query('SELECT count(*)::int AS n FROM users')).rows).toEqual([{ n: 4 }]);
  });

  const snapshot = (n: number) => Date.parse(states[n]?.snapshotAt ?? '');
  it.each([
    ['between two snapshots, the older of both', () => snapshot(1) - 1, 'daily-20260302T000000Z', 1],
    [
      'exactly at a snapshot, as list shows it, that very set',
      () => snapshot(0),
      'daily-20260302T000000Z',
      1,
    ],
    ['after a set of one level, that laid over it', () => snapshot(2) - 1, 'daily-20260302T000000Z', 2],
  ])('restores with --at %s', async (_, instant, id, rows) => {
    const at = new Date(instant()).toISOString();
    const target = await makeDatabase(15);
    const restored = await restore(engineEnv(bucket, source, target), 'latest', '--at', at);
    expect(restored.id).toBe(id);
    expect((await target.query('SELECT count(*)::int AS n FROM users')).rows).toEqual([{ n: rows }]);
  });

  it('has no set to restore at a time before all snapshots', async () => {
    const target = await makeDatabase(15);
    const args = ['restore', 'latest', '--mode', 'full', '--at', '2026-03-02T12:00:00+09:00'];
    const end = await engine(args, engineEnv(bucket, source, target));
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'NoSuchSetError' } } });
  });
});

describe('what the engine says', () => {
  it('holds no secret: not the private key, its passphrase, nor a password, even when it fails', async () => {
    const passphrase = 'Passphrase of the "key" 비밀';
    const password = 'pass/word@of:the role%';
    const keys = await makeKeyPair('secret', { passphrase });
    const [source, target] = [await makeDatabase(15), await makeDatabase(15)];
    await source.query('CREATE TABLE users AS SELECT generate_series(1, 100) AS n');
    const role = await makeRole(source.url, 'SUPERUSER LOGIN');
    const secretive = {
      ...engineEnv(
        await makeBucket(),
        { url: asUser(source.url, role, password) },
        { url: asUser(target.url, role, password) },
      ),
      GPG_PUBLIC_KEY: keys.publicKey,
      GPG_PRIVATE_KEY: keys.privateKey,
      GPG_PASSPHRASE: passphrase,
      LOG_LEVEL: 'trace',
    };
    const nowhere = asUser(source.url, role, password).replace(/\/[^/]*$/, '/no_such_database');
    const fullRestore = ['restore', 'latest', '--mode', 'full'];
    const runs: [number, string[], Record<string, string>][] = [
      [0, ['backup', '--kind', 'daily'], secretive],
      [0, ['list'], secretive],
      [0, ['verify', 'latest'], secretive],
      [0, fullRestore, secretive],
      [3, fullRestore, secretive],
      [3, fullRestore, { ...secretive, GPG_PASSPHRASE: `${passphrase}!` }],
      [3, ['backup', '--kind', 'weekly'], { ...secretive, DATABASE_URL: nowhere }],
      [3, ['backup', '--kind', 'weekly'], { ...secretive, DATABASE_URL: `${nowhere}?sslmode=odd` }],
      [3, ['backup', '--kind', 'weekly'], { ...secretive, DATABASE_URL: nowhere.replace('://', ':/') }],
    ];
    const keyLines = keys.privateKey.split('\n').filter((line) => line.length > 40);
    expect(keyLines.length).toBeGreaterThan(3);
    const secrets = [...keyLines, passphrase, password, encodeURIComponent(password)];
    const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
    for (const [exitCode, args, env] of runs) {
      const end = await engine(args, env);
      expect(end, said(end)).toMatchObject({ exitCode });
      expect(said(end).length).toBeGreaterThan(50);
      expect(forms.filter((secret) => said(end).includes(secret))).toEqual([]);
    }
  });

  it('is JSON line by line where nobody watches, with a table of the phases at the end', async () => {
    const source = await makeDatabase(15);
    await source.query('CREATE TABLE users AS SELECT generate_series(1, 100) AS n');
    const target = await makeDatabase(15);
    const env = engineEnv(await makeBucket(), source, target);
    for (const args of [
      ['backup', '--kind', 'daily'],
      ['restore', 'latest', '--mode', 'full'],
    ]) {
      const end = await engine(args, env);
      expect(end, said(end)).toMatchObject({ exitCode: 0 });
      const [log = '', table = ''] = end.stderr.split(/(?=^┌)/m);
      const lines = log.trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line))).toMatchObject(lines.map(() => ({ verb: args[0] })));
      expect(table).toMatch(new RegExp(`^┌[─┬]+┐\\n│ ${args[0]} +│ +wall s │ +MB │ +MB/s │`));
      expect(table.trimEnd()).toMatch(/┘$/);
      expect(Array.from('█░\r\u001b').filter((sign) => end.stderr.includes(sign))).toEqual([]);
      expect(end.stdout.trimEnd().split('\n')).toHaveLength(1);
    }
  });

  it.each(['backup', 'restore'])('is a bar on a terminal: %s', async (verb) => {
    const source = await makeDatabase(15);
    await source.query('CREATE TABLE users AS SELECT generate_series(1, 20000) AS n');
    const target = await makeDatabase(15);
    const env = engineEnv(await makeBucket(), source, target);
    if (verb === 'restore') await backUp(env);
    const args = verb === 'backup' ? 'backup --kind daily' : 'restore latest --mode full';
    const command = `stty cols 120 rows 40; exec '${process.execPath}' '${MAIN}' ${args}`;
    const { PATH = '', HOME = '' } = process.env;
    const { stdout } = await execa('script', ['-qec', command, '/dev/null'], {
      env: { PATH, HOME, TERM: 'xterm', ...env },
      extendEnv: false,
      stdin: 'ignore',
    });
    expect(stdout).toMatch(/[█░]{28} \d+% \| \d+\/\d+ tables \| \d+ MB \| \d+ MB\/s \| ETA /);
    expect(stdout).not.toContain('{"level"');
    // the cursor that the bar hides is shown again
    expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'));
    const last = stdout.trimEnd().split(/\r?\n/).at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ verb, outcome: 'verified', exitCode: 0 });
  });
});
