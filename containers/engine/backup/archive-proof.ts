import { ArchiveIncompleteError, isVerdict, reason, shortList } from '../../../core/errors/index.ts';
import type { SourceTable } from '../database/inventory.ts';
import { type StreamProgram, startProgram } from '../programs/child.ts';
import type { Clients } from '../programs/clients.ts';
import { feedCopy } from '../programs/feed.ts';
import type { Producer } from '../streams/seal.ts';

/** What an archive must hold to be whole. */
export interface ExpectedArchive {
  readonly key: string;
  /** What is looked for: definitions of tables, or their rows. */
  readonly entries: 'TABLE' | 'TABLE DATA';
  readonly tables: readonly SourceTable[];
}

/**
 * An entry of `pg_restore --list` names its object by catalogue and oid: definitions of tables by pg_class (1259), rows
 * by no catalogue. Names are no use here: that listing writes them unquoted.
 */
const ENTRIES = { TABLE: /^\d+; 1259 (\d+) TABLE /gm, 'TABLE DATA': /^\d+; 0 (\d+) TABLE DATA /gm };

/**
 * Proves that a pg_dump which says it went well has written all of its archive, while the archive is on its way: its exit
 * code alone is not to be trusted with the only copy of somebody's data. Two pg_restores get a copy. One lists the table
 * of contents, where every table must be found. That is all there is of an archive without rows, but in one with rows it
 * comes first, so the other reads every block of it to the end; without a server that costs a seventh of what zstd does.
 * @throws ArchiveIncompleteError out of `whole`, ProgramFailedError for a program that failed itself
 */
export function proveArchive(
  clients: Clients,
  dump: StreamProgram,
  expected: ExpectedArchive,
  signal: AbortSignal,
): Producer {
  const program = clients.program('pg_restore');
  const list = startProgram(program, ['--list'], { signal });
  let contents = '';
  list.stdout.setEncoding('utf8').on('data', (text: string) => {
    contents += text;
  });
  const readers = [list];
  let output = feedCopy(dump.stdout as AsyncIterable<Buffer>, list);
  if (expected.entries === 'TABLE DATA') {
    const read = startProgram(program, ['--file=/dev/null'], { stdout: 'ignore', signal });
    readers.push(read);
    output = feedCopy(output, read);
  }
  const whole = async () => {
    const [dumped, ...read] = await Promise.allSettled([dump, ...readers].map(({ done }) => done));
    // an archive that pg_dump itself gave up is unreadable because of that
    if (dumped?.status === 'rejected') throw dumped.reason;
    for (const end of read) if (end.status === 'rejected') throw unreadable(expected.key, end.reason);
    proveTables(expected, contents);
  };
  return { output, whole: whole() };
}

function unreadable(key: string, error: unknown): unknown {
  if (!isVerdict(error)) return error;
  return new ArchiveIncompleteError(key, `pg_restore cannot read it (${reason(error)})`);
}

function proveTables({ key, entries, tables }: ExpectedArchive, contents: string): void {
  const found = new Set(Array.from(contents.matchAll(ENTRIES[entries]), (match) => Number(match[1])));
  const missing = tables.filter((table) => !found.has(table.oid));
  if (missing.length === 0) return;
  const names = missing.map((table) => `${table.schema}.${table.name}`);
  throw new ArchiveIncompleteError(key, `it has no ${entries} entry for ${shortList(names)}`);
}
