import pg from 'pg';
import type { Entry } from './recreate-entries.ts';
import { SIGNATURE } from './recreate-present.ts';

const KINDS = ['SCHEMA', 'TABLE', 'SEQUENCE', 'TYPE', 'DOMAIN', 'FUNCTION', 'PROCEDURE'];

/** True where entry `e` is this one. */
const named = (kinds: string, schema: string, tag: string) =>
  `e.kind IN (${kinds}) AND e.schema = pg_catalog.translate(${schema}, E'\\n\\r', '  ') AND e.tag = pg_catalog.translate(${tag}, E'\\n\\r', '  ')`;

const privileges = (target: string, list: string, letter: string, owner: string) =>
  `'' AS prefix, ${target} AS target, '' AS suffix, ${list}::pg_catalog.text AS acl,
   pg_catalog.acldefault(${letter}, ${owner})::pg_catalog.text AS builtin`;

/**
 * SQL for the grants there are on what these entries made, in the parts that privileges.ts reads.
 * @param entries of which those count that default privileges may open to others
 */
export function privilegesOf(entries: readonly Entry[]): string {
  const values = entries
    .filter(({ kind }) => KINDS.includes(kind))
    .map(
      ({ kind, schema, tag }) => `(${[kind, schema, tag].map((text) => pg.escapeLiteral(text)).join(', ')})`,
    );
  return `WITH e(kind, schema, tag) AS (VALUES ${values.join(', ')})
    SELECT ${privileges("pg_catalog.format('SCHEMA %I', n.nspname)", 'n.nspacl', "'n'", 'n.nspowner')}
    FROM pg_catalog.pg_namespace n JOIN e ON ${named("'SCHEMA'", "'-'", 'n.nspname')} WHERE n.nspacl IS NOT NULL
    UNION ALL SELECT ${privileges("pg_catalog.format('%s %I.%I', e.kind, n.nspname, o.relname)", 'o.relacl', "CASE e.kind WHEN 'SEQUENCE' THEN 's' ELSE 'r' END::pg_catalog.\"char\"", 'o.relowner')}
    FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
    JOIN e ON ${named("'TABLE', 'SEQUENCE'", 'n.nspname', 'o.relname')} WHERE o.relacl IS NOT NULL
    UNION ALL SELECT ${privileges("pg_catalog.format('TYPE %I.%I', n.nspname, o.typname)", 'o.typacl', "'T'", 'o.typowner')}
    FROM pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace
    JOIN e ON ${named("'TYPE', 'DOMAIN'", 'n.nspname', 'o.typname')} WHERE o.typacl IS NOT NULL
    UNION ALL SELECT ${privileges("pg_catalog.format('ROUTINE %s', p.oid::pg_catalog.regprocedure)", 'p.proacl', "'f'", 'p.proowner')}
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN e ON ${named("'FUNCTION', 'PROCEDURE'", 'n.nspname', SIGNATURE)} WHERE p.proacl IS NOT NULL`;
}
