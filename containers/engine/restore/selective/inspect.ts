import pg from 'pg';
import { plannedSet, readsOf } from '../../../../core/restore-plan.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import { nameOf } from '../../../../core/table-names.ts';
import { qualify } from '../../database/session.ts';
import type { SelectiveRun } from './context.ts';
import type { SelectivelyRestored } from './run.ts';
import { findTables, objectsOf, type SetTable } from './set-tables.ts';
import { sourceColumns } from './source-types.ts';
import { createStage, fillStages, type Stage } from './stage.ts';
import { commit } from './transaction.ts';

/**
 * Leaves tables of the set in a schema of their own, to be looked at and joined with what is there now. In one
 * transaction: a schema that can be seen is whole.
 */
export async function inspect(run: SelectiveRun, request: RestoreRequest): Promise<SelectivelyRestored> {
  const { client, manifest, reporter, database } = run;
  const tables = findTables(manifest, request.tables ?? []);
  const reads = readsOf({ objects: objectsOf(manifest, tables) });
  const schema = schemaName(manifest.id);
  const stages = tables.map((table) => ({ table, relation: qualify(schema, nameAmong(table, tables)) }));
  const rows = tables.map((table) => ({ table: nameOf(table), rows: rowsOf(table) }));
  const common = { database, mode: request.mode, schema, tables: rows, reads };
  if (request.plan) {
    const plan = { set: plannedSet(run.entry, new Date()), ...common, confirmNeeded: null };
    return { manifest, result: { outcome: 'planned', plan }, notVerified: [] };
  }
  await client.query('BEGIN');
  const asText = await reporter.phase('read', () => build(run, schema, stages));
  await commit(run);
  reporter.notice('rows are left to be looked at', { schema, drop: `DROP SCHEMA ${schema} CASCADE` });
  return {
    manifest,
    result: common,
    notVerified: asText.map(
      (column) => `${column}: the target does not know its type, so its values are there as text`,
    ),
  };
}

/** `restored_daily_20261123t170000z_1`, the first that is free is found by the server. */
function schemaName(id: string): string {
  const now = new Date().toISOString().replace(/\D/g, '').slice(8, 17);
  return `restored_${id.replaceAll('-', '_').toLowerCase()}_${now}`;
}

/** Tables of one name and several schemas lie side by side. */
function nameAmong(table: SetTable, all: readonly SetTable[]): string {
  return all.filter(({ name }) => name === table.name).length > 1 ? nameOf(table) : table.name;
}

function rowsOf({ entries }: SetTable): number {
  return entries.reduce((sum, { rows }) => sum + Number(rows), 0);
}

/** @returns columns that are there as text */
async function build(run: SelectiveRun, schema: string, stages: readonly Stage[]): Promise<string[]> {
  const { client, manifest } = run;
  await client.query(`CREATE SCHEMA ${pg.escapeIdentifier(schema)}`);
  await keepToOneself(client, schema);
  const comment = `Rows of ${manifest.id}, for looking at. DROP SCHEMA ${schema} CASCADE when done.`;
  await client.query(`COMMENT ON SCHEMA ${pg.escapeIdentifier(schema)} IS ${pg.escapeLiteral(comment)}`);
  const asText: string[] = [];
  for (const { table, relation } of stages) {
    const columns = await sourceColumns(client, table);
    asText.push(...columns.filter(({ known }) => !known).map(({ name }) => `${nameOf(table)}.${name}`));
    await createStage(client, relation, columns);
  }
  await fillStages(run, stages);
  for (const { table, relation } of stages) await addKey(client, table, relation);
  return asText;
}

/** Default privileges may let others in, and rows of the past are nobody's but the operator's. */
async function keepToOneself(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ grantee: string }>(
    `SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.format('%I', r.rolname) END AS grantee
     FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) AS a LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
     WHERE n.nspname = $1 AND a.grantee <> n.nspowner`,
    [schema],
  );
  for (const { grantee } of rows)
    await client.query(`REVOKE ALL ON SCHEMA ${pg.escapeIdentifier(schema)} FROM ${grantee}`);
}

/** So that rows are found quickly; what cannot be unique here was not in the source, either. */
async function addKey(client: pg.Client, { primaryKey }: SetTable, relation: string): Promise<void> {
  if (primaryKey.length === 0) return;
  await client.query(
    `ALTER TABLE ${relation} ADD PRIMARY KEY (${primaryKey.map((name) => pg.escapeIdentifier(name)).join(', ')})`,
  );
}
