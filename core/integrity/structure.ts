import type { PlannedRule } from './findings.ts';
import { displayName, type Session } from './session.ts';

const KIND_OF_CONSTRAINT: Readonly<Record<string, string>> = {
  c: 'CHECK constraint',
  f: 'foreign key',
  n: 'NOT NULL constraint',
};

/** Of a partitioned table's constraint the partitions' copies say the same. */
const NOT_VALIDATED = `
  SELECT k.conname AS name, k.contype AS type, cn.nspname AS schema, c.relname AS "table"
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
  WHERE NOT k.convalidated AND k.conparentid = 0 AND k.coninhcount = 0 AND c.relpersistence <> 't'
  ORDER BY cn.nspname, c.relname, k.conname`;

/** Constraints of which nobody has proved that the rows keep them. */
export async function notValidatedRules(session: Session): Promise<PlannedRule[]> {
  const { rows } = await session.query(NOT_VALIDATED);
  return rows.map(({ name, type, schema, table }) => ({
    name: `not-validated:${displayName(schema, table, name)}`,
    kind: 'not-validated',
    severity: 'warning',
    tables: [displayName(schema, table)],
    constraint: name,
    todo: {
      found: `nobody has validated the ${KIND_OF_CONSTRAINT[type] ?? 'constraint'} (NOT VALID or NOT ENFORCED): rows may break it`,
    },
  }));
}

/** One that a constraint stands on, or one that a CREATE INDEX CONCURRENTLY has left, or is about to finish. */
const INVALID_INDEXES = `
  SELECT ic.relname AS name, i.indisprimary AS primary, cn.nspname AS schema, c.relname AS "table",
    (SELECT k.conname FROM pg_catalog.pg_constraint k WHERE k.conindid = ic.oid AND k.contype IN ('p', 'u') LIMIT 1) AS "constraint"
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
  WHERE i.indisunique AND NOT i.indisvalid AND c.relpersistence <> 't' AND cn.nspname <> 'pg_toast'
  ORDER BY cn.nspname, c.relname, ic.relname`;

/** Unique indexes that do not keep anything unique. */
export async function invalidIndexRules(session: Session): Promise<PlannedRule[]> {
  const { rows } = await session.query(INVALID_INDEXES);
  return rows.map(({ name, schema, table, constraint }) => ({
    name: `invalid-index:${displayName(schema, name)}`,
    kind: 'invalid-index',
    severity: constraint === null ? 'warning' : 'error',
    tables: [displayName(schema, table)],
    ...(constraint === null ? {} : { constraint }),
    todo: {
      found:
        'the unique index is not valid, so duplicates may be there: build it again, or drop it where it was left over',
    },
  }));
}
