import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Project } from './projects.ts';

/**
 * Fills a new project with what a team has in one: tables, rights, roles, rows of Auth and Storage, webhooks, jobs and
 * secrets. The rows are the same on every load, but for when the vault's and Realtime's were made. Its roles, `reporter`
 * and `Back Office`, are made on the server unless they are there.
 */
export async function loadSupabaseSample(project: Project): Promise<void> {
  await run(project.url, 'sample.sql');
  await run(project.adminUrl, 'sample-services.sql');
  await run(project.url, 'sample-rows.sql');
}

async function run(url: string, file: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(await readFile(join(import.meta.dirname, file), 'utf8'));
  } finally {
    await client.end();
  }
}
