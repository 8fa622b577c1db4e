import type pg from 'pg';
import { qualify } from '../database/session.ts';
import { readAddedWithUndo } from './additions.ts';
import type { Project } from './project.ts';

/** What users had added to the platform's schemas before a restore began: the statements that make it. */
export type BeforeRestore = readonly (readonly string[])[];

export async function rememberAdditions(client: pg.Client): Promise<BeforeRestore> {
  return (await readAddedWithUndo(client)).map(({ sql }) => sql);
}

/**
 * Takes the rows and additions of a failed restore out of the platform's schemas. Only for a project in whose tables no
 * row was when the restore began.
 */
export async function emptyManaged(
  client: pg.Client,
  project: Project,
  before: BeforeRestore,
): Promise<void> {
  const now = await readAddedWithUndo(client);
  const setOf = (all: BeforeRestore) => new Set(all.map((sql) => JSON.stringify(sql)));
  const [was, is] = [setOf(before), setOf(now.map(({ sql }) => sql))];
  for (const { sql, undo } of now) if (undo !== '' && !was.has(JSON.stringify(sql))) await client.query(undo);
  for (const sql of before)
    if (!is.has(JSON.stringify(sql))) for (const statement of sql) await client.query(statement);
  // without the platform's triggers, one of which refuses to delete files' rows
  await client.query('SET session_replication_role = replica');
  for (const table of project.columns.keys()) {
    const [schema = '', name = ''] = table.split('.');
    await client.query(`DELETE FROM ${qualify(schema, name)}`).catch(async (error: unknown) => {
      // a table that nobody may write to has no rows of the restore either
      const { rows } = await client.query<{ any: boolean }>(
        `SELECT EXISTS (SELECT FROM ${qualify(schema, name)}) AS any`,
      );
      if (rows[0]?.any === true) throw error;
    });
  }
  await client.query('RESET session_replication_role');
}
