import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ProgramFailedError, UnsuitableSetError } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { writeServiceFile } from '../database/service-file.ts';
import { runProgram, type StreamProgram, startProgram } from '../programs/child.ts';
import { openObject } from '../streams/open.ts';
import type { RestoreRun } from './context.ts';

/** Enough for every complaint of a restore that goes on after one. */
const KEEP_STDERR = 1024 * 1024;
/** The setting came with this version; older servers refuse the SET of a newer pg_restore, and lose nothing by it. */
const TRANSACTION_TIMEOUT_SINCE = 17;

/** The last ones say why it ended. */
const MESSAGES_SHOWN = 12;

/** @throws UnsuitableSetError when the set lacks the object */
export function objectOf(run: RestoreRun, role: SetObject['role']): SetObject {
  const object = run.manifest.objects.find((candidate) => candidate.role === role);
  if (object === undefined)
    throw new UnsuitableSetError(`${run.manifest.id} has no ${role} object; restore another set`);
  return object;
}

/** The schema archive on disk: small, and read several times and out of order. */
export interface SchemaArchive {
  readonly file: string;
  /** Lines of its table of contents. */
  readonly entries: readonly string[];
}

export async function fetchSchema(run: RestoreRun): Promise<SchemaArchive> {
  const file = join(run.scratch, 'schema.dump');
  await pipeline(openObject(run.opener, objectOf(run, 'schema')), createWriteStream(file, { mode: 0o600 }), {
    signal: run.signal,
  });
  return { file, entries: await tableOfContents(run, file, []) };
}

/** Types, functions, tables, views … without their grants, which come last, as in an undivided restore. */
export async function restorePreData(run: RestoreRun, archive: SchemaArchive): Promise<void> {
  const entries = await tableOfContents(run, archive.file, ['--section=pre-data']);
  const list = await writeList(
    run,
    'pre-data.list',
    entries.filter((entry) => !isGrant(entry)),
  );
  await restoreFile(run, archive, [`--use-list=${list}`]);
}

/** Indexes, constraints, triggers, rules, policies, then grants, then what pg_restore itself keeps for the very end. */
export async function restorePostData(run: RestoreRun, archive: SchemaArchive): Promise<void> {
  const before = await tableOfContents(run, archive.file, ['--section=pre-data']);
  const after = await tableOfContents(run, archive.file, ['--section=post-data']);
  const entries = [...new Set([...after, ...before.filter(isGrant)])];
  const list = await writeList(run, 'post-data.list', entries);
  await restoreFile(run, archive, [`--use-list=${list}`, `--jobs=${run.workers}`]);
}

/** Streams the rest archive from S3 into pg_restore. */
export async function restoreRest(run: RestoreRun): Promise<void> {
  await withPgRestore(run, ['--section=data'], 'pipe', async (program) => {
    const plain = openObject(run.opener, objectOf(run, 'rest'), (bytes) => run.reporter.advance(bytes));
    const fed = pipeline(plain, program.stdin, { signal: run.signal });
    const [input, end] = await Promise.allSettled([fed, program.done]);
    // pg_restore that failed leaves a broken pipe behind; input that failed makes pg_restore fail
    if (input.status === 'rejected' && !isBrokenPipe(input.reason)) throw input.reason;
    if (end.status === 'rejected') throw end.reason;
  });
}

async function restoreFile(run: RestoreRun, archive: SchemaArchive, args: readonly string[]): Promise<void> {
  await withPgRestore(run, [...args, archive.file], 'ignore', (program) => program.done);
}

async function withPgRestore(
  run: RestoreRun,
  args: readonly string[],
  stdin: 'pipe' | 'ignore',
  work: (program: StreamProgram) => Promise<void>,
): Promise<void> {
  await using service = await writeServiceFile(run.target, {
    default_transaction_read_only: 'off',
    synchronous_commit: 'off',
    lc_monetary: 'C',
    array_nulls: 'on',
    maintenance_work_mem: `${run.config.limits.maintenanceMemoryMiB}MB`,
  });
  const tolerant =
    run.clients.major >= TRANSACTION_TIMEOUT_SINCE && run.targetMajor < TRANSACTION_TIMEOUT_SINCE;
  const program = startProgram(
    run.clients.program('pg_restore'),
    [...(tolerant ? [] : ['--exit-on-error']), '--no-password', `--dbname=${service.dbname}`, ...args],
    {
      stdin,
      stdout: 'ignore',
      env: service.env,
      signal: run.signal,
      keepStderr: KEEP_STDERR,
      tell: withoutStatements,
    },
  );
  try {
    await work(program);
  } catch (error) {
    if (!(tolerant && error instanceof ProgramFailedError && onlyTransactionTimeout(program.stderr())))
      throw error;
  }
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
    .filter((line) => line.startsWith('pg_restore:'))
    .slice(-MESSAGES_SHOWN)
    .join('\n');
}

async function tableOfContents(run: RestoreRun, file: string, args: readonly string[]): Promise<string[]> {
  const output = await runProgram(run.clients.program('pg_restore'), ['--list', ...args, file], {
    signal: run.signal,
  });
  return output.split('\n').filter((line) => /^\d+;/.test(line));
}

function isGrant(entry: string): boolean {
  return /^\d+; \d+ \d+ (DEFAULT )?ACL /.test(entry);
}

async function writeList(run: RestoreRun, name: string, entries: readonly string[]): Promise<string> {
  const file = join(run.scratch, name);
  await writeFile(file, `${entries.join('\n')}\n`, { mode: 0o600 });
  return file;
}

function isBrokenPipe(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(error.code))
  );
}
