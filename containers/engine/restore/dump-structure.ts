import { join } from 'node:path';
import { writeServiceFile } from '../database/service-file.ts';
import { runProgram } from '../programs/child.ts';
import type { RestoreRun } from './context.ts';

/**
 * Reads back what structure the target has by now.
 * @param encoding that of the archive it will be compared with
 * @returns an archive, on disk, of the target's own pg_dump
 */
export async function dumpStructure(run: RestoreRun, encoding: string): Promise<string> {
  await using service = await writeServiceFile(run.target, { quote_all_identifiers: 'off' });
  const file = join(run.scratch, 'restored.dump');
  await runProgram(
    run.targetClients.program('pg_dump'),
    [
      `--encoding=${encoding}`,
      '--format=custom',
      '--compress=0',
      '--no-password',
      '--no-subscriptions',
      '--section=pre-data',
      '--section=post-data',
      ...(run.project?.managed ?? []).map((schema) => `--exclude-schema="${schema}"`),
      `--file=${file}`,
      `--dbname=${service.dbname}`,
    ],
    { env: service.env, signal: run.signal },
  );
  return file;
}
