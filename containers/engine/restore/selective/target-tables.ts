import type pg from 'pg';
import { keyOf, type TableName } from '../../../../core/table-names.ts';

/** A column of a table of the target, in table order. */
export interface TargetColumn {
  readonly name: string;
  /** Qualified, with its modifier. */
  readonly type: string;
  /** Computed by the server: nothing can be written into it. */
  readonly generated: boolean;
  /** False where its collation takes different texts for equal. */
  readonly deterministic: boolean;
}

/** A column that tells rows apart, with the operator of its index: that of a type is not always the one of its name. */
export interface KeyColumn {
  readonly name: string;
  /** `OPERATOR(pg_catalog.=)` */
  readonly equals: string;
}

/** A trigger or rule that acts on restored rows too, unless it is put to sleep. */
export interface Wakeful {
  readonly kind: 'TRIGGER' | 'RULE';
  /** The relation it hangs on, quoted. */
  readonly relation: string;
  readonly name: string;
  readonly when: 'ALWAYS' | 'REPLICA';
}

export interface TargetTable extends TableName {
  readonly oid: number;
  /** `ONLY "a"."b"` for one table, `"a"."b"` for a partitioned one. */
  readonly from: string;
  /** `"a"."b"` */
  readonly into: string;
  readonly columns: readonly TargetColumn[];
  /** Primary key, else a unique index over columns that are never null; nothing where there is neither. */
  readonly key: readonly KeyColumn[] | undefined;
  /** Rights the role lacks on it. */
  readonly lacks: readonly string[];
  /** Row level security would hide rows from the role. */
  readonly filtered: boolean;
  readonly wakeful: readonly Wakeful[];
}

const TABLES = `
  SELECT c.oid::pg_catalog.int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned,
    pg_catalog.format('%I.%I', n.nspname, c.relname) AS into,
    (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', a.attname,
        'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated <> '',
        'deterministic', coalesce((SELECT l.collisdeterministic FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation), true)) ORDER BY a.attnum), '[]')
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', a.attname,
        'equals', pg_catalog.format('OPERATOR(%I.%s)', opn.nspname, op.oprname)) ORDER BY k.place)
      FROM (SELECT i.* FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
          AND i.indpred IS NULL AND i.indexprs IS NULL
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute nn WHERE nn.attrelid = c.oid AND NOT nn.attnotnull
            AND nn.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]))
        ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) AS i
      CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) AS k(place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[k.place]
      JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[k.place]
      JOIN pg_catalog.pg_amop am ON am.amopfamily = oc.opcfamily AND am.amopstrategy = 3
        AND am.amoplefttype = oc.opcintype AND am.amoprighttype = oc.opcintype
      JOIN pg_catalog.pg_operator op ON op.oid = am.amopopr
      JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace) AS key,
    ARRAY(SELECT p FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p
      WHERE NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, p))) AS lacks,
    pg_catalog.row_security_active(c.oid) AS filtered,
    (SELECT coalesce(pg_catalog.jsonb_agg(w), '[]') FROM (
      SELECT 'TRIGGER' AS kind, pg_catalog.format('%I.%I', rn.nspname, r.relname) AS relation, t.tgname AS name,
        CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END AS "when"
      FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class r ON r.oid = t.tgrelid JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
      WHERE (t.tgrelid = c.oid OR t.tgrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)))
        AND NOT t.tgisinternal AND t.tgenabled IN ('A', 'R')
      UNION ALL
      SELECT 'RULE', pg_catalog.format('%I.%I', n.nspname, c.relname), w.rulename,
        CASE w.ev_enabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END
      FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_enabled IN ('A', 'R')) AS w) AS wakeful
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND (n.nspname::pg_catalog.text, c.relname::pg_catalog.text) IN
      (SELECT * FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])))`;

interface Row extends Omit<TargetTable, 'oid' | 'from' | 'key'> {
  oid: string;
  partitioned: boolean;
  key: KeyColumn[] | null;
}

/** What the target has of these tables, by `keyOf`; those it lacks are not in it. */
export async function readTargetTables(
  client: pg.Client,
  names: readonly TableName[],
): Promise<Map<string, TargetTable>> {
  // the query looks at every table there is
  if (names.length === 0) return new Map();
  const { rows } = await client.query<Row>(TABLES, [
    names.map(({ schema }) => schema),
    names.map(({ name }) => name),
  ]);
  return new Map(
    rows.map(({ oid, partitioned, key, ...row }) => [
      keyOf(row),
      { ...row, oid: Number(oid), from: partitioned ? row.into : `ONLY ${row.into}`, key: key ?? undefined },
    ]),
  );
}
