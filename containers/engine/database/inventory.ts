import type pg from 'pg';
import type { SliceCandidate } from '../../../core/slices.ts';
import { qualify } from './session.ts';
import { readRoleNames } from './shared-text.ts';

/** A table whose rows belong into a set. */
export interface SourceTable extends SliceCandidate {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Columns COPY carries, in table order. */
  readonly columns: readonly string[];
  /** Types of those columns, qualified, with modifiers. */
  readonly columnTypes: readonly string[];
  /** Columns of the primary key, in its order; empty where there is none. */
  readonly primaryKey: readonly string[];
  /**
   * Columns whose text another server may rightly write otherwise: generated ones, which it computes anew, and names of
   * objects (regclass and the like), which it looks up.
   */
  readonly looseColumns: readonly string[];
  /** Columns whose cast to text is not what COPY writes: xml, char(n), whatever has a cast of its own. */
  readonly castColumns: readonly string[];
  /** `WHERE …` of an extension's configuration table, empty otherwise. */
  readonly condition: string;
  /** It comes with an extension, whose configuration its rows are: a dump carries those, not its definition. */
  readonly ofExtension: boolean;
  /** Root of the partition tree it is a leaf of; nothing for other tables. */
  readonly partitionOf: { readonly schema: string; readonly name: string } | null;
  /**
   * Partition tree within which a restore may put rows into other leaves: a hash of an enum value depends on the oids
   * of the server. Qualified and unquoted name of the topmost such ancestor; nothing for other tables.
   */
  readonly wandersWithin: string | null;
  /** Its content has no hash to be compared with, only a number of rows. */
  readonly countedOnly?: boolean;
  /** Its text is in another encoding than UTF-8, and can be converted. */
  readonly converted: boolean;
  /**
   * False where planning a query would run, or inline, somebody's function as the current user: indexes and statistics
   * over expressions. Such a table is read with COPY, as pg_dump does, which plans nothing.
   */
  readonly plannable: boolean;
  /** An unlogged table of a standby: it is there, and its rows are not. */
  readonly absent: boolean;
  readonly readable: boolean;
  /** Row level security would hide rows from this role. */
  readonly filtered: boolean;
}

/**
 * Schemas that are the server's own. `pg_` is reserved for it, temporary and TOAST schemas included.
 * @param alias alias of pg_namespace
 */
export function userSchema(alias: string): string {
  return `${alias}.nspname !~ '^pg_' AND ${alias}.nspname <> 'information_schema'`;
}

/** True for objects that CREATE EXTENSION brings: pg_dump leaves them to it. */
export function extensionMember(catalog: string, oid: string): string {
  return `EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass
    AND d.objid = ${oid} AND d.objsubid = 0 AND d.deptype = 'e')`;
}

/** First oid of what users make. */
export const USER_OID = 16384;

/**
 * True where an index or a statistics object of table `c` names a function or operator that is not the server's own:
 * only those are recorded as dependencies.
 */
export const EXPRESSIONS = `EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
      AND (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND d.objid IN (SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid)
        OR d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
          AND d.objid IN (SELECT s.oid FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = c.oid)))`;

