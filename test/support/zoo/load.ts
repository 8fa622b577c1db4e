import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

/** Fills an empty database with every kind of object that pg_dump carries. Needs a superuser and contrib. */
export async function loadZoo(url: string): Promise<void> {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.sql')).sort();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET client_min_messages = error');
    for (const file of files) {
      const sql = await readFile(new URL(file, import.meta.url), 'utf8');
      await client.query(sql).catch((error: Error) => {
        throw new Error(`${file}: ${error.message}`, { cause: error });
      });
    }
  } finally {
    await client.end();
  }
}
