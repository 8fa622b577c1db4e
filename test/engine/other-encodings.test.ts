import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  configEnv,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  type TestBucket,
  type TestDatabase,
  withClient,
} from '../support/engine.ts';
import { gnupgHomeWith } from '../support/gnupg-home.ts';
import { contentsOfArchive, decrypt, readManifest, readObject, said } from '../support/runs.ts';

// Roles belong to the whole server, and nothing says in which encoding their names are: each has that of the database
// it was created in.

const UNIQUE = randomUUID().slice(0, 8);
const OURS = `우리_${UNIQUE}`;
const OF_UTF8 = `남의_${UNIQUE}`;
const OF_LATIN1 = `café_${UNIQUE}`;
const LATIN1_BYTES = Buffer.from(OF_LATIN1, 'latin1').toString('hex');
const encoded = (name: string) => `ENCODING '${name}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`;

let home: Awaited<ReturnType<typeof gnupgHomeWith>>;
beforeAll(async () => {
  home = await gnupgHomeWith(inject('keys').privateKey);
});
afterAll(() => home[Symbol.asyncDispose]());

describe.each([15, 17] as const)('a server with roles named in several encodings, PostgreSQL %i', (major) => {
  const databases: Partial<Record<'EUC_KR' | 'LATIN1' | 'UTF8', TestDatabase>> = {};
  const run = (encoding: keyof typeof databases, ...statements: string[]) =>
    withClient(databases[encoding]?.url ?? '', async (client) => {
      await client.query("SET client_encoding = 'UTF8'");
      for (const statement of statements) await client.query(statement);
    });

  beforeAll(async () => {
    for (const encoding of ['EUC_KR', 'LATIN1', 'UTF8'] as const) {
      databases[encoding] = await makeDatabase(major, encoded(encoding));
    }
    await run(
      'UTF8',
      `CREATE ROLE "${OF_UTF8}" CONNECTION LIMIT 7`,
      `ALTER ROLE "${OF_UTF8}" SET "app.a" = '값'`,
    );
    await run('LATIN1', `CREATE ROLE "${OF_LATIN1}"`, `ALTER ROLE "${OF_LATIN1}" SET "app.a" = 'é'`);
    await run(
      'EUC_KR',
      `CREATE ROLE "${OURS}"`,
      `GRANT "${OURS}" TO pg_monitor`,
      `ALTER ROLE "${OURS}" SET "app.a" = '가'`,
    );
  });

  afterAll(async () => {
    await run('EUC_KR', `DROP OWNED BY "${OURS}"`, `DROP ROLE "${OURS}"`);
    await run('UTF8', `DROP ROLE "${OF_UTF8}"`);
    await run('LATIN1', `DROP ROLE "${OF_LATIN1}"`);
  });

  async function backedUp(encoding: keyof typeof databases, config: unknown) {
    const bucket = await makeBucket();
    const env = { ...engineEnv(bucket, databases[encoding] as TestDatabase), ...(await configEnv(config)) };
    const end = await engine(['backup', '--kind', 'daily'], env);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    return { bucket, end, manifest: await readManifest(bucket, end.result.id) };
  }

  async function plain(bucket: TestBucket, name: RegExp): Promise<Buffer> {
    const key = (await bucket.keys()).find((each) => name.test(each)) ?? '';
    return decrypt(await readObject(bucket, key), home.path);
  }

  it('has both that can be read in the backup of an EUC_KR database, and the third is named', async () => {
    const { bucket, end, manifest } = await backedUp('EUC_KR', {});
    expect(manifest.roles).toEqual(expect.arrayContaining([OURS, OF_UTF8]));
    expect(manifest.roles.filter((name) => name.startsWith('caf'))).toEqual([]);
    expect(end.stderr).toContain(LATIN1_BYTES);
    const roles = (await plain(bucket, /roles\.sql/)).toString('utf8').split('\n');
    expect(roles).toEqual(
      expect.arrayContaining([
        `CREATE ROLE "${OURS}";`,
        `ALTER ROLE "${OURS}" SET "app"."a" TO '가';`,
        `CREATE ROLE "${OF_UTF8}" WITH CONNECTION LIMIT 7;`,
        `ALTER ROLE "${OF_UTF8}" SET "app"."a" TO '값';`,
        `-- Left out: the role whose name has the bytes ${LATIN1_BYTES}, which are neither EUC_KR nor UTF-8`,
      ]),
    );
  });

  it('has those of a UTF-8 database in its backup, and the others are named', async () => {
    const { end, manifest } = await backedUp('UTF8', {});
    expect(manifest.roles).toContain(OF_UTF8);
    expect(manifest.roles.filter((name) => name.includes(UNIQUE))).toEqual([OF_UTF8]);
    expect(end.stderr).toContain(LATIN1_BYTES);
  });

  it('does not keep the tables of an EUC_KR database out of its archives, nor the sliced ones in', async () => {
    const [sliced, beside] = ['Tab "표".가', '작은표'];
    await run(
      'EUC_KR',
      `CREATE TABLE "${sliced.replaceAll('"', '""')}" AS SELECT '가나다 漢字' || repeat(md5(i::text), 20) AS body FROM generate_series(1, 3000) i`,
      `CREATE TABLE "${beside}" AS SELECT '가나다 漢字' AS "열"; ALTER TABLE "${beside}" OWNER TO "${OURS}"`,
      `CREATE SCHEMA "숨김"; CREATE TABLE "숨김".t (a int)`,
    );
    const config = { backup: { ...SLICE_EVERYTHING.backup, excludeSchemas: ['숨김'] } };
    const { bucket, manifest } = await backedUp('EUC_KR', config);
    expect(manifest.tables.map(({ name, storedIn }) => [name, storedIn])).toEqual([
      [sliced, 'slices'],
      [beside, 'rest'],
    ]);
    const { binDir } = inject('servers')[major];
    const rest = await plain(bucket, /rest\.dump/);
    const rows = (await contentsOfArchive(rest, binDir)).filter((entry) => entry.startsWith('TABLE DATA'));
    expect(rows).toHaveLength(1);
    const copy = await makeDatabase(major, encoded('UTF8'));
    await run('UTF8', `CREATE ROLE "${OURS}"`);
    const folder = await mkdtemp(join(tmpdir(), 'vpb-other-'));
    for (const [name, archive] of [
      ['schema', await plain(bucket, /schema\.dump/)],
      ['rest', rest],
    ] as const) {
      await writeFile(join(folder, name), archive);
      await execa(join(binDir, 'pg_restore'), [
        '--exit-on-error',
        `--dbname=${copy.url}`,
        join(folder, name),
      ]);
    }
    expect((await copy.query(`SELECT * FROM "${beside}"`)).rows).toEqual([{ 열: '가나다 漢字' }]);
    await copy.query(`DROP OWNED BY "${OURS}"; DROP ROLE "${OURS}"`);
  });
});
