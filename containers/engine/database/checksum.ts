import pg from 'pg';
import type { PageRange } from '../../../core/slices.ts';
import type { SourceTable } from './inventory.ts';
import { qualify } from './session.ts';

/** Row count and order-independent hash of some rows; both add up over ranges. */
export interface ContentSum {
  readonly rows: bigint;
  readonly checksum: bigint | null;
}

/** What of a table is hashed; see `SourceTable` for the fields. */
export type ChecksumTable = Pick<SourceTable, 'schema' | 'name' | 'allColumns' | 'castColumns' | 'condition'>;

/** No table has a column of this name; and where one has, every use below is qualified by the alias. */
const ALIAS = 'backup_row';

/**
 * SQL that counts rows and hashes every value of each. Per row: the values as text, bytewise collation, columns in
 * order of their names, through hash_record_extended; that result is linear in its columns, so it is hashed once more
 * before the sum, or two rows that swapped a value would not be noticed. The sum makes the order of rows irrelevant.
 * The functions are PostgreSQL's own (14 and newer) and give the same numbers on every little-endian server.
 */
export function contentQuery(table: ChecksumTable, mode: 'full' | 'counts', range?: PageRange): string {
  const columns = [...table.allColumns].sort().map((name) => `${valueText(table, name)} COLLATE "C"`);
  const hash = `pg_catalog.hashtextextended(pg_catalog.hash_record_extended(ROW(${columns.join(', ')}), 0)::pg_catalog.text, 0)`;
  // a row without columns has nothing to hash, and hash_record_extended takes no empty row
  const sum =
    mode === 'counts' ? 'NULL' : columns.length === 0 ? '0' : `coalesce(pg_catalog.sum(${hash}), 0)`;
  const where = range === undefined ? table.condition : rangeCondition(range, ALIAS);
  return `SELECT pg_catalog.count(*)::pg_catalog.text AS rows, (${sum})::pg_catalog.text AS checksum
    FROM ONLY ${qualify(table.schema, table.name)} AS ${ALIAS} ${where}`;
}

/** A value as its type's output function writes it, which is what COPY carries; a cast may be lossy, or anyone's. */
function valueText(table: ChecksumTable, name: string): string {
  const column = `${ALIAS}.${pg.escapeIdentifier(name)}`;
  if (!table.castColumns.includes(name)) return `${column}::pg_catalog.text`;
  return `CASE WHEN pg_catalog.num_nulls(${column}) = 0 THEN pg_catalog.format('%s', ${column}) END`;
}

/** `WHERE` over a page range; PostgreSQL 14 and newer read just those pages. */
export function rangeCondition(range: PageRange, alias: string): string {
  const upper = range.to === null ? '' : ` AND ${alias}.ctid < '(${range.to},0)'::pg_catalog.tid`;
  return `WHERE ${alias}.ctid >= '(${range.from},0)'::pg_catalog.tid${upper}`;
}

export async function readContent(
  client: pg.Client,
  table: ChecksumTable,
  mode: 'full' | 'counts',
  range?: PageRange,
): Promise<ContentSum> {
  const { rows } = await client.query<{ rows: string; checksum: string | null }>(
    contentQuery(table, mode, range),
  );
  const row = rows[0];
  return { rows: BigInt(row?.rows ?? 0), checksum: row?.checksum == null ? null : BigInt(row.checksum) };
}

export function addContent(a: ContentSum, b: ContentSum): ContentSum {
  return {
    rows: a.rows + b.rows,
    checksum: a.checksum === null || b.checksum === null ? null : a.checksum + b.checksum,
  };
}
