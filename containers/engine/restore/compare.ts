import PQueue from 'p-queue';
import type { TableEntry } from '../../../core/manifest.ts';
import type { PageRange } from '../../../core/slices.ts';
import { addContent, type ContentSum, readContent } from '../database/checksum.ts';
import { connect } from '../database/connect.ts';
import { readFurniture, readSequences, readTables, type SourceTable } from '../database/inventory.ts';
import { readLargeObjects } from '../database/large-objects.ts';
import { writeServiceFile } from '../database/service-file.ts';
import { prepareSession } from '../database/session.ts';
import { startProgram } from '../programs/child.ts';
import type { SchemaArchive } from './archives.ts';
import type { RestoreRun } from './context.ts';

/** Pages one worker hashes at a time, 64 MiB with the usual page: long tables are shared among the workers. */
const PAGES_PER_TASK = 8192;

/** Everything in which the restored database differs from what the manifest says was saved; empty is the proof. */
export async function compareWithManifest(run: RestoreRun, archive: SchemaArchive): Promise<string[]> {
  const client = await connect(run.target);
  try {
    await prepareSession(client);
    const tables = await readTables(client, run.manifest.excludedSchemas);
    const [contents, objects] = await Promise.all([compareTables(run, tables), compareObjects(run, archive)]);
    return [...contents, ...objects, ...(await compareOthers(run, client))];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function compareTables(run: RestoreRun, found: readonly SourceTable[]): Promise<string[]> {
  const key = (table: { schema: string; name: string }) => JSON.stringify([table.schema, table.name]);
  const byName = new Map(found.map((table) => [key(table), table]));
  const expected = new Set(run.manifest.tables.map(key));
  const queue = new PQueue({ concurrency: run.workers });
  const differences = await queue.addAll(
    run.manifest.tables.map((entry) => async () => {
      const table = byName.get(key(entry));
      return table === undefined
        ? [`table ${entry.schema}.${entry.name} is missing`]
        : await compareTable(run, entry, table);
    }),
  );
  const extra = found.filter((table) => !expected.has(key(table)));
  return [
    ...differences.flat(),
    ...extra.map((table) => `table ${table.schema}.${table.name} was not in the set`),
  ];
}

async function compareTable(run: RestoreRun, entry: TableEntry, table: SourceTable): Promise<string[]> {
  const name = `${entry.schema}.${entry.name}`;
  const content = await contentOf(run, table);
  run.reporter.tableDone();
  const differences: string[] = [];
  if (content.rows.toString() !== entry.rows)
    differences.push(`${name} has ${content.rows} rows, expected ${entry.rows}`);
  else if (entry.checksum !== null && content.checksum?.toString() !== entry.checksum) {
    differences.push(`${name} has other content: checksum ${content.checksum}, expected ${entry.checksum}`);
  }
  return differences;
}

async function contentOf(run: RestoreRun, table: SourceTable): Promise<ContentSum> {
  const client = await connect(run.target);
  try {
    await prepareSession(client);
    const about = { ...table, columns: table.allColumns };
    let sum: ContentSum | undefined;
    for (const range of table.condition === '' ? pageRanges(table) : [undefined]) {
      run.signal.throwIfAborted();
      const part = await readContent(client, about, run.manifest.checksums, range);
      sum = sum === undefined ? part : addContent(sum, part);
    }
    return sum ?? { rows: 0n, checksum: 0n };
  } finally {
    await client.end().catch(() => undefined);
  }
}

function pageRanges(table: SourceTable): (PageRange | undefined)[] {
  const count = Math.ceil(table.heapPages / PAGES_PER_TASK);
  if (count <= 1 || !table.sliceable) return [undefined];
  return Array.from({ length: count }, (_, i) => ({
    from: i * PAGES_PER_TASK,
    to: i === count - 1 ? null : (i + 1) * PAGES_PER_TASK,
  }));
}

async function compareOthers(
  run: RestoreRun,
  client: Awaited<ReturnType<typeof connect>>,
): Promise<string[]> {
  const { manifest } = run;
  const differences: string[] = [];
  const sequences = await readSequences(client, manifest.excludedSchemas);
  const state = new Map(
    sequences.map((sequence) => [JSON.stringify([sequence.schema, sequence.name]), sequence]),
  );
  for (const expected of manifest.sequences) {
    const got = state.get(JSON.stringify([expected.schema, expected.name]));
    if (got?.lastValue === expected.lastValue && got.isCalled === expected.isCalled) continue;
    const is = got === undefined ? 'is missing' : `is at ${got.lastValue} (called: ${got.isCalled})`;
    differences.push(
      `sequence ${expected.schema}.${expected.name} ${is}, expected ${expected.lastValue} (called: ${expected.isCalled})`,
    );
  }
  await client.query('BEGIN');
  const largeObjects = await readLargeObjects(client, manifest.checksums);
  await client.query('ROLLBACK');
  if (largeObjects.rows.toString() !== manifest.largeObjects.count) {
    differences.push(`there are ${largeObjects.rows} large objects, expected ${manifest.largeObjects.count}`);
  } else if ((largeObjects.checksum?.toString() ?? null) !== manifest.largeObjects.checksum) {
    differences.push('the large objects have other content');
  }
  const furniture = await readFurniture(client, manifest.excludedSchemas);
  for (const view of manifest.materializedViews) {
    const got = furniture.materializedViews.find(
      (other) => other.schema === view.schema && other.name === view.name,
    );
    if (got?.populated !== view.populated) {
      differences.push(
        `materialized view ${view.schema}.${view.name} is ${got === undefined ? 'missing' : got.populated ? 'populated' : 'not populated'}`,
      );
    }
  }
  return differences;
}

/**
 * Every object of the archive's table of contents must be in one made of the restored database: indexes, constraints,
 * triggers, policies, grants, comments, each with its owner (spec V3).
 */
async function compareObjects(run: RestoreRun, archive: SchemaArchive): Promise<string[]> {
  await using service = await writeServiceFile(run.target);
  const args = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    '--section=pre-data',
    '--section=post-data',
    `--dbname=${service.dbname}`,
  ];
  const dump = startProgram(run.clients.program('pg_dump'), args, {
    stdin: 'ignore',
    env: service.env,
    signal: run.signal,
  });
  const list = startProgram(run.clients.program('pg_restore'), ['--list'], { signal: run.signal });
  let output = '';
  list.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  dump.stdout.pipe(list.stdin);
  // pg_restore stops reading after the contents: pg_dump then dies of the closed pipe, or has ended before
  await list.done;
  dump.stdout.destroy();
  await dump.done.catch(() => undefined);
  const found = new Set(output.split('\n').map(withoutNumbers));
  return archive.entries
    .map(withoutNumbers)
    .filter((entry) => !ofTheDatabaseItself(entry) && !found.has(entry))
    .map((entry) => `missing from the structure: ${entry}`);
}

/** `215; 1259 16385 TABLE public users owner` without the numbers, which differ from server to server. */
function withoutNumbers(entry: string): string {
  return entry.replace(/^\d+; \d+ \d+ /, '');
}

/** Named after the database, which may be called otherwise here; its settings are compared by being applied. */
function ofTheDatabaseItself(entry: string): boolean {
  return /^(DATABASE|DATABASE PROPERTIES|(ACL|COMMENT|SECURITY LABEL) - DATABASE) /.test(entry);
}
