import type pg from 'pg';
import type { SetObject } from '../../../core/manifest.ts';
import { type Copied, isSameContent } from '../../../core/reuse.ts';
import { addContent, type ContentSum, readContent } from '../database/checksum.ts';
import type { Sessions } from '../database/sessions.ts';
import { lettingLocksGo } from '../database/snapshot.ts';
import type { Turn } from '../streams/parallel.ts';
import type { BackupRun } from './context.ts';
import type { Copies } from './copies.ts';
import { type Slice, sealSlice } from './slice.ts';

/** How the tables of one run get into slices. */
export interface TableSealer {
  readonly run: BackupRun;
  readonly sessions: Sessions;
  readonly copies: Copies;
  readonly turn: Turn;
}

/** A table in slices. */
export interface SealedTable {
  readonly objects: SetObject[];
  readonly content: ContentSum;
  /** Where its slices come from, if they were not read. */
  readonly copied?: Copied;
}

/**
 * Where copies are read under after all: a copy that failed may have left an object under the plain name, which cannot be
 * taken away.
 */
const READ_BELOW = 'read/';

/**
 * Stores the rows of a table. One that looks as it did in the base is hashed first, where it lies and at the snapshot:
 * that alone says whether its rows are the same, and its stored slices can be copied. Whatever is in doubt is read.
 */
export async function sealTable(sealer: TableSealer, slices: readonly Slice[]): Promise<SealedTable> {
  const { run, copies, turn } = sealer;
  const table = slices[0]?.table;
  const entry = table && copies.entryOf(table);
  if (table === undefined || entry === undefined) return await readTable(sealer, slices, '');
  const content = await hashTable(sealer, slices);
  if (!isSameContent(entry, content)) return await readTable(sealer, slices, '', content);
  const taken = await copies.take(entry, turn);
  if (taken === undefined) return await readTable(sealer, slices, READ_BELOW, content);
  run.reporter.advance(table.totalBytes);
  run.reporter.tableDone();
  return { ...taken, content };
}

async function hashTable(sealer: TableSealer, slices: readonly Slice[]): Promise<ContentSum> {
  const ranges = slices.map(({ table, range }) =>
    inSession(sealer, (client) => readContent(client, table, 'full', range)),
  );
  return (await Promise.all(ranges)).reduce(addContent);
}

/** @param known count and hash of the whole table, where they were taken already */
async function readTable(
  sealer: TableSealer,
  slices: readonly Slice[],
  below: string,
  known?: ContentSum,
): Promise<SealedTable> {
  const { run } = sealer;
  const options = { below, hash: known === undefined };
  const read = await Promise.all(
    slices.map((slice) => inSession(sealer, (client) => sealSlice(run, client, slice, options))),
  );
  run.reporter.tableDone();
  const contents = read.flatMap(({ content }) => content ?? []);
  return { objects: read.map(({ object }) => object), content: known ?? contents.reduce(addContent) };
}

/** A query locks the indexes of its table, too; those of thousands of tables would fill the server's lock table. */
function inSession<T>({ sessions, turn }: TableSealer, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return turn(() => sessions.use((client) => lettingLocksGo(client, () => work(client))));
}
