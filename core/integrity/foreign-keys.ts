import type { PlannedRule } from './findings.ts';
import { countAndSample, displayName, quoteIdentifier, quoteName, type Session } from './session.ts';

/** One pair of columns. Operator and types are quoted; a cast or collation is there only where the server needs one. */
interface ColumnPair {
  readonly child: string;
  readonly parent: string;
  readonly operator: string;
  readonly childCast: string | null;
  readonly parentCast: string | null;
  readonly collation: string | null;
}

interface TableOfKey {
  readonly schema: string;
  readonly name: string;
  readonly partitioned: boolean;
}

interface ForeignKey {
  readonly name: string;
  readonly child: TableOfKey;
  readonly parent: TableOfKey;
  readonly columns: readonly ColumnPair[];
  readonly primaryKey: readonly string[];
  readonly matchFull: boolean;
  readonly validated: boolean;
  readonly temporal: boolean;
}

const typeName = (alias: string) => `pg_catalog.format('%I.%I', ${alias}n.nspname, ${alias}.typname)`;

/**
 * Every foreign key there is, whatever its schema: the server's own notion of equality (the operator of the parent's
 * index, with the casts and the collation its own triggers use), not ours. A key that partitions inherit is one, at its root.
 * Temporary tables of other sessions cannot be read by anybody.
 */
const FOREIGN_KEYS = `
  SELECT k.conname AS name,
    pg_catalog.jsonb_build_object('schema', cn.nspname, 'name', c.relname, 'partitioned', c.relkind = 'p') AS child,
    pg_catalog.jsonb_build_object('schema', pn.nspname, 'name', p.relname, 'partitioned', p.relkind = 'p') AS parent,
    pairs.columns,
    coalesce((SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.place)
      FROM pg_catalog.pg_constraint pk, pg_catalog.unnest(pk.conkey) WITH ORDINALITY AS u(attnum, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum
      WHERE pk.conrelid = c.oid AND pk.contype = 'p'), '{}') AS "primaryKey",
    k.confmatchtype = 'f' AS "matchFull", k.convalidated AS validated,
    -- since 18; older servers have no such column
    coalesce((pg_catalog.to_jsonb(k) ->> 'conperiod')::pg_catalog.bool, false) AS temporal
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
  JOIN pg_catalog.pg_class p ON p.oid = k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  CROSS JOIN LATERAL (
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'child', ca.attname, 'parent', pa.attname,
      'operator', pg_catalog.format('OPERATOR(%I.%s)', opn.nspname, op.oprname),
      'childCast', CASE WHEN ca.atttypid <> op.oprright THEN ${typeName('ct')} END,
      'parentCast', CASE WHEN pa.atttypid <> op.oprleft THEN ${typeName('pt')} END,
      'collation', CASE WHEN pa.attcollation <> ca.attcollation AND pa.attcollation <> 0
        THEN pg_catalog.format('%I.%I', con.nspname, co.collname) END) ORDER BY u.place) AS columns
    FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop))
      WITH ORDINALITY AS u(child, parent, operator, place)
    JOIN pg_catalog.pg_attribute ca ON ca.attrelid = c.oid AND ca.attnum = u.child
    JOIN pg_catalog.pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = u.parent
    JOIN pg_catalog.pg_operator op ON op.oid = u.operator JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace
    JOIN pg_catalog.pg_type ct ON ct.oid = op.oprright JOIN pg_catalog.pg_namespace ctn ON ctn.oid = ct.typnamespace
    JOIN pg_catalog.pg_type pt ON pt.oid = op.oprleft JOIN pg_catalog.pg_namespace ptn ON ptn.oid = pt.typnamespace
    LEFT JOIN pg_catalog.pg_collation co ON co.oid = pa.attcollation
    LEFT JOIN pg_catalog.pg_namespace con ON con.oid = co.collnamespace) AS pairs
  WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relpersistence <> 't'
  ORDER BY cn.nspname, c.relname, k.conname`;

/** A rule for each foreign key of the database, NOT VALID and NOT ENFORCED ones included: rows are looked at, not promises. */
export async function foreignKeyRules(session: Session): Promise<PlannedRule[]> {
  const { rows } = await session.query(FOREIGN_KEYS);
  return (rows as ForeignKey[]).map(ruleOf);
}

function ruleOf(key: ForeignKey): PlannedRule {
  const { child, parent } = key;
  return {
    name: `foreign-key:${displayName(child.schema, child.name, key.name)}`,
    kind: 'foreign-key',
    severity: 'error',
    tables: [...new Set([child, parent].map(({ schema, name }) => displayName(schema, name)))],
    constraint: key.name,
    todo: key.temporal
      ? { couldNotCheck: 'a foreign key over periods (PERIOD), which this version cannot check' }
      : { run: antiJoin(key) },
  };
}

/** Rows of the child without their parent. A table that is no partitioned one stands for itself, not for what inherits from it. */
function antiJoin({ child, parent, columns, primaryKey, matchFull }: ForeignKey) {
  const only = (table: TableOfKey) => `${table.partitioned ? '' : 'ONLY '}${quoteName(table)}`;
  // MATCH SIMPLE lets a row be as soon as one column is null, MATCH FULL only when all are
  const bound = columns
    .map((pair) => `c.${quoteIdentifier(pair.child)} IS DISTINCT FROM NULL`)
    .join(matchFull ? ' OR ' : ' AND ');
  const shown = [...new Set([...primaryKey, ...columns.map((pair) => pair.child)])];
  return countAndSample(
    shown,
    `${only(child)} AS c WHERE (${bound})
      AND NOT EXISTS (SELECT FROM ${only(parent)} AS p WHERE ${columns.map(equality).join(' AND ')})`,
  );
}

function equality({ child, parent, operator, childCast, parentCast, collation }: ColumnPair): string {
  const cast = (type: string | null) => (type === null ? '' : `::${type}`);
  const collate = collation === null ? '' : ` COLLATE ${collation}`;
  const left = `p.${quoteIdentifier(parent)}${cast(parentCast)}`;
  return `${left} ${operator} (c.${quoteIdentifier(child)}${cast(childCast)}${collate})`;
}
