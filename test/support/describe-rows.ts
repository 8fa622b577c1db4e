import pg from 'pg';
import type { Section } from './compare.ts';

const NOT_OF_THE_SYSTEM = `n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'`;

// Columns by name: a backup may lawfully change their order, never their values. Hashing an enum uses
// OIDs, so a restored row may lie in another partition: such partitions are described as one table.
const RELATIONS = `
  WITH by_enum AS (
    SELECT p.partrelid AS oid FROM pg_partitioned_table p
    WHERE p.partstrat = 'h' AND EXISTS (
      SELECT FROM pg_opclass o WHERE o.oid = ANY (p.partclass) AND o.opcintype = 'anyenum'::regtype))
  SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relispopulated AS populated,
         c.oid IN (SELECT b.oid FROM by_enum b) AS whole,
         array(SELECT a.attname::text FROM pg_attribute a
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
               ORDER BY a.attname COLLATE "C") AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm') AND ${NOT_OF_THE_SYSTEM}
    AND NOT EXISTS (SELECT FROM pg_partition_ancestors(c.oid) a JOIN by_enum b ON b.oid = a.relid WHERE b.oid <> c.oid)
  ORDER BY 1`;

const SEQUENCES = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND ${NOT_OF_THE_SYSTEM}
  ORDER BY 1`;

type Relation = { name: string; populated: boolean; whole: boolean; columns: string[] };

/** Row count and content of each table and materialized view; foreign tables hold no rows here. */
export async function relationContents(client: pg.Client): Promise<Section> {
  const { rows } = await client.query<Relation>(RELATIONS);
  const contents = new Map<string, string>();
  for (const relation of rows) {
    contents.set(relation.name, relation.populated ? await content(client, relation) : 'not populated');
  }
  return contents;
}

/**
 * Hashes rows one by one and then the sorted hashes: independent of the order of the rows, yet values
 * swapped between two rows show, and no more than one row is in memory at a time.
 */
async function content(client: pg.Client, { name, whole, columns }: Relation): Promise<string> {
  const values = columns.map((column) => `t.${pg.escapeIdentifier(column)}`).join(', ');
  const { rows } = await client.query<{ count: string; hash: string | null }>(`
    SELECT count(*) AS count, md5(string_agg(h.hash, '' ORDER BY h.hash COLLATE "C")) AS hash
    FROM (SELECT md5(ROW(${values})::text) AS hash FROM ${whole ? '' : 'ONLY '}${name} AS t) AS h`);
  return `${rows[0]?.count} rows, ${rows[0]?.hash ?? 'no content'}`;
}

/** Where each sequence stands, those of identity columns included. */
export async function sequencePositions(client: pg.Client): Promise<Section> {
  const { rows } = await client.query<{ name: string }>(SEQUENCES);
  const positions = new Map<string, string>();
  for (const { name } of rows) {
    const found = await client.query<{ position: string }>(
      `SELECT format('last_value %s, is_called %s', s.last_value, s.is_called) AS position FROM ${name} AS s`,
    );
    positions.set(name, found.rows[0]?.position ?? '');
  }
  return positions;
}