/** A table can be sliced where its rows live in a heap, are all ours, and have columns for COPY to name. */
const TABLES = `
  SELECT c.oid::pg_catalog.int8 AS oid, n.nspname AS schema, c.relname AS name,
    pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8 AS pages,
    pg_catalog.pg_table_size(c.oid) AS bytes,
    coalesce(a.stored, '{}') AS stored, coalesce(a.types, '{}') AS types, coalesce(a.loose, '{}') AS loose, coalesce(a.cast_own, '{}') AS cast_own,
    pg_catalog.current_setting('server_encoding') NOT IN ('UTF8', 'SQL_ASCII') AS converted,
    x.condition IS NOT NULL OR NOT ${EXPRESSIONS} AS plannable,
    c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery() AS absent,
    coalesce(x.condition, '') AS condition, x.condition IS NOT NULL AS of_extension,
    (SELECT pg_catalog.jsonb_build_object('schema', rn.nspname, 'name', r.relname) FROM pg_catalog.pg_class r
      JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
      WHERE c.relispartition AND r.oid = pg_catalog.pg_partition_root(c.oid)) AS root,
    (SELECT pg_catalog.array_agg(k.attname::pg_catalog.text ORDER BY pg_catalog.array_position(i.indkey::pg_catalog.int2[], k.attnum))
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
      WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
    coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'), true) AS readable,
    pg_catalog.row_security_active(c.oid) AS filtered,
    am.amname = 'heap' AND x.condition IS NULL AND coalesce(pg_catalog.cardinality(a.stored), 0) > 0 AS sliceable,
    (SELECT pg_catalog.format('%s.%s', wn.nspname, w.relname)
      FROM pg_catalog.pg_partition_ancestors(c.oid) WITH ORDINALITY AS p(relid, up)
      JOIN pg_catalog.pg_class w ON w.oid = p.relid JOIN pg_catalog.pg_namespace wn ON wn.oid = w.relnamespace
      JOIN pg_catalog.pg_partitioned_table pt ON pt.partrelid = p.relid AND pt.partstrat = 'h'
      JOIN pg_catalog.pg_opclass oc ON oc.oid = ANY (pt.partclass::pg_catalog.oid[])
      JOIN pg_catalog.pg_type ty ON ty.oid = oc.opcintype AND (ty.typtype = 'p' OR ty.oid >= ${USER_OID})
      ORDER BY p.up DESC LIMIT 1) AS wanders
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
  LEFT JOIN LATERAL (
    SELECT pg_catalog.array_agg(attname::pg_catalog.text ORDER BY attnum) FILTER (WHERE attgenerated = '') AS stored,
      pg_catalog.array_agg(pg_catalog.format_type(atttypid, atttypmod) ORDER BY attnum) FILTER (WHERE attgenerated = '') AS types,
      pg_catalog.array_agg(attname::pg_catalog.text ORDER BY attnum) FILTER (WHERE attgenerated <> ''
        OR coalesce(nullif(ty.typbasetype, 0), ty.oid)::pg_catalog.regtype::pg_catalog.text ~ '^(pg_catalog\\.)?reg[a-z]+$') AS loose,
      pg_catalog.array_agg(attname::pg_catalog.text) FILTER (WHERE ty.typtype = 'd' OR (atttypid <> 'pg_catalog.varchar'::pg_catalog.regtype
        AND EXISTS (SELECT FROM pg_catalog.pg_cast k
          WHERE k.castsource = atttypid AND k.casttarget = 'pg_catalog.text'::pg_catalog.regtype))) AS cast_own
    FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type ty ON ty.oid = atttypid WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a ON true
  LEFT JOIN LATERAL (
    SELECT e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)] AS condition
    FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig)) x ON true
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${userSchema('n')} AND NOT (n.nspname = ANY ($1))
    AND (x.condition IS NOT NULL OR NOT ${extensionMember('pg_class', 'c.oid')})
  ORDER BY n.nspname, c.relname`;

interface TableRow {
  oid: string;
  schema: string;
  name: string;
  pages: string;
  bytes: string;
  stored: string[];
  types: string[];
  key: string[] | null;
  loose: string[];
  cast_own: string[];
  condition: string;
  of_extension: boolean;
  root: { schema: string; name: string } | null;
  converted: boolean;
  plannable: boolean;
  absent: boolean;
  readable: boolean;
  filtered: boolean;
  sliceable: boolean;
  wanders: string | null;
}

/** Every table whose rows pg_dump would dump, outside the excluded schemas. */
export async function readTables(
  client: pg.Client,
  excludedSchemas: readonly string[],
): Promise<SourceTable[]> {
  const { rows } = await client.query<TableRow>(TABLES, [excludedSchemas]);
  return rows.map((row) => ({
    oid: Number(row.oid),
    schema: row.schema,
    name: row.name,
    heapPages: Number(row.pages),
    totalBytes: Number(row.bytes),
    columns: row.stored,
    columnTypes: row.types,
    primaryKey: row.key ?? [],
    looseColumns: row.loose,
    castColumns: row.cast_own,
    condition: row.condition,
    ofExtension: row.of_extension,
    partitionOf: row.root,
    converted: row.converted,
    plannable: row.plannable,
    absent: row.absent,
    readable: row.readable,
    filtered: row.filtered,
    // COPY into a leaf would be refused where its rows belong into another one; pg_restore goes through the root
    sliceable: row.sliceable && row.wanders === null && !row.absent,
    divisible: row.plannable,
    wandersWithin: row.wanders,
  }));
}

