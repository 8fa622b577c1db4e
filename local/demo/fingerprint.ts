import pg from 'pg';

/** Rows and content hash of one table, counted by plain SQL that shares nothing with the product. */
export interface TableFingerprint {
  readonly table: string;
  readonly rows: number;
  readonly md5: string;
}

/** Looks at every table of a database, so that before and after can be compared independently of the engine. */
export async function fingerprint(url: string): Promise<TableFingerprint[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    );
    const found: TableFingerprint[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ rows: string; md5: string }>(
        `SELECT count(*) AS rows, md5(coalesce(string_agg(h, '' ORDER BY h), '')) AS md5
         FROM (SELECT md5((r.*)::text) AS h FROM ONLY ${name} AS r) AS hashes`,
      );
      found.push({ table: name, rows: Number(rows[0]?.rows ?? 0), md5: rows[0]?.md5 ?? '' });
    }
    return found;
  } finally {
    await client.end();
  }
}
