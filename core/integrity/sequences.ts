import type { PlannedRule } from './findings.ts';
import { displayName, quoteIdentifier, quoteName, type Session, type Statement } from './session.ts';

interface SequenceUse {
  readonly sequence: { readonly schema: string; readonly name: string };
  readonly table: { readonly schema: string; readonly name: string; readonly partitioned: boolean };
  readonly column: string;
  readonly numeric: boolean;
  readonly type: string;
  readonly increment: string;
  readonly cycles: boolean;
}

/**
 * A default that is nextval (function 1574) and nothing else but what fits its bigint to the column: the casts to integer
 * (480), smallint (714) and numeric (1781), and a domain. As the server stores it: pg_get_expr, which would write it out, waits
 * for locks on the table, and one migration would keep all rules from being known.
 */
const IS_NEXTVAL =
  "'^(\\{COERCETODOMAIN :arg )?(\\{FUNCEXPR :funcid (480|714|1781) [^{]*)?\\{FUNCEXPR :funcid 1574 '";

/**
 * Sequences and the columns they fill: identity columns, those that own one, and those whose default is exactly the
 * next value of one. A partition that has it from its parent is looked at there.
 */
const USES = `
  WITH uses AS (
    SELECT d.objid AS sequence, d.refobjid AS "table", d.refobjsubid::pg_catalog.int2 AS attnum
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.objsubid = 0 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid, f.adrelid, f.adnum
    FROM pg_catalog.pg_attrdef f
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
    WHERE f.adbin::pg_catalog.text ~ ${IS_NEXTVAL})
  SELECT pg_catalog.jsonb_build_object('schema', sn.nspname, 'name', s.relname) AS sequence,
    pg_catalog.jsonb_build_object('schema', cn.nspname, 'name', c.relname, 'partitioned', c.relkind = 'p') AS "table",
    a.attname AS "column", pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    coalesce(nullif(t.typbasetype, 0), t.oid) = ANY ('{int2,int4,int8,numeric}'::pg_catalog.regtype[]) AS numeric,
    q.seqincrement::pg_catalog.text AS increment, q.seqcycle AS cycles
  FROM uses
  JOIN pg_catalog.pg_class s ON s.oid = uses.sequence JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
  JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
  JOIN pg_catalog.pg_class c ON c.oid = uses."table" JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = uses.attnum
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND NOT (c.relispartition AND EXISTS (
      SELECT FROM pg_catalog.pg_inherits i JOIN uses up ON up."table" = i.inhparent AND up.sequence = uses.sequence
      WHERE i.inhrelid = c.oid))
  ORDER BY cn.nspname, c.relname, a.attnum, sn.nspname, s.relname`;

/** A rule for each sequence and column: the next value must lie beyond every value the column holds (spec V3). */
export async function sequenceRules(session: Session): Promise<PlannedRule[]> {
  const { rows } = await session.query(USES);
  return (rows as SequenceUse[]).map(ruleOf);
}

function ruleOf(use: SequenceUse): PlannedRule {
  const column = displayName(use.table.schema, use.table.name, use.column);
  return {
    name: `sequence:${displayName(use.sequence.schema, use.sequence.name)}=${column}`,
    kind: 'sequence',
    severity: 'error',
    tables: [displayName(use.table.schema, use.table.name)],
    todo: todoOf(use, column),
  };
}

function todoOf(use: SequenceUse, column: string): PlannedRule['todo'] {
  if (!use.numeric)
    return {
      notApplicable: `${column} is of type ${use.type}, whose values do not compare with a sequence's`,
    };
  if (use.cycles)
    return { notApplicable: 'the sequence begins again after its last value, so it may be behind' };
  return { run: behind(use) };
}

/** Sequences are not part of a snapshot: read after it, they are never behind its rows unless they were before. */
function behind({ sequence, table, column, increment }: SequenceUse): Statement {
  const [extreme, beyond] = increment.startsWith('-') ? ['min', '<='] : ['max', '>='];
  const text = `
    SELECT CASE WHEN behind THEN '1' ELSE '0' END AS violations,
      CASE WHEN behind THEN pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object(
        $1::pg_catalog.text, reached::pg_catalog.text, 'next value', next::pg_catalog.text)) END AS samples
    FROM (SELECT reached, next, coalesce(reached ${beyond} next, false) AS behind
      FROM (SELECT (SELECT pg_catalog.${extreme}(c.${quoteIdentifier(column)})::pg_catalog."numeric"
          FROM ${table.partitioned ? '' : 'ONLY '}${quoteName(table)} AS c) AS reached,
        s.last_value::pg_catalog."numeric" + CASE WHEN s.is_called THEN ${increment} ELSE 0 END AS next
        FROM ${quoteName(sequence)} AS s) AS state) AS judged`;
  return { text, values: [`${extreme}(${column})`] };
}
