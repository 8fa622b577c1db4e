import { beforeAll, describe, expect, inject, it } from 'vitest';
import { loadSampleData } from '../../local/sample/load.ts';
import {
  configEnv,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { gnupgHomeWith } from '../support/gnupg-home.ts';
import {
  backUp,
  contentsOfArchive,
  decrypt,
  readManifest,
  readObject,
  restore,
  said,
} from '../support/runs.ts';

const CRITICAL = ['profiles', 'projects', 'scenarios', 'stories', 'users', 'video_generations'];
const IMPORTANT = [
  ...['assets', 'brand_policies', 'feedbacks', 'prompts', 'usage_api_calls', 'usage_storage', 'versions'],
];

/** Tables whose rows an archive really holds, as `schema.name`. */
async function tablesInRest(bucket: TestBucket, major: 15 | 17): Promise<string[]> {
  const key = (await bucket.keys()).find((name) => name.endsWith('/rest.dump.zst.gpg')) ?? '';
  await using home = await gnupgHomeWith(inject('keys').privateKey);
  const archive = await decrypt(await readObject(bucket, key), home.path);
  const entries = await contentsOfArchive(archive, inject('servers')[major].binDir);
  return entries.flatMap((entry) => {
    const [, schema, name] = /^TABLE DATA (\S+) (\S+) /.exec(entry) ?? [];
    return name === undefined ? [] : [`${schema}.${name}`];
  });
}

describe('the sets of one level', () => {
  let source: TestDatabase;
  beforeAll(async () => {
    source = await makeDatabase(15);
    await loadSampleData(source.url, { megabytes: 1 });
  });

  it.each([
    ['critical', CRITICAL],
    ['important', IMPORTANT],
  ])('hold just the tables of their level: %s', async (kind, names) => {
    const bucket = await makeBucket();
    const made = await backUp(engineEnv(bucket, source), '--kind', kind);
    expect(await bucket.keys(`${kind}/`)).toEqual(await bucket.keys());
    const manifest = await readManifest(bucket, made.id);
    const qualified = names.map((name) => `public.${name}`);
    expect(manifest.tables.map(({ schema, name }) => `${schema}.${name}`)).toEqual(qualified);
    expect(new Set(manifest.tables.map(({ level }) => level))).toEqual(new Set([kind]));
    expect([...(manifest.limitedTo ?? [])].sort()).toEqual(qualified);
    const inSlices = manifest.objects.flatMap(({ slice }) => slice ?? []);
    expect(inSlices.length).toBeGreaterThan(0);
    const stored = [
      ...(await tablesInRest(bucket, 15)),
      ...inSlices.map((slice) => `${slice.schema}.${slice.table}`),
    ];
    expect(stored.sort()).toEqual(qualified);
    const counts = await Promise.all(
      names.map(
        async (name) => (await source.query(`SELECT count(*)::text AS n FROM public.${name}`)).rows[0].n,
      ),
    );
    expect(manifest.tables.map(({ rows }) => rows)).toEqual(counts);
  });

  it('hold the sequences that belong to their tables, and no others', async () => {
    const bucket = await makeBucket();
    const made = await backUp(engineEnv(bucket, source), '--kind', 'important');
    const { sequences, largeObjects } = await readManifest(bucket, made.id);
    expect(sequences.map(({ name }) => name)).toEqual(['usage_api_calls_id_seq', 'versions_id_seq']);
    expect(largeObjects.count).toBe('0');
  });

  it('are refused for a restore of the whole database, before the target is touched', async () => {
    const bucket = await makeBucket();
    const target = await makeDatabase(15);
    const env = engineEnv(bucket, source, target);
    const made = await backUp(env, '--kind', 'critical');
    const end = await engine(['restore', made.id, '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'UnsuitableSetError' } } });
    const latest = await engine(['restore', 'latest', '--mode', 'full'], env);
    expect(latest, said(latest)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'NoSuchSetError' } },
    });
    expect((await target.query("SELECT FROM pg_namespace WHERE nspname = 'auth'")).rowCount).toBe(0);
  });
});

