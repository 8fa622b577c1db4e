import type pg from 'pg';
import type { ContentSum } from './checksum.ts';

/** Number of large objects, and a hash over them where one was asked for. */
type LargeObjectsSum = Pick<ContentSum, 'rows' | 'checksum'>;

const BATCH = 1000;
const CHUNK_BYTES = 1024 * 1024;
const READ_MODE = 0x40000;

const SUM = `
  SELECT coalesce(pg_catalog.sum(pg_catalog.hashtextextended(
      l.oid::pg_catalog.text || ':' || n::pg_catalog.text || ':' ||
      pg_catalog.md5(pg_catalog.lo_get(l.oid, n * ${CHUNK_BYTES}, ${CHUNK_BYTES})), 0)), 0)::pg_catalog.text AS checksum
  FROM (SELECT o.oid, pg_catalog.lo_lseek64(pg_catalog.lo_open(o.oid, ${READ_MODE}), 0, 2) AS size
    FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS o(oid) OFFSET 0) AS l,
    LATERAL pg_catalog.generate_series(0, greatest(l.size - 1, 0) / ${CHUNK_BYTES}) AS n`;

/**
 * Number of large objects and, in mode `full`, a hash over their oids and bytes, read in pieces of 1 MiB. Must run in
 * a transaction: each batch opens its objects below a savepoint, whose end closes them.
 */
export async function readLargeObjects(client: pg.Client, mode: 'full' | 'counts'): Promise<LargeObjectsSum> {
  const { rows } = await client.query<{ oid: string }>(
    'SELECT oid::pg_catalog.text AS oid FROM pg_catalog.pg_largeobject_metadata ORDER BY pg_largeobject_metadata.oid',
  );
  if (mode === 'counts') return { rows: BigInt(rows.length), checksum: null };
  let checksum = 0n;
  for (let start = 0; start < rows.length; start += BATCH) {
    const oids = rows.slice(start, start + BATCH).map((row) => row.oid);
    await client.query('SAVEPOINT large_objects');
    const answer = await client.query<{ checksum: string }>(SUM, [oids]);
    checksum += BigInt(answer.rows[0]?.checksum ?? 0);
    await client.query('ROLLBACK TO SAVEPOINT large_objects');
  }
  return { rows: BigInt(rows.length), checksum };
}

/**
 * Oids of large objects that the current role may not read; row level security does not concern them. By hand, for only
 * version 18 and newer can be asked: superusers, the owner, and whom SELECT was granted, themselves or as members.
 */
export async function unreadableLargeObjects(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ oid: string }>(`
    SELECT m.oid::pg_catalog.text AS oid FROM pg_catalog.pg_largeobject_metadata m
    WHERE NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
      AND NOT pg_catalog.current_setting('lo_compat_privileges')::pg_catalog.bool
      AND NOT pg_catalog.pg_has_role(m.lomowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(m.lomacl) AS a WHERE a.privilege_type = 'SELECT'
        AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
    ORDER BY m.oid`);
  return rows.map(({ oid }) => oid);
}
