import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { PageRange } from '../../../core/slices.ts';
import { CopyHash } from './copy-hash.ts';
import type { SourceTable } from './inventory.ts';
import { qualify } from './session.ts';

/** Row count and order-independent hashes of some rows; all add up over ranges. */
export interface ContentSum {
  readonly rows: bigint;
  /** Over the columns that come back as they were; nothing where only rows were counted. */
  readonly checksum: bigint | null;
  /** Over the loose columns; nothing where there are none, or they could not be read. */
  readonly loose: bigint | null;
}

/** What of a table is hashed; see `SourceTable` for the fields. */
export type ChecksumTable = Pick<
  SourceTable,
  'schema' | 'name' | 'columns' | 'looseColumns' | 'castColumns' | 'condition' | 'converted' | 'plannable'
>;

/** No table has a column of this name; and where one has, every use below is qualified by the alias. */
const ALIAS = 'backup_row';

/**
 * SQL that counts rows and hashes every value of each. Per row: the values as text, bytewise collation, columns in
 * order of their names, through hash_record_extended; that result is linear in its columns, so it is hashed once more
 * before the sum, or two rows that swapped a value would not be noticed. The sum makes the order of rows irrelevant.
 * The functions are PostgreSQL's own (14 and newer) and give the same numbers on every little-endian server.
 */
export function contentQuery(table: ChecksumTable, mode: 'full' | 'counts', range?: PageRange): string {
  const firm = table.columns.filter((name) => !table.looseColumns.includes(name));
  const loose = table.looseColumns.length === 0 ? 'NULL' : sumSql(table, table.looseColumns, mode);
  const where = range === undefined ? table.condition : rangeCondition(range, ALIAS);
  return `SELECT pg_catalog.count(*)::pg_catalog.text AS rows, (${sumSql(table, firm, mode)})::pg_catalog.text AS checksum,
      (${loose})::pg_catalog.text AS loose
    FROM ONLY ${qualify(table.schema, table.name)} AS ${ALIAS} ${where}`;
}

function sumSql(table: ChecksumTable, columns: readonly string[], mode: 'full' | 'counts'): string {
  if (mode === 'counts') return 'NULL';
  if (columns.length === 0) return '0';
  return `coalesce(pg_catalog.sum(${rowHashSql(table, columns)}), 0)`;
}

/** Hash of one row's values, a bigint. A row without columns has nothing to hash, and hash_record_extended takes none. */
function rowHashSql(table: ChecksumTable, columns: readonly string[]): string {
  if (columns.length === 0) return '0::pg_catalog.int8';
  const values = [...columns].sort().map((name) => valueSql(table, name));
  const hash = `pg_catalog.hash_record_extended(ROW(${values.join(', ')}), 0)::pg_catalog.text`;
  return `pg_catalog.hashtextextended(${hash}, 0)`;
}

/** SQL for the hash of each row, as column `h`: what the checksum is the sum of. */
export function rowHashesQuery(table: ChecksumTable): string {
  const firm = table.columns.filter((name) => !table.looseColumns.includes(name));
  return `SELECT ${rowHashSql(table, firm)} AS h FROM ONLY ${qualify(table.schema, table.name)} AS ${ALIAS} ${table.condition}`;
}

/**
 * A value as its type's output function writes it, which is what COPY carries; a cast may be lossy, or anyone's. In the
 * bytes of UTF-8, for a target may have another encoding than the source.
 */
function valueSql(table: ChecksumTable, name: string): string {
  const column = `${ALIAS}.${pg.escapeIdentifier(name)}`;
  const text = table.castColumns.includes(name)
    ? `CASE WHEN pg_catalog.num_nulls(${column}) = 0 THEN pg_catalog.format('%s', ${column}) END`
    : `${column}::pg_catalog.text`;
  return table.converted ? `pg_catalog.convert_to(${text}, 'UTF8')` : `${text} COLLATE "C"`;
}

/** `WHERE` over a page range; PostgreSQL 14 and newer read just those pages. */
export function rangeCondition(range: PageRange, alias: string): string {
  const upper = range.to === null ? '' : ` AND ${alias}.ctid < '(${range.to},0)'::pg_catalog.tid`;
  return `WHERE ${alias}.ctid >= '(${range.from},0)'::pg_catalog.tid${upper}`;
}

/** Counts and hashes rows on the server, or, where no query may be planned on the table, from its COPY text here. */
export async function readContent(
  client: pg.Client,
  table: ChecksumTable,
  mode: 'full' | 'counts',
  range?: PageRange,
): Promise<ContentSum> {
  if (!table.plannable) return await copiedContent(client, table, mode);
  const { rows } = await client.query<Record<keyof ContentSum, string | null>>(
    contentQuery(table, mode, range),
  );
  const number = (text: string | null | undefined) => (text == null ? null : BigInt(text));
  const row = rows[0];
  return { rows: number(row?.rows) ?? 0n, checksum: number(row?.checksum), loose: number(row?.loose) };
}

async function copiedContent(
  client: pg.Client,
  table: ChecksumTable,
  mode: 'full' | 'counts',
): Promise<ContentSum> {
  const hash = new CopyHash(table.columns, table.looseColumns, mode);
  for await (const _ of hash.through(client.query(copyTo(copyWholeSql(table)))));
  return hash.result();
}

/** Reads a whole table as it lies there: unlike a query, this is never planned. */
export function copyWholeSql({
  schema,
  name,
  columns,
}: Pick<SourceTable, 'schema' | 'name' | 'columns'>): string {
  const list =
    columns.length === 0 ? '' : ` (${columns.map((column) => pg.escapeIdentifier(column)).join(', ')})`;
  return `COPY ${qualify(schema, name)}${list} TO STDOUT`;
}

export function addContent(a: ContentSum, b: ContentSum): ContentSum {
  const sum = (x: bigint | null, y: bigint | null) => (x === null || y === null ? null : x + y);
  return { rows: a.rows + b.rows, checksum: sum(a.checksum, b.checksum), loose: sum(a.loose, b.loose) };
}
