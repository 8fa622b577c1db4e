import { join } from 'node:path';
import { execa } from 'execa';
import { expect, inject } from 'vitest';
import type { Manifest } from '../../core/manifest.ts';
import { setFolder } from '../../core/set-id.ts';
import { configEnv, engine, engineEnv, makeBucket, makeDatabase, type TestBucket } from './engine.ts';
import { gnupgHomeWith } from './gnupg-home.ts';
import { decrypt, readManifest, readObject, said } from './runs.ts';

/** Tables of the critical level here. Each but `tiny` is larger than 128 KiB, so it has slices of its own. */
export const LARGE = ['projects', 'scenarios', 'stories', 'users'] as const;

export const REUSE_CONFIG = {
  levels: { critical: [...LARGE, 'tiny'], important: ['prompts'] },
  backup: { workers: 2 },
};

/** SQL that makes them, in any database. */
export const CRITICAL_TABLES = `${LARGE.map(
  (name) => `CREATE TABLE ${name} (id int PRIMARY KEY, title text, body text);
    INSERT INTO ${name} SELECT g, 'title ' || g, repeat(md5('${name}' || g), 20) FROM generate_series(1, 400) g;`,
).join('\n')}
  CREATE TABLE tiny (id int PRIMARY KEY, note text); INSERT INTO tiny VALUES (1, 'of few bytes');
  CREATE TABLE prompts (id int PRIMARY KEY, body text);
  INSERT INTO prompts SELECT g, repeat(md5('p' || g), 20) FROM generate_series(1, 400) g;`;

/** A database, a bucket, and a clock of slots that goes on by a quarter of an hour with each run. */
export interface Reuse {
  readonly url: string;
  readonly bucket: TestBucket;
  readonly env: Record<string, string>;
  query(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
  nextSlot(): string;
}

export async function prepareReuse(
  major: 15 | 17,
  sql = CRITICAL_TABLES,
  config: unknown = REUSE_CONFIG,
): Promise<Reuse> {
  const database = await makeDatabase(major);
  await database.query(sql);
  return await reuseOf(database, config);
}

export async function reuseOf(
  database: Pick<Reuse, 'url' | 'query'>,
  config: unknown = REUSE_CONFIG,
): Promise<Reuse> {
  const bucket = await makeBucket();
  const env = { ...engineEnv(bucket, database), ...(await configEnv(config)) };
  let quarters = 0;
  return {
    url: database.url,
    query: (sql) => database.query(sql),
    bucket,
    env,
    nextSlot: () => new Date(Date.UTC(2026, 10, 23) + 900_000 * quarters++).toISOString(),
  };
}

/** What one run made, and how. */
export interface Made {
  readonly id: string;
  readonly manifest: Manifest;
  /** Names of the tables that were not read, in order. */
  readonly copied: string[];
  // biome-ignore lint/suspicious/noExplicitAny: what the verb says
  readonly result: any;
  readonly stderr: string;
}

/** Makes the next set, which must be verified. */
export async function nextSet(
  world: Reuse,
  { kind = 'critical', env = {} as Record<string, string>, args = [] as string[] } = {},
): Promise<Made> {
  const slot = ['--slot', world.nextSlot()];
  const end = await engine(['backup', '--kind', kind, ...slot, ...args], { ...world.env, ...env });
  expect(end, said(end)).toMatchObject({ exitCode: 0 });
  const manifest = await readManifest(world.bucket, end.result.id);
  return { id: end.result.id, manifest, copied: copiedIn(manifest), result: end.result, stderr: end.stderr };
}

export function copiedIn({ tables }: Manifest): string[] {
  return tables.filter(({ copied }) => copied !== undefined).map(({ name }) => name);
}

/**
 * Holds the set against the database, row by row, by PostgreSQL's own programs, gpg and zstd: none of the product's code
 * has a part in it.
 */
export async function expectRowsOf(world: Reuse, { manifest }: Made, major: 15 | 17): Promise<void> {
  const { binDir } = inject('servers')[major];
  const folder = setFolder({ kind: manifest.kind, slot: new Date(manifest.slot) });
  await using home = await gnupgHomeWith(inject('keys').privateKey);
  const plain = async (key: string) => await decrypt(await readObject(world.bucket, folder + key), home.path);
  const rest = manifest.objects.find(({ role }) => role === 'rest')?.key ?? '';
  const { stdout } = await execa(join(binDir, 'pg_restore'), ['--file=-'], { input: await plain(rest) });
  for (const { schema, name, columns, storedIn, rows } of manifest.tables) {
    const slices = manifest.objects.filter(({ slice }) => slice?.schema === schema && slice.table === name);
    const texts = await Promise.all(slices.map(({ key }) => plain(key)));
    const stored = storedIn === 'slices' ? Buffer.concat(texts).toString() : copyBlock(stdout, schema, name);
    const list = columns.map((column) => `"${column}"`).join(', ');
    const copy = `COPY (SELECT ${list} FROM ONLY "${schema}"."${name}") TO STDOUT`;
    const there = await execa(join(binDir, 'psql'), ['-X', '-q', '-c', copy, world.url], {
      stripFinalNewline: false,
      env: { PGOPTIONS: '-c search_path=' },
    });
    const [inSet, inDatabase] = [linesOf(stored), linesOf(there.stdout)];
    // of two sorted lists of rows the first that differs says enough
    const at = inDatabase.findIndex((line, i) => line !== inSet[i]);
    const differing = at < 0 ? [] : [inSet[at]?.slice(0, 60), inDatabase[at]?.slice(0, 60)];
    expect
      .soft({ name, differing, rows: [inSet.length, Number(rows)] })
      .toEqual({ name, differing: [], rows: [inDatabase.length, inDatabase.length] });
  }
}

function copyBlock(script: string, schema: string, name: string): string {
  const block = new RegExp(`^COPY "?${schema}"?\\."?${name}"? .* FROM stdin;\\n([\\s\\S]*?)^\\\\\\.$`, 'm');
  return block.exec(script)?.[1] ?? '';
}

const linesOf = (text: string) => text.split('\n').slice(0, -1).sort();

/** Lines of the log with this message, as objects. */
export function noticesOf({ stderr }: { stderr: string }, message: string): Record<string, unknown>[] {
  return stderr
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
    .filter(({ msg }) => msg === message);
}

export const NOT_REUSED = 'every table is read, none is taken over from an earlier set';
export const NOT_COPIED = 'a table could not be copied, it is read instead';
