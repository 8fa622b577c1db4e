import { writeServiceFile } from '../database/service-file.ts';
import { startProgram } from '../programs/child.ts';
import { clientsFor } from '../programs/clients.ts';
import type { SchemaArchive } from './archives.ts';
import type { RestoreRun } from './context.ts';

/**
 * Every object of the archive's table of contents must be in one made of the restored database: indexes, constraints,
 * triggers, policies, grants, comments, each with its owner (spec V3). What is there besides is no loss.
 */
export async function compareStructure(run: RestoreRun, archive: SchemaArchive): Promise<string[]> {
  const clients = await clientsFor(run.targetMajor, 'reading the restored structure');
  const found = new Set((await contentsOfTarget(run, clients)).map(withoutNumbers));
  // another major of pg_dump groups large objects otherwise; their number and content are compared anyway
  const sameMajor = clients.major === run.manifest.client.postgresMajor;
  return archive.entries
    .map(withoutNumbers)
    .filter(
      (entry) =>
        !ofTheDatabaseItself(entry) && (sameMajor || !/BLOB|LARGE OBJECT/.test(entry)) && !found.has(entry),
    )
    .map((entry) => `missing from the structure: ${entry}`);
}

async function contentsOfTarget(
  run: RestoreRun,
  clients: Awaited<ReturnType<typeof clientsFor>>,
): Promise<string[]> {
  await using service = await writeServiceFile(run.target, { quote_all_identifiers: 'off' });
  const args = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    '--section=pre-data',
    '--section=post-data',
  ];
  // names are compared with those of an archive that was written in UTF-8
  const encoding = run.manifest.source.encoding === 'SQL_ASCII' ? [] : ['--encoding=UTF8'];
  const dump = startProgram(
    clients.program('pg_dump'),
    [...encoding, ...args, `--dbname=${service.dbname}`],
    {
      stdin: 'ignore',
      env: service.env,
      signal: run.signal,
    },
  );
  const list = startProgram(clients.program('pg_restore'), ['--list'], { signal: run.signal });
  let output = '';
  list.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  dump.stdout.pipe(list.stdin);
  const [dumped, listed] = await Promise.allSettled([
    dump.done,
    // pg_restore stops reading after the contents; pg_dump may still be writing to nobody
    list.done.finally(() => dump.stdout.destroy()),
  ]);
  if (listed.status === 'rejected') throw dumped.status === 'rejected' ? dumped.reason : listed.reason;
  return output.split('\n').filter((line) => /^\d+;/.test(line));
}

/** `215; 1259 16385 TABLE public users owner` without the numbers, which differ from server to server. */
function withoutNumbers(entry: string): string {
  return entry.replace(/^\d+; \d+ \d+ /, '');
}

/** Named after the database, which may be called otherwise here; its settings are applied, not compared. */
function ofTheDatabaseItself(entry: string): boolean {
  return /^(DATABASE|DATABASE PROPERTIES|(ACL|COMMENT|SECURITY LABEL) - DATABASE) /.test(entry);
}
