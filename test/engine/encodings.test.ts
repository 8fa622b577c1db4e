import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  configEnv,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  withClient,
} from '../support/engine.ts';
import { backUp, restore } from '../support/runs.ts';

/** Names and texts as bytes of the encoding itself: how the server stores them. */
interface Written {
  readonly encoding: string;
  readonly table: string;
  readonly text: string;
  /** Makes a text of bytes that are no characters, where the server takes such. */
  readonly bytes?: string;
}

const CASES: readonly Written[] = [
  { encoding: 'SQL_ASCII', table: '한글 "표"', text: '값', bytes: '\\xff\\xfe\\x80\\xc3' },
  { encoding: 'EUC_KR', table: '한글 "표"', text: '가나다 漢字' },
  { encoding: 'LATIN1', table: 'café "é"', text: 'Ärger ÿ £' },
];

/** Roles belong to the whole server: one that another database named in UTF-8 is there for every encoding. */
const OTHERS_ROLE = `다른_${randomUUID().slice(0, 8)}`;
const asOther = (sql: string) =>
  withClient(inject('servers')[15].url, (client) => client.query(`${sql} ${identifier(OTHERS_ROLE)}`));
beforeAll(() => asOther('CREATE ROLE'));
afterAll(() => asOther('DROP ROLE'));

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Every row as the bytes the server holds. */
async function storedBytes(url: string, clientEncoding: string): Promise<Record<string, string[]>> {
  return withClient(url, async (client) => {
    await client.query(`SET client_encoding = '${clientEncoding}'`);
    const tables = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    const found: Record<string, string[]> = {};
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ hex: string }>(
        `SELECT encode(convert_to(body, getdatabaseencoding()), 'hex') AS hex FROM ${identifier(name)} ORDER BY 1`,
      );
      found[name] = rows.map(({ hex }) => hex);
    }
    return found;
  });
}

describe.each(CASES)('a database in the encoding $encoding', ({ encoding, table, text, bytes }) => {
  const options = `ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`;
  const clientEncoding = encoding === 'SQL_ASCII' ? encoding : 'UTF8';

  // a table in slices is left out of the rest by its name, which pg_dump must understand
  it.each([
    ['in slices', SLICE_EVERYTHING],
    ['in the rest', {}],
  ])('comes back byte for byte, its tables %s', async (_, config) => {
    const source = await makeDatabase(15, options);
    await withClient(source.url, async (client) => {
      await client.query(`SET client_encoding = '${clientEncoding}'`);
      await client.query(`
        CREATE TABLE ${identifier(table)} (body text); COMMENT ON TABLE ${identifier(table)} IS '${text}';
        INSERT INTO ${identifier(table)} SELECT '${text}' || repeat(md5(i::text), 20) FROM generate_series(1, 3000) i`);
      if (bytes !== undefined) await client.query(`INSERT INTO ${identifier(table)} VALUES (E'${bytes}')`);
    });
    const copy = await makeDatabase(15, options);
    const env = { ...engineEnv(await makeBucket(), source, copy), ...(await configEnv(config)) };
    await restore(env, (await backUp(env)).id);
    const before = await storedBytes(source.url, clientEncoding);
    expect(Object.keys(before)).toEqual([table]);
    expect(before[table]?.length).toBeGreaterThanOrEqual(3000);
    expect(await storedBytes(copy.url, clientEncoding)).toEqual(before);
  });

  it('keeps a schema out whose name is not ASCII', async () => {
    const source = await makeDatabase(15, options);
    await withClient(source.url, async (client) => {
      await client.query(`SET client_encoding = '${clientEncoding}'`);
      await client.query(`CREATE SCHEMA ${identifier(table)}; CREATE TABLE ${identifier(table)}.hidden AS SELECT 1 AS n;
        CREATE TABLE public.shown AS SELECT 'x'::text AS body`);
    });
    const copy = await makeDatabase(15, options);
    const config = await configEnv({ backup: { excludeSchemas: [table] } });
    const env = { ...engineEnv(await makeBucket(), source, copy), ...config };
    await restore(env, (await backUp(env)).id);
    const { rows } = await copy.query("SELECT count(*)::int AS n FROM pg_class WHERE relname = 'hidden'");
    expect(rows).toEqual([{ n: 0 }]);
  });
});
