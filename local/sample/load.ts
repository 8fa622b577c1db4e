import { readFile } from 'node:fs/promises';
import pg from 'pg';

/** How much the sample holds once it is loaded. */
export type SampleSize = { tables: number; rows: number };

const FILES = ['schema.sql', 'policies.sql', 'text.sql', 'data.sql'];

const COUNT = `
  SELECT count(*)::int AS tables,
         sum((xpath('/row/c/text()',
           query_to_xml(format('SELECT count(*) AS c FROM %I.%I', schemaname, tablename), false, true, '')
         ))[1]::text::bigint)::float8 AS rows
  FROM pg_tables WHERE schemaname IN ('public', 'auth', 'storage')`;

/**
 * Fills an empty database with VideoPlanet's tables and rows, the same ones on every load.
 * `megabytes` is about how large the five big tables become together.
 */
export async function loadSampleData(
  url: string,
  { megabytes = 8 }: { megabytes?: number } = {},
): Promise<SampleSize> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SELECT set_config('sample.megabytes', $1, false)`, [String(Math.ceil(megabytes))]);
    await client.query(`SET client_min_messages = warning; SET jit = off`);
    for (const file of FILES) await client.query(await readFile(new URL(file, import.meta.url), 'utf8'));
    const { rows } = await client.query<SampleSize>(COUNT);
    return rows[0] ?? { tables: 0, rows: 0 };
  } finally {
    await client.end();
  }
}
