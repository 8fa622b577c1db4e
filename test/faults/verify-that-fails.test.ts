import { beforeAll, describe, expect, it } from 'vitest';
import { engine, type TestDatabase } from '../support/engine.ts';
import { expectError, runIn } from '../support/fault-guard.ts';
import { clientsWith, pathWith } from '../support/fault-programs.ts';
import { type FaultRun, makeSource, prepareRun } from '../support/fault-run.ts';

let source: TestDatabase;
let run: FaultRun;
let id: string;
beforeAll(async () => {
  source = await makeSource();
  run = await prepareRun(source);
  // not read back yet: there is no finding
  const made = await runIn(run, ['backup', '--kind', 'daily', '--no-verify']);
  expect(made.exitCode, made.stdout).toBe(0);
  id = made.result.id;
});

type Env = Record<string, string>;
const NO_KEY: Env = { GPG_PRIVATE_KEY: '' };
const when = (pattern: string, body: string) =>
  `case "$*" in ${pattern}) ${body};; *) exec "$REAL" "$@";; esac`;
const AT_ONCE = 'kill -9 $$';
const AT_THE_END = '"$REAL" "$@"; kill -9 $$';

describe('a program that is killed while a set is verified says nothing about the set', () => {
  it.each<[string, () => Promise<Env>, Env]>([
    ['gpg at once, without the key', () => pathWith('gpg', when('*--list-packets*', AT_ONCE)), NO_KEY],
    ['gpg at the end, without the key', () => pathWith('gpg', when('*--list-packets*', AT_THE_END)), NO_KEY],
    ['gpg while it reads the key', () => pathWith('gpg', when('*--import', AT_ONCE)), {}],
    ['gpg while it unlocks the key', () => pathWith('gpg', when('*--decrypt*.gpg', AT_ONCE)), {}],
    ['gpg while it decrypts', () => pathWith('gpg', when('*--decrypt', AT_THE_END)), {}],
    ['zstd', () => pathWith('zstd', when('*--decompress*', AT_ONCE)), {}],
    ['pg_restore at once', () => clientsWith(when('*--list*', AT_ONCE), 15, 'pg_restore'), {}],
    ['pg_restore at the end', () => clientsWith(when('*--list*', AT_THE_END), 15, 'pg_restore'), {}],
  ])('%s', async (_, killing, key) => {
    const end = await runIn(run, ['verify', id], { ...(await killing()), ...key });
    expectError(end, 1, 'ProgramFailedError', /was killed by SIGKILL/);
    const keys = await run.bucket.keys();
    expect(keys.filter((name) => name.endsWith('verification.json'))).toEqual([]);
    const { result } = await engine(['list'], run.env);
    expect(result.sets).toEqual([expect.objectContaining({ id, state: 'unverified' })]);
  });
});
