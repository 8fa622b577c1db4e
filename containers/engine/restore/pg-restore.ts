import { isVerdict, ProgramFailedError } from '../../../core/errors/index.ts';
import { writeServiceFile } from '../database/service-file.ts';
import { type StreamProgram, startProgram } from '../programs/child.ts';
import type { RestoreRun } from './context.ts';

/** The setting came with this version; older servers refuse the SET of a newer pg_restore, and lose nothing by it. */
const TRANSACTION_TIMEOUT_SINCE = 17;

/** The last ones say why it ended. */
const MESSAGES_SHOWN = 12;

/** Verbose, for only then it says at which entry it stopped. */
const STRICT = ['--exit-on-error', '--verbose'];

/** pg_restore of a file into the target; ends with the first error. */
export async function restoreFile(run: RestoreRun, file: string, args: readonly string[]): Promise<void> {
  await withPgRestore(run, [...args, file], 'ignore', (program) => program.done);
}

/** pg_restore into the target, fed or watched by `work`. @throws ProgramFailedError */
export async function withPgRestore(
  run: RestoreRun,
  args: readonly string[],
  stdin: 'pipe' | 'ignore',
  work: (program: StreamProgram) => Promise<void>,
): Promise<void> {
  const tolerant = lacksTransactionTimeout(run);
  await startPgRestore(run, [...(tolerant ? [] : STRICT), ...args], stdin, async (program) => {
    try {
      await work(program);
    } catch (error) {
      if (!(tolerant && error instanceof ProgramFailedError && onlyTransactionTimeout(program.stderr())))
        throw error;
    }
  });
}

/**
 * pg_restore of a file that goes on after errors.
 * @returns why it was not all; nothing when it was
 * @throws ProgramFailedError when it was killed
 */
export async function restoreWhatCan(
  run: RestoreRun,
  file: string,
  args: readonly string[],
): Promise<ProgramFailedError | undefined> {
  return await startPgRestore(run, [...args, file], 'ignore', async (program) => {
    try {
      await program.done;
      return undefined;
    } catch (error) {
      if (!isVerdict(error)) throw error;
      return lacksTransactionTimeout(run) && onlyTransactionTimeout(program.stderr()) ? undefined : error;
    }
  });
}

async function startPgRestore<T>(
  run: RestoreRun,
  args: readonly string[],
  stdin: 'pipe' | 'ignore',
  work: (program: StreamProgram) => Promise<T>,
): Promise<T> {
  await using service = await writeServiceFile(run.target, {
    default_transaction_read_only: 'off',
    synchronous_commit: 'off',
    lc_monetary: 'C',
    array_nulls: 'on',
    maintenance_work_mem: `${run.config.limits.maintenanceMemoryMiB}MB`,
  });
  const fixed = ['--no-password', `--dbname=${service.dbname}`];
  const withoutTablespaces = run.missingTablespaces.length > 0 ? ['--no-tablespaces'] : [];
  const program = startProgram(
    run.clients.program('pg_restore'),
    [...fixed, ...withoutTablespaces, ...ownersLater(run), ...args],
    {
      stdin,
      stdout: 'ignore',
      env: service.env,
      signal: run.signal,
      tell: withoutStatements,
    },
  );
  return await work(program);
}

/** In a project not every owner can be had; those that can are set when their rights are there (supabase/owners.ts). */
function ownersLater({ project }: RestoreRun): string[] {
  return project === undefined ? [] : ['--no-owner'];
}

function lacksTransactionTimeout(run: RestoreRun): boolean {
  return run.clients.major >= TRANSACTION_TIMEOUT_SINCE && run.targetMajor < TRANSACTION_TIMEOUT_SINCE;
}

/** One complaint about the setting an older server lacks, as pg_restore writes it at once. */
const UNKNOWN_SETTING =
  /could not execute query: ERROR: {2}unrecognized configuration parameter "transaction_timeout"\nCommand was: SET transaction_timeout = 0;\n/g;

/**
 * True when pg_restore says that it ignored errors, and every one of them is about the setting an older server lacks.
 * Parallel jobs each complain, write between the others' words, and are not all counted in the sum pg_restore gives; but
 * it writes the word `error: ` and each message in one go, so those can be counted wherever they stand.
 */
export function onlyTransactionTimeout(stderr: string): boolean {
  const known = stderr.match(UNKNOWN_SETTING)?.length ?? 0;
  const rest = stderr.replaceAll(UNKNOWN_SETTING, '');
  const errors = rest.match(/error: /g)?.length ?? 0;
  return known > 0 && errors === known && !/ERROR:/.test(rest) && /errors ignored on restore: \d+/.test(rest);
}

/** Statements may hold secrets (user mappings, subscriptions), and DETAIL lines hold rows: neither belongs in a log. */
export function withoutStatements(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => /^pg_restore: (error|warning|detail|hint|from TOC entry)\b/.test(line))
    .slice(-MESSAGES_SHOWN)
    .join('\n');
}
