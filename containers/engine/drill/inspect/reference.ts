import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reason } from '../../../../core/errors/index.ts';
import { connect } from '../../database/connect.ts';
import { withDatabase } from '../../database/url.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { dumpStructure } from '../../restore/dump-structure.ts';
import { load } from '../../restore/load.ts';

const NAME = 'vpb_reference';

/**
 * Restores the structure of the set once more, beside the target and without rows, and reads it back: a server does not give
 * definitions back as they were written, and another version less so, but it treats both databases alike.
 * @returns the archive; nothing where that cannot be done, which is warned of
 */
export async function dumpReference(run: RestoreRun, encoding: string): Promise<string | undefined> {
  const scratch = join(run.scratch, 'reference');
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const reference: RestoreRun = {
    ...run,
    scratch,
    target: withDatabase(run.target, NAME),
    structureOnly: true,
    missingTablespaces: [],
    // what is built here is no part of the recovery
    reporter: { ...run.reporter, notice: () => undefined, phase: (_, work) => work() },
  };
  try {
    await statement(run, `CREATE DATABASE ${NAME} TEMPLATE template0`);
    await load(reference);
    return await dumpStructure(reference, encoding);
  } catch (error) {
    run.signal.throwIfAborted();
    run.reporter.warn('definitions are compared as the set has them, for no second database could be made', {
      because: reason(error),
    });
    return undefined;
  } finally {
    await statement(run, `DROP DATABASE IF EXISTS ${NAME} WITH (FORCE)`).catch(() => undefined);
  }
}

async function statement(run: RestoreRun, sql: string): Promise<void> {
  const client = await connect(run.target, run.signal);
  try {
    await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}
