import { beforeAll, describe, expect, it } from 'vitest';
import {
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { backUp, said } from '../support/runs.ts';

let source: TestDatabase;
let full: TestDatabase;
let bucket: TestBucket;

beforeAll(async () => {
  [source, full, bucket] = await Promise.all([makeDatabase(15), makeDatabase(15), makeBucket()]);
  await source.query('CREATE TABLE users AS SELECT generate_series(1, 10) AS id');
  await full.query('CREATE TABLE precious (id int); INSERT INTO precious VALUES (1)');
  await backUp(engineEnv(bucket, source), '--kind', 'critical');
  await backUp(engineEnv(bucket, source));
});

const without = (name: string) => {
  const { [name]: _, ...env } = engineEnv(bucket, source);
  return env;
};

describe('a drill that cannot be held', () => {
  it.each<[name: string, args: string[], env: () => Record<string, string>, says: RegExp]>([
    ['an unknown target', ['--target', 'moon'], () => engineEnv(bucket, source), /task, supabase, database/],
    ['an id that is none', ['--backup', 'yesterday'], () => engineEnv(bucket, source), /no set id/],
    [
      'a set that there is not',
      ['--backup', 'daily-20200101T000000Z'],
      () => engineEnv(bucket, source),
      /daily-20200101T000000Z/,
    ],
    ['a drill id that is none', ['--drill-id', 'mine'], () => engineEnv(bucket, source), /no id of a drill/],
    [
      'a start that is to come',
      ['--began', '2100-01-01T00:00:00Z'],
      () => engineEnv(bucket, source),
      /still to come/,
    ],
    [
      'as it is, in a server of its own',
      ['--as-it-is'],
      () => engineEnv(bucket, source),
      /--target database/,
    ],
    [
      'a database that is not named',
      ['--target', 'database'],
      () => engineEnv(bucket, source),
      /TARGET_DATABASE_URL/,
    ],
    [
      'a database that is not empty',
      ['--target', 'database'],
      () => engineEnv(bucket, source, full),
      /precious.*--as-it-is/,
    ],
    [
      'the source as its target',
      ['--target', 'database'],
      () => engineEnv(bucket, source, source),
      /is not empty/,
    ],
    [
      'half an API',
      ['--target', 'database'],
      () => ({ ...engineEnv(bucket, source, full), TARGET_API_URL: 'https://x' }),
      /TARGET_ANON_KEY/,
    ],
    ['no private key', [], () => without('GPG_PRIVATE_KEY'), /GPG_PRIVATE_KEY/],
    ['no bucket', [], () => without('BACKUP_BUCKET'), /BACKUP_BUCKET/],
    [
      'a bucket that is not there',
      [],
      () => ({ ...engineEnv(bucket, source), BACKUP_BUCKET: 'nowhere' }),
      /no such bucket/,
    ],
    [
      'no server to restore into',
      [],
      () => ({ ...engineEnv(bucket, source), BACKUP_POSTGRES_BINDIRS: '/usr/bin' }),
      /postgresql-15|--target database/,
    ],
    [
      'a configuration that is none',
      [],
      () => ({ ...engineEnv(bucket, source), BACKUP_CONFIG_JSON: '{"drill": {"pgbench": 7}}' }),
      /drill\.pgbench/,
    ],
  ])('for want of sense in %s is refused, and leaves nothing', async (_, args, env, says) => {
    const end = await engine(['drill', ...args], env());
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { verb: 'drill', outcome: 'bad-input' } });
    expect(end.result.error.message).toMatch(says);
    expect(await bucket.keys('drills/')).toEqual([]);
    expect((await full.query('SELECT * FROM precious')).rowCount).toBe(1);
  });

  it('with a set of some tables only is refused by its name', async () => {
    const critical = (await bucket.keys('critical/')).find((key) => key.endsWith('manifest.json'));
    const id = `critical-${critical?.split('/')[1]}`;
    const end = await engine(['drill', '--backup', id], engineEnv(bucket, source));
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'UnsuitableSetError' } } });
  });
});

describe('what a drill says to a terminal or a log', () => {
  it('never is a secret', async () => {
    const { end, secrets } = await (async () => {
      const secret = 'hunter2-and-more';
      const url = source.url.replace(/^postgresql:\/\/[^@]*@/, (credentials) =>
        credentials.includes(':', 13) ? credentials : credentials.replace('@', `:${secret}@`),
      );
      const env = { ...engineEnv(bucket, source), DATABASE_URL: url, GPG_PASSPHRASE: 'a-passphrase' };
      return { end: await engine(['drill'], env), secrets: [secret, 'a-passphrase', 'PRIVATE KEY'] };
    })();
    for (const text of [end.stdout, end.stderr])
      for (const secret of secrets) expect(text).not.toContain(secret);
    expect(await bucket.keys('drills/')).not.toEqual([]);
  });
});
