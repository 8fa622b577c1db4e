import { isVerdict } from '../../../../core/errors/index.ts';
import type { SetObject, TableEntry } from '../../../../core/manifest.ts';
import { keyOf } from '../../../../core/table-names.ts';
import { startProgram } from '../../programs/child.ts';
import { feedCopy } from '../../programs/feed.ts';
import { damageOr } from '../../streams/open.ts';
import { withoutStatements } from '../pg-restore.ts';
import type { SelectiveRun } from './context.ts';
import { type CopyBlock, copyBlocks } from './copy-blocks.ts';

/**
 * The rows of some tables out of the rest archive, in its order. The archive is read from its beginning to its end, for
 * where in the stream a table lies is not known before.
 * @throws ObjectDamagedError when the archive is not whole
 */
export async function* restRows(
  run: Pick<SelectiveRun, 'clients' | 'opener' | 'signal'>,
  object: SetObject,
  plain: AsyncIterable<Buffer>,
  wanted: readonly TableEntry[],
): AsyncGenerator<CopyBlock> {
  const ended = new AbortController();
  const signal = AbortSignal.any([run.signal, ended.signal]);
  const program = startProgram(
    run.clients.program('pg_restore'),
    ['--section=data', '--file=-', ...chosen(wanted)],
    {
      signal,
      tell: withoutStatements,
    },
  );
  // to the end, even when pg_restore has all it needs: only then is the archive proved whole
  const fed = drained(feedCopy(plain, program));
  fed.catch(() => undefined);
  // rows that belong into other leaves are written for the root of their tree
  const names = new Set(wanted.flatMap((entry) => [keyOf(entry), keyOf(entry.partitionOf ?? entry)]));
  // how it ended is known before its end is: rows that break off are not the whole story
  async function* output(): AsyncGenerator<Buffer> {
    yield* program.stdout as AsyncIterable<Buffer>;
    // input that failed makes pg_restore fail
    await fed;
    await program.done.catch(async (error: unknown) => {
      throw isVerdict(error) ? await damageOr(error, run.opener, object) : error;
    });
  }
  try {
    for await (const block of copyBlocks(output())) if (names.has(keyOf(block.table))) yield block;
  } finally {
    ended.abort();
    await Promise.allSettled([fed, program.done]);
  }
}

/** pg_restore takes what fits one of the names and one of the schemas: more than is wanted, at worst. */
function chosen(wanted: readonly TableEntry[]): string[] {
  const schemas = new Set(wanted.map(({ schema }) => schema));
  const names = new Set(wanted.map(({ name }) => name));
  return [
    ...[...schemas].map((schema) => `--schema=${schema}`),
    ...[...names].map((name) => `--table=${name}`),
  ];
}

async function drained(stream: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of stream);
}
