import type pg from 'pg';
import type { TableName } from '../../../../core/table-names.ts';
import { userSchema } from '../../database/inventory.ts';

/** A foreign key of the target. Leaves of partitioned tables go by their root. */
export interface TargetForeignKey {
  readonly name: string;
  /** The table that refers … */
  readonly child: TableName;
  /** … and the one that is referred to. */
  readonly parent: TableName;
  readonly columns: readonly ForeignKeyColumn[];
  readonly matchFull: boolean;
}

export interface ForeignKeyColumn {
  readonly child: string;
  readonly parent: string;
  /** What the server compares them with, parent on the left. */
  readonly equals: string;
}

const rootOf = (relation: string) => `(
  SELECT pg_catalog.jsonb_build_object('schema', rn.nspname, 'name', r.relname)
  FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
  WHERE r.oid = coalesce(pg_catalog.pg_partition_root(${relation}), ${relation}))`;

const FOREIGN_KEYS = `
  SELECT k.conname AS name, ${rootOf('k.conrelid')} AS child, ${rootOf('k.confrelid')} AS parent, k.confmatchtype = 'f' AS "matchFull",
    (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('child', ca.attname, 'parent', pa.attname,
        'equals', pg_catalog.format('OPERATOR(%I.%s)', opn.nspname, op.oprname)) ORDER BY u.place)
      FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop)) WITH ORDINALITY AS u(child, parent, operator, place)
      JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.child
      JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent
      JOIN pg_catalog.pg_operator op ON op.oid = u.operator
      JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace) AS columns
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype = 'f' AND k.conparentid = 0 AND ${userSchema('n')} ORDER BY n.nspname, c.relname, k.conname`;

/** Every foreign key of the target, one for each tree of partitions that inherits it. */
export async function readTargetForeignKeys(client: pg.Client): Promise<TargetForeignKey[]> {
  const { rows } = await client.query<TargetForeignKey>(FOREIGN_KEYS);
  return rows;
}
