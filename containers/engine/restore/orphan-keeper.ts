import pg from 'pg';
import type { ForeignKeyEntry, Manifest } from '../../../core/manifest.ts';
import { keyOf, nameOf, type TableName } from '../../../core/table-names.ts';
import { qualify } from '../database/session.ts';
import type { Reconciled } from './context.ts';

/** Begins the name of the schema that keeps rows that gave way. */
export const ORPHAN_SCHEMA = 'restored_orphans_';

/** Keys of rows that are named in a result. */
const NAMED_KEYS = 20;

/** Violations by which a row refuses to lose its reference. */
const MUST_REFER = ['23502', '23514'];

/** Finds rows without parents and keeps them, in a schema that nobody but who restores may use. */
export class Keeper {
  readonly #client: pg.Client;
  readonly #manifest: Manifest;
  readonly #schema: string;
  readonly #tables = new Map<string, string>();

  constructor(client: pg.Client, manifest: Manifest, schema: string) {
    this.#client = client;
    this.#manifest = manifest;
    this.#schema = schema;
  }

  /** How many rows refer, by this key, to what is not there. */
  async find(key: ForeignKeyEntry): Promise<number> {
    const { rows } = await this.#client.query<{ n: string }>(
      `SELECT pg_catalog.count(*) AS n FROM ${this.#rowsOf(key.from)} AS child WHERE ${await this.#orphaned(key)}`,
    );
    return Number(rows[0]?.n);
  }

  /** Keeps those rows as they are, then takes them out of their table, or the reference out of them. */
  async keep(key: ForeignKeyEntry): Promise<Reconciled> {
    const where = await this.#orphaned(key);
    const keys = await this.#keysOf(key.from, where);
    const kept = await this.#tableFor(key.from);
    const from = `${this.#rowsOf(key.from)} AS child WHERE ${where}`;
    const { rowCount } = await this.#client.query(
      `INSERT INTO ${qualify(this.#schema, kept)} SELECT child.* FROM ${from}`,
    );
    const nulled = key.onDelete === 'set null' && (await this.#setNull(key, where));
    if (!nulled) await this.#client.query(`DELETE FROM ${from}`);
    return {
      table: key.from,
      constraint: key.name,
      parent: nameOf(key.to),
      way: nulled ? 'set null' : 'moved',
      rows: rowCount ?? 0,
      keptIn: `${this.#schema}.${kept}`,
      keys,
    };
  }

  /** @returns false when a rule of the table wants the reference, and nothing was changed */
  async #setNull({ from, columns }: ForeignKeyEntry, where: string): Promise<boolean> {
    const nothing = columns.map((name) => `${pg.escapeIdentifier(name)} = NULL`).join(', ');
    await this.#client.query('SAVEPOINT reference');
    try {
      await this.#client.query(`UPDATE ${this.#rowsOf(from)} AS child SET ${nothing} WHERE ${where}`);
      return true;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && MUST_REFER.includes(error.code ?? ''))) throw error;
      await this.#client.query('ROLLBACK TO SAVEPOINT reference');
      return false;
    }
  }

  /** A table that takes rows of another one as they are. */
  async #tableFor(table: TableName): Promise<string> {
    const known = this.#tables.get(keyOf(table));
    if (known !== undefined) return known;
    const schema = pg.escapeIdentifier(this.#schema);
    if (this.#tables.size === 0) await this.#client.query(`CREATE SCHEMA ${schema}`);
    // tables of two schemas may have one name
    const taken = new Set(this.#tables.values());
    const name = taken.has(table.name) ? `kept_${taken.size}` : table.name;
    await this.#client.query(
      `CREATE TABLE ${schema}.${pg.escapeIdentifier(name)} AS SELECT * FROM ${this.#rowsOf(table)} WITH NO DATA`,
    );
    this.#tables.set(keyOf(table), name);
    return name;
  }

  async #keysOf(table: TableName, where: string): Promise<Record<string, string | null>[]> {
    const entry = this.#manifest.tables.find(
      (one) =>
        keyOf(one) === keyOf(table) || (one.partitionOf !== null && keyOf(one.partitionOf) === keyOf(table)),
    );
    const key = entry?.primaryKey ?? [];
    if (key.length === 0) return [];
    const list = key.map(
      (name) => `child.${pg.escapeIdentifier(name)}::pg_catalog.text AS ${pg.escapeIdentifier(name)}`,
    );
    const order = key.map((name) => `child.${pg.escapeIdentifier(name)}`);
    const { rows } = await this.#client.query<Record<string, string | null>>(
      `SELECT ${list.join(', ')} FROM ${this.#rowsOf(table)} AS child WHERE ${where} ORDER BY ${order.join(', ')} LIMIT ${NAMED_KEYS}`,
    );
    return rows;
  }

  /** A reference with a null in it is none, or else no parent is asked for. */
  async #orphaned({ columns, to, toColumns }: ForeignKeyEntry): Promise<string> {
    const child = (name: string) => `child.${pg.escapeIdentifier(name)}`;
    const equals = await this.#operators(to, toColumns);
    const same = columns.map(
      (name, i) => `parent.${pg.escapeIdentifier(toColumns[i] ?? '')} ${equals[i]} ${child(name)}`,
    );
    const refers = columns.map((name) => `${child(name)} IS NOT NULL`).join(' AND ');
    return `${refers} AND NOT EXISTS (SELECT FROM ${this.#rowsOf(to)} AS parent WHERE ${same.join(' AND ')})`;
  }

  /** Of a partitioned table all leaves; of others not those of tables that inherit from it. */
  #rowsOf({ schema, name }: TableName): string {
    const holdsRows = this.#manifest.tables.some((entry) => keyOf(entry) === keyOf({ schema, name }));
    return `${holdsRows ? 'ONLY ' : ''}${qualify(schema, name)}`;
  }

  /** What an index over these columns compares with: the types' own, which need not be the server's. */
  async #operators(table: TableName, columns: readonly string[]): Promise<string[]> {
    const { rows } = await this.#client.query<{ name: string; equals: string }>(OPERATORS, [
      qualify(table.schema, table.name),
      columns,
    ]);
    const found = new Map(rows.map(({ name, equals }) => [name, equals]));
    return columns.map((name) => found.get(name) ?? 'OPERATOR(pg_catalog.=)');
  }
}

const OPERATORS = `
  WITH RECURSIVE based(name, type) AS (
    SELECT a.attname::pg_catalog.text, a.atttypid FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = $1::pg_catalog.regclass AND a.attname::pg_catalog.text = ANY ($2)
    UNION ALL SELECT b.name, t.typbasetype FROM based b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
  SELECT b.name, pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) AS equals
  FROM based b JOIN pg_catalog.pg_opclass c ON c.opcintype = b.type AND c.opcdefault
  JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'
  JOIN pg_catalog.pg_amop s ON s.amopfamily = c.opcfamily AND s.amopstrategy = 3
    AND s.amoplefttype = c.opcintype AND s.amoprighttype = c.opcintype
  JOIN pg_catalog.pg_operator o ON o.oid = s.amopopr JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace`;
