import { finished } from 'node:stream/promises';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { DatabaseFailedError } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { sliceKey } from '../../../core/set-id.ts';
import type { PageRange } from '../../../core/slices.ts';
import { type ContentSum, copyWholeSql, rangeCondition, readContent } from '../database/checksum.ts';
import { CopyHash } from '../database/copy-hash.ts';
import type { SourceTable } from '../database/inventory.ts';
import { qualify } from '../database/session.ts';
import { sealStream } from '../streams/seal.ts';
import type { BackupRun } from './context.ts';

/** One ctid range of one large table. */
export interface Slice {
  readonly table: SourceTable;
  readonly range: PageRange;
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

/** No column list can shadow it: every use is qualified. */
const ALIAS = 'backup_row';

/**
 * Reads a slice as COPY text, in a session that has joined the snapshot.
 * @param below put before the object's name, besides what the run puts before all names
 * @param hash whether its rows are counted and hashed too; nothing is said of them where not
 */
export async function sealSlice(
  run: BackupRun,
  client: pg.Client,
  slice: Slice,
  { below, hash: hashed }: { readonly below: string; readonly hash: boolean },
): Promise<{ object: SetObject; content: ContentSum | undefined }> {
  const { table, range, index, of } = slice;
  const mode = run.config.backup.checksums;
  const key = run.namesBelow + below + sliceKey(table.schema, table.name, index);
  // where the server cannot be asked for the hash, it is taken from the text on its way
  const hash = table.plannable || !hashed ? undefined : new CopyHash(table.columns, table.looseColumns, mode);
  const sealed = await sealStream(
    run.sealer,
    run.folder + key,
    (signal) => {
      const output = client.query(copyTo(table.plannable ? copyRangeSql(table, range) : copyWholeSql(table)));
      // ending the session is what stops a COPY; the sessions of a run that failed are not used again
      const stop = () => void client.end().catch(() => undefined);
      signal.addEventListener('abort', stop, { once: true });
      const whole = finished(output, { writable: false })
        .catch((error: unknown) => {
          throw new DatabaseFailedError(`reading ${table.schema}.${table.name}`, error);
        })
        .finally(() => signal.removeEventListener('abort', stop));
      return { output: hash === undefined ? output : hash.through(output), whole };
    },
    { onPlain: (bytes) => run.reporter.advance(bytes) },
  );
  const place = { schema: table.schema, table: table.name, index, of };
  const object: SetObject = { key, role: 'slice', ...sealed, slice: place };
  if (!hashed) return { object, content: undefined };
  return { object, content: hash?.result() ?? (await readContent(client, table, mode, range)) };
}

function copyRangeSql(table: SourceTable, range: PageRange): string {
  const columns = table.columns.map((name) => `${ALIAS}.${pg.escapeIdentifier(name)}`).join(', ');
  const from = `FROM ONLY ${qualify(table.schema, table.name)} AS ${ALIAS} ${rangeCondition(range, ALIAS)}`;
  return `COPY (SELECT ${columns} ${from}) TO STDOUT`;
}
