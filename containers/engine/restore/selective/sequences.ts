import type pg from 'pg';
import { nameOf, type TableName } from '../../../../core/table-names.ts';
import { qualify } from '../../database/session.ts';
import { list, type Unit } from './unit.ts';

/** A sequence that was behind its column and was moved on. */
export interface MovedSequence {
  readonly sequence: string;
  readonly to: string;
}

interface Feeding extends TableName {
  column: string;
  up: boolean;
}

/** Sequences that feed a column of a table: owned by it, or in its default. */
const FEEDING = `
  SELECT DISTINCT n.nspname AS schema, s.relname AS name, a.attname AS column, q.seqincrement > 0 AS up
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_class s ON s.relkind = 'S' JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
  JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
  JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::pg_catalog.oid AND a.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype,
    'pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype)
  WHERE (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum)
    OR (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = s.oid
      AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
      AND d.objid = (SELECT f.oid FROM pg_catalog.pg_attrdef f WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum))
  ORDER BY 1, 2`;

/**
 * Moves sequences on that are behind the rows of their columns (spec V3). Never back: others may have taken numbers since.
 * A sequence does not go back with its transaction; numbers that are left out do no harm.
 */
export async function moveSequences(client: pg.Client, units: readonly Unit[]): Promise<MovedSequence[]> {
  const moved: MovedSequence[] = [];
  for (const { target } of units) {
    const { rows } = await client.query<Feeding>(FEEDING, [target.oid]);
    for (const { schema, name, column, up } of rows) {
      const sequence = qualify(schema, name);
      const furthest = `${up ? 'pg_catalog.max' : 'pg_catalog.min'}(${list([column], 't')})::pg_catalog.int8`;
      const { rows: set } = await client.query<{ to: string }>(
        `SELECT pg_catalog.setval($1::pg_catalog.regclass, f.value) AS to
         FROM (SELECT ${furthest} AS value FROM ${target.from} AS t) AS f, ${sequence} AS q
         WHERE f.value ${up ? '>=' : '<='} q.last_value AND NOT (f.value = q.last_value AND q.is_called)`,
        [sequence],
      );
      if (set[0] !== undefined) moved.push({ sequence: nameOf({ schema, name }), to: set[0].to });
    }
  }
  return moved;
}