describe('a policy that names', () => {
  it('a partitioned table takes all its leaves, in other schemas too, and the sequence of its root', async () => {
    const source = await makeDatabase(15);
    await source.query(`
      CREATE SCHEMA cold;
      CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, day date NOT NULL, body text) PARTITION BY RANGE (day);
      CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-01') TO (MAXVALUE) PARTITION BY LIST (body);
      CREATE TABLE events_new_rest PARTITION OF events_new DEFAULT;
      CREATE TABLE cold.events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
      INSERT INTO events (day, body) SELECT date '2025-12-01' + i, 'b' FROM generate_series(0, 59) i;
      CREATE TABLE other (id int GENERATED ALWAYS AS IDENTITY); INSERT INTO other DEFAULT VALUES`);
    const bucket = await makeBucket();
    const env = { ...engineEnv(bucket, source), ...(await configEnv({ levels: { critical: ['events'] } })) };
    const made = await backUp(env, '--kind', 'critical');
    const { tables, sequences } = await readManifest(bucket, made.id);
    expect(tables.map(({ schema, name, rows }) => [schema, name, rows])).toEqual([
      ['cold', 'events_old', '31'],
      ['public', 'events_new_rest', '29'],
    ]);
    expect.soft(tables.map(({ level }) => level)).toEqual(['critical', 'critical']);
    expect
      .soft(sequences)
      .toEqual([{ schema: 'public', name: 'events_id_seq', lastValue: '60', isCalled: true }]);
    expect((await tablesInRest(bucket, 15)).sort()).toEqual(['cold.events_old', 'public.events_new_rest']);
  });

  it('tables the database lacks still takes those that are there, and names the others', async () => {
    const source = await makeDatabase(15);
    await source.query(`CREATE TABLE users AS SELECT 1 AS n; CREATE TABLE unnamed AS SELECT 2 AS n;
      CREATE TABLE events (n int) PARTITION BY LIST (n); CREATE TABLE events_all PARTITION OF events DEFAULT`);
    const bucket = await makeBucket();
    const levels = { critical: ['users', 'usres', 'events', 'cold.events'] };
    const env = { ...engineEnv(bucket, source), ...(await configEnv({ levels })) };
    const end = await engine(['backup', '--kind', 'critical'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    const { tables } = await readManifest(bucket, end.result.id);
    expect(tables.map(({ name }) => name)).toEqual(['events_all', 'users']);
    const warnings = end.stderr
      .split('\n')
      .flatMap((line) => (line.includes('"level":40') ? JSON.parse(line) : []));
    expect(warnings).toEqual([
      expect.objectContaining({
        msg: 'tables of the configuration are not in the database, and so not in the set',
        missingTables: ['public.usres', 'cold.events'],
      }),
    ]);
  });

  it('no table of the database at all is refused, with the nearest name', async () => {
    const source = await makeDatabase(15);
    await source.query('CREATE TABLE user_s AS SELECT 1 AS n');
    const end = await engine(['backup', '--kind', 'critical'], engineEnv(await makeBucket(), source));
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'NoSuchTableError' } } });
    expect(end.result.error.message).toContain('did you mean public.user_s?');
  });
});

describe('a configuration that', () => {
  it('excludes schemas leaves them out, and what is left comes back proved', async () => {
    const source = await makeDatabase(17);
    await source.query(`
      CREATE SCHEMA "로그 ""x"" *"; CREATE TABLE "로그 ""x"" *".lines AS SELECT generate_series(1, 50) AS n;
      CREATE SCHEMA logs; CREATE SEQUENCE logs.numbers; CREATE MATERIALIZED VIEW logs.view AS SELECT 1 AS n;
      CREATE SCHEMA logs_kept; CREATE TABLE logs_kept.kept AS SELECT generate_series(1, 7) AS n;
      CREATE TABLE public.kept (id serial PRIMARY KEY); INSERT INTO public.kept DEFAULT VALUES`);
    const bucket = await makeBucket();
    const copy = await makeDatabase(17);
    const config = await configEnv({ backup: { excludeSchemas: ['로그 "x" *', 'logs'] } });
    const env = { ...engineEnv(bucket, source, copy), ...config };
    const made = await backUp(env);
    const manifest = await readManifest(bucket, made.id);
    expect(manifest.schemas).toEqual(['logs_kept', 'public']);
    expect(manifest.excludedSchemas).toEqual(['로그 "x" *', 'logs']);
    // the restore must go by the set, not by the configuration of the day
    await restore(engineEnv(bucket, source, copy), made.id);
    const { rows } = await copy.query(
      "SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_|^info' ORDER BY 1",
    );
    expect(rows.map(({ name }) => name)).toEqual(['logs_kept', 'public']);
    expect((await copy.query('SELECT count(*)::int AS n FROM logs_kept.kept')).rows).toEqual([{ n: 7 }]);
  });

  it('counts rows without hashing them makes a restore say that content was not compared', async () => {
    const source = await makeDatabase(15);
    await source.query('CREATE TABLE counted AS SELECT generate_series(1, 10) AS n');
    const bucket = await makeBucket();
    const copy = await makeDatabase(15);
    const env = {
      ...engineEnv(bucket, source, copy),
      ...(await configEnv({ backup: { checksums: 'counts' } })),
    };
    const made = await backUp(env);
    expect((await readManifest(bucket, made.id)).tables).toMatchObject([{ rows: '10', checksum: null }]);
    const end = await engine(['restore', made.id, '--mode', 'full'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { outcome: 'could-not-verify' } });
    expect(end.result.notVerified).toHaveLength(1);
    expect(end.result.notVerified[0]).toContain('content of 1 tables');
    expect((await copy.query('SELECT count(*)::int AS n FROM counted')).rows).toEqual([{ n: 10 }]);
  });
});
