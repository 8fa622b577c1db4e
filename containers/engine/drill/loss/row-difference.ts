import type pg from 'pg';
import { type ChecksumTable, rowHashesQuery } from '../../database/checksum.ts';

/** One side of a comparison: a table, or the leaves of a tree, and a session with its database. */
export interface Side {
  readonly client: pg.Client;
  readonly tables: readonly ChecksumTable[];
}

/** Rows that only one side has, as multisets of whole rows. */
export interface RowDifference {
  readonly onlyHere: bigint;
  readonly onlyThere: bigint;
}

/** Enough that those which differ are few beside those that do not. */
const FEW_BUCKETS = 4096;
const MANY_BUCKETS = 65_536;
const MANY_ROWS = 1_000_000n;
/** Hashes held at once; some 30 MB. */
const MOST_HASHES = 300_000n;
const FETCH = 20_000;

/**
 * Counts the rows in which two tables differ. What travels is a sum for each bucket of hashes, and the hashes of the buckets
 * that differ: never a row, for what leaves a hosted database is billed.
 * @returns nothing where too much differs to be counted so
 */
export async function rowDifference(
  here: Side,
  there: Side,
  rows: bigint,
): Promise<RowDifference | undefined> {
  const buckets = rows > MANY_ROWS ? MANY_BUCKETS : FEW_BUCKETS;
  const [mine, theirs] = [await sums(here, buckets), await sums(there, buckets)];
  const differing = [...new Set([...mine.keys(), ...theirs.keys()])].filter(
    (bucket) => mine.get(bucket)?.text !== theirs.get(bucket)?.text,
  );
  const held = differing.reduce(
    (sum, bucket) => sum + (mine.get(bucket)?.rows ?? 0n) + (theirs.get(bucket)?.rows ?? 0n),
    0n,
  );
  if (held > MOST_HASHES) return undefined;
  const balance = new Map<string, number>();
  await eachHash(here, buckets, differing, (hash) => balance.set(hash, (balance.get(hash) ?? 0) + 1));
  await eachHash(there, buckets, differing, (hash) => balance.set(hash, (balance.get(hash) ?? 0) - 1));
  let [onlyHere, onlyThere] = [0n, 0n];
  for (const count of balance.values()) {
    if (count > 0) onlyHere += BigInt(count);
    else onlyThere -= BigInt(count);
  }
  return { onlyHere, onlyThere };
}

const hashesOf = ({ tables }: Side) =>
  tables.map((table) => `(${rowHashesQuery(table)})`).join(' UNION ALL ');

async function sums(side: Side, buckets: number): Promise<Map<number, { rows: bigint; text: string }>> {
  const { rows } = await side.client.query<{ bucket: number; rows: string; sum: string }>(
    `SELECT (h & ${buckets - 1})::pg_catalog.int4 AS bucket, pg_catalog.count(*)::pg_catalog.text AS rows,
       pg_catalog.sum(h)::pg_catalog.text AS sum FROM (${hashesOf(side)}) AS hashes GROUP BY 1`,
  );
  return new Map(
    rows.map(({ bucket, rows: count, sum }) => [bucket, { rows: BigInt(count), text: `${count}/${sum}` }]),
  );
}

async function eachHash(
  side: Side,
  buckets: number,
  differing: readonly number[],
  take: (hash: string) => void,
): Promise<void> {
  await side.client.query(
    `DECLARE drill_hashes NO SCROLL CURSOR FOR SELECT h::pg_catalog.text AS h FROM (${hashesOf(side)}) AS hashes
     WHERE (h & ${buckets - 1})::pg_catalog.int4 = ANY ('{${differing.join(',')}}'::pg_catalog.int4[])`,
  );
  for (;;) {
    const { rows } = await side.client.query<{ h: string }>(`FETCH ${FETCH} FROM drill_hashes`);
    for (const { h } of rows) take(h);
    if (rows.length < FETCH) break;
  }
  await side.client.query('CLOSE drill_hashes');
}