/** Names of what is not a table but must be there after a restore. */
export interface Furniture {
  readonly schemas: string[];
  readonly materializedViews: { schema: string; name: string; populated: boolean }[];
  readonly extensions: { name: string; version: string; schema: string }[];
  /** Those whose name can be read. */
  readonly roles: string[];
}

export async function readFurniture(
  client: pg.Client,
  excludedSchemas: readonly string[],
): Promise<Furniture> {
  const schemas = await client.query<{ name: string }>(
    `SELECT n.nspname AS name FROM pg_catalog.pg_namespace n WHERE ${userSchema('n')} AND NOT (n.nspname = ANY ($1)) ORDER BY 1`,
    [excludedSchemas],
  );
  const views = await client.query<Furniture['materializedViews'][number]>(
    `SELECT n.nspname AS schema, c.relname AS name, c.relispopulated AS populated
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'm' AND ${userSchema('n')} AND NOT (n.nspname = ANY ($1))
       AND NOT ${extensionMember('pg_class', 'c.oid')} ORDER BY 1, 2`,
    [excludedSchemas],
  );
  const extensions = await client.query<Furniture['extensions'][number]>(
    `SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema
     FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ORDER BY 1`,
  );
  const roles = await readRoleNames(client, 'without-own');
  return {
    schemas: schemas.rows.map((row) => row.name),
    materializedViews: views.rows,
    extensions: extensions.rows,
    roles: [...roles.byOid.values()],
  };
}

export interface SequenceState {
  readonly schema: string;
  readonly name: string;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/** Sequences read in one statement: each is a relation of its own, and thousands of round trips add up. */
const SEQUENCES_PER_QUERY = 200;

/**
 * State of every sequence. Sequences are not part of a snapshot: read after it, they are never behind its rows.
 * @param ownedBy only those that belong to a column of these tables, or of what they are partitions of; nothing for all
 */
export async function readSequences(
  client: pg.Client,
  excludedSchemas: readonly string[],
  ownedBy?: readonly number[],
): Promise<SequenceState[]> {
  const { rows: names } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${userSchema('n')} AND NOT (n.nspname = ANY ($1))
       AND NOT ${extensionMember('pg_class', 'c.oid')}
       AND ($2::pg_catalog.oid[] IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_depend o WHERE o.objid = c.oid
         AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.deptype IN ('a', 'i') AND o.refobjid IN (
           SELECT t FROM pg_catalog.unnest($2::pg_catalog.oid[]) AS t
           UNION SELECT a.relid FROM pg_catalog.unnest($2::pg_catalog.oid[]) AS t, pg_catalog.pg_partition_ancestors(t) AS a)))
     ORDER BY 1, 2`,
    [excludedSchemas, ownedBy ?? null],
  );
  const states: SequenceState[] = [];
  for (let start = 0; start < names.length; start += SEQUENCES_PER_QUERY) {
    const batch = names.slice(start, start + SEQUENCES_PER_QUERY);
    const parts = batch.map(
      ({ schema, name }, i) => `SELECT ${i} AS i, last_value, is_called FROM ${qualify(schema, name)}`,
    );
    const { rows } = await client.query<{ i: number; last_value: string; is_called: boolean }>(
      parts.join(' UNION ALL '),
    );
    for (const row of rows) {
      const sequence = batch[row.i];
      if (sequence) states.push({ ...sequence, lastValue: row.last_value, isCalled: row.is_called });
    }
  }
  return states.sort((a, b) => (qualify(a.schema, a.name) < qualify(b.schema, b.name) ? -1 : 1));
}
