import type pg from 'pg';
import type { ForeignKeyEntry } from '../../../core/manifest.ts';
import { userSchema } from './inventory.ts';

/** As pg_constraint writes them. */
const ACTIONS: Readonly<Record<string, ForeignKeyEntry['onDelete']>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

const names = (relation: string, attributes: string) => `(
  SELECT pg_catalog.jsonb_agg(a.attname ORDER BY u.place)
  FROM pg_catalog.unnest(${attributes}) WITH ORDINALITY AS u(attnum, place)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = ${relation} AND a.attnum = u.attnum)`;

/** Those that a partition inherits are left out: its root's speaks for them. */
const FOREIGN_KEYS = `
  SELECT k.conname AS name, pg_catalog.jsonb_build_object('schema', cn.nspname, 'name', c.relname) AS "from",
    ${names('k.conrelid', 'k.conkey')} AS columns,
    pg_catalog.jsonb_build_object('schema', pn.nspname, 'name', p.relname) AS "to",
    ${names('k.confrelid', 'k.confkey')} AS "toColumns",
    k.confdeltype AS action, k.confmatchtype = 'f' AS "matchFull"
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
  JOIN pg_catalog.pg_class p ON p.oid = k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  WHERE k.contype = 'f' AND k.conparentid = 0 AND ${userSchema('cn')} AND NOT (cn.nspname = ANY ($1))
  ORDER BY 1, cn.nspname, c.relname`;

/** Every foreign key outside the excluded schemas, as a manifest lists them. */
export async function readForeignKeys(
  client: pg.Client,
  excludedSchemas: readonly string[],
): Promise<ForeignKeyEntry[]> {
  const { rows } = await client.query<Omit<ForeignKeyEntry, 'onDelete'> & { action: string }>(FOREIGN_KEYS, [
    excludedSchemas,
  ]);
  return rows.map(({ action, ...key }) => ({ ...key, onDelete: ACTIONS[action] ?? 'no action' }));
}
