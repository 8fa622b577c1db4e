import type pg from 'pg';
import { userSchema } from '../../database/inventory.ts';
import { type Entry, inOneLine } from './recreate-entries.ts';

/** Kinds of entries that are looked up under another name, for no two of these can have the same name. */
const LOOKED_UP_AS: Readonly<Record<string, string>> = {
  TABLE: 'relation',
  'FOREIGN TABLE': 'relation',
  VIEW: 'relation',
  'MATERIALIZED VIEW': 'relation',
  SEQUENCE: 'relation',
  INDEX: 'relation',
  TYPE: 'type',
  DOMAIN: 'type',
  'SHELL TYPE': 'type',
  FUNCTION: 'routine',
  PROCEDURE: 'routine',
  AGGREGATE: 'routine',
  CONSTRAINT: 'constraint',
  'FK CONSTRAINT': 'constraint',
  'CHECK CONSTRAINT': 'constraint',
};

const inSchema = (kind: string, tag: string, from: string, namespace: string, condition = 'true') =>
  `SELECT '${kind}' AS kind, n.nspname::pg_catalog.text AS schema, ${tag}::pg_catalog.text AS tag FROM ${from}
   JOIN pg_catalog.pg_namespace n ON n.oid = ${namespace} WHERE ${userSchema('n')} AND ${condition}`;

const ofTable = (kind: string, tag: string, from: string, table: string, condition = 'true') =>
  inSchema(
    kind,
    `c.relname || ' ' || ${tag}`,
    `${from} JOIN pg_catalog.pg_class c ON c.oid = ${table}`,
    'c.relnamespace',
    condition,
  );

const inNone = (kind: string, tag: string, catalog: string) =>
  `SELECT '${kind}' AS kind, '-' AS schema, ${tag}::pg_catalog.text AS tag FROM pg_catalog.${catalog}`;

/** As pg_dump writes the tag of a routine. */
export const SIGNATURE = `p.proname || '(' || CASE WHEN p.prokind = 'a' AND p.pronargs = 0 THEN '*' ELSE
  (SELECT coalesce(pg_catalog.string_agg(pg_catalog.format_type(a.type, NULL), ', ' ORDER BY a.place), '')
   FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS a(type, place)) END || ')'`;

const PRESENT = [
  inNone('SCHEMA', 'nspname', 'pg_namespace'),
  inNone('EXTENSION', 'extname', 'pg_extension'),
  inNone('ACCESS METHOD', 'amname', 'pg_am'),
  inNone('PROCEDURAL LANGUAGE', 'lanname', 'pg_language'),
  inNone('SERVER', 'srvname', 'pg_foreign_server'),
  inNone('FOREIGN DATA WRAPPER', 'fdwname', 'pg_foreign_data_wrapper'),
  inNone('PUBLICATION', 'pubname', 'pg_publication'),
  inSchema('relation', 'c.relname', 'pg_catalog.pg_class c', 'c.relnamespace'),
  inSchema('type', 't.typname', 'pg_catalog.pg_type t', 't.typnamespace'),
  inSchema('routine', SIGNATURE, 'pg_catalog.pg_proc p', 'p.pronamespace'),
  inSchema('COLLATION', 'o.collname', 'pg_catalog.pg_collation o', 'o.collnamespace'),
  inSchema('TEXT SEARCH CONFIGURATION', 'o.cfgname', 'pg_catalog.pg_ts_config o', 'o.cfgnamespace'),
  inSchema('TEXT SEARCH DICTIONARY', 'o.dictname', 'pg_catalog.pg_ts_dict o', 'o.dictnamespace'),
  inSchema('OPERATOR', 'o.oprname', 'pg_catalog.pg_operator o', 'o.oprnamespace'),
  inSchema('OPERATOR CLASS', 'o.opcname', 'pg_catalog.pg_opclass o', 'o.opcnamespace'),
  inSchema('OPERATOR FAMILY', 'o.opfname', 'pg_catalog.pg_opfamily o', 'o.opfnamespace'),
  inSchema('STATISTICS', 'o.stxname', 'pg_catalog.pg_statistic_ext o', 'o.stxnamespace'),
  inSchema(
    'TABLE ATTACH',
    'c.relname',
    'pg_catalog.pg_class c',
    'c.relnamespace',
    "c.relispartition AND c.relkind <> 'I'",
  ),
  inSchema('ROW SECURITY', 'c.relname', 'pg_catalog.pg_class c', 'c.relnamespace', 'c.relrowsecurity'),
  ofTable('constraint', 'o.conname', 'pg_catalog.pg_constraint o', 'o.conrelid'),
  inSchema(
    'constraint',
    "t.typname || ' ' || o.conname",
    'pg_catalog.pg_constraint o JOIN pg_catalog.pg_type t ON t.oid = o.contypid',
    't.typnamespace',
  ),
  ofTable('TRIGGER', 'o.tgname', 'pg_catalog.pg_trigger o', 'o.tgrelid'),
  ofTable('RULE', 'o.rulename', 'pg_catalog.pg_rewrite o', 'o.ev_class'),
  ofTable('POLICY', 'o.polname', 'pg_catalog.pg_policy o', 'o.polrelid'),
  ofTable(
    'DEFAULT',
    'a.attname',
    'pg_catalog.pg_attrdef o JOIN pg_catalog.pg_attribute a ON a.attrelid = o.adrelid AND a.attnum = o.adnum',
    'o.adrelid',
  ),
].join(' UNION ALL ');

/** What a database has, as far as a table can need it. */
export class Present {
  readonly #found: ReadonlySet<string>;
  readonly #kinds: ReadonlySet<string>;

  constructor(rows: readonly { kind: string; schema: string; tag: string }[]) {
    this.#found = new Set(
      rows.map(({ kind, schema, tag }) => JSON.stringify([kind, inOneLine(schema), inOneLine(tag)])),
    );
    this.#kinds = new Set([
      ...rows.map(({ kind }) => kind),
      ...['relation', 'type', 'routine', 'constraint', 'EXTENSION', 'PUBLICATION', 'SERVER', 'COLLATION'],
      ...['TRIGGER', 'RULE', 'POLICY', 'DEFAULT', 'STATISTICS', 'TABLE ATTACH', 'ROW SECURITY', 'OPERATOR'],
      ...['OPERATOR CLASS', 'OPERATOR FAMILY', 'TEXT SEARCH CONFIGURATION', 'TEXT SEARCH DICTIONARY'],
      ...['FOREIGN DATA WRAPPER'],
    ]);
  }

  /** True also for what cannot be looked up: where that is missing, the server will say so. */
  has({ kind, schema, tag }: Pick<Entry, 'kind' | 'schema' | 'tag'>): boolean {
    const name = LOOKED_UP_AS[kind] ?? kind;
    return !this.#kinds.has(name) || this.#found.has(JSON.stringify([name, schema, tag]));
  }
}

export async function readPresent(client: pg.Client): Promise<Present> {
  const { rows } = await client.query<{ kind: string; schema: string; tag: string }>(PRESENT);
  return new Present(rows);
}
