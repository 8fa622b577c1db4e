import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { isVerdict, reason, UnsuitableSetError } from '../../../core/errors/index.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { damageOr, openObject } from '../streams/open.ts';
import type { ArchiveRun, RestoreRun } from './context.ts';
import { restoreFile, restoreWhatCan, withPgRestore } from './pg-restore.ts';
import {
  isEventTrigger,
  isGrant,
  sqlOf,
  tableOfContents,
  useList,
  wantedEntries,
  withoutNumbers,
} from './toc.ts';

/** @throws UnsuitableSetError when the set lacks the object */
export function objectOf(run: ArchiveRun, role: SetObject['role']): SetObject {
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
  /** Those of them that pg_restore counts to its section post-data. */
  readonly postData: ReadonlySet<string>;
  /** What its names are written in: UTF-8, unless the backup could not convert the names on its server. */
  readonly encoding: string;
  /** Tablespaces it names. */
  readonly tablespaces: readonly string[];
}

export function fetchSchema(run: ArchiveRun): Promise<SchemaArchive> {
  return fetchArchive(run, 'schema');
}

/** @throws UnsuitableSetError when the set lacks it */
export async function fetchArchive(run: ArchiveRun, role: 'schema' | 'platform'): Promise<SchemaArchive> {
  const file = join(run.scratch, `${role}.dump`);
  await pipeline(openObject(run.opener, objectOf(run, role)), createWriteStream(file, { mode: 0o600 }), {
    signal: run.signal,
  });
  const postData = await tableOfContents(run, file, ['--section=post-data']);
  const sql = await sqlOf(run, file, []);
  return {
    file,
    entries: await wantedEntries(run, file),
    postData: new Set(postData),
    encoding: /^SET client_encoding = '(\w+)';$/m.exec(sql)?.[1] ?? 'UTF8',
    tablespaces: tablespacesIn(sql),
  };
}

function tablespacesIn(sql: string): string[] {
  const named = sql.matchAll(/^SET default_tablespace = (?:"((?:[^"]|"")+)"|(\w+));$/gm);
  return Array.from(named, ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain);
}

/** Types, functions, tables, views … without their grants, which come last, as in an undivided restore. */
export async function restorePreData(
  run: RestoreRun,
  archive: SchemaArchive,
  wanted: (entry: string) => boolean = () => true,
): Promise<void> {
  const entries = archive.entries.filter(
    (entry) => !archive.postData.has(entry) && !isGrant(entry) && wanted(entry),
  );
  if (entries.length === 0) return;
  await restoreFile(run, archive.file, ['--section=pre-data', await useList(run, 'pre-data', entries)]);
}

/**
 * Those of a project in a database that is none: schemas of the platform, extensions into them, what else of the platform
 * users call, then what is the user's.
 */
export async function restorePlatformFirst(
  run: RestoreRun,
  platform: SchemaArchive,
  users: SchemaArchive,
): Promise<void> {
  const isOf = (pattern: RegExp) => (entry: string) => pattern.test(withoutNumbers(entry));
  const [schema, extension] = [isOf(/^SCHEMA - /), isOf(/^EXTENSION - /)];
  await restorePreData(run, platform, schema);
  await restorePreData(run, users, extension);
  await restorePreData(run, platform, (entry) => !schema(entry));
  await restorePreData(run, users, (entry) => !extension(entry));
}

/**
 * After everything else, or they would act on the restore itself, and on the sessions that compare. Making one takes a
 * superuser: where that is refused, all else is restored and proved, and stays.
 * @returns those that are not there, one sentence each
 */
export async function restoreEventTriggers(
  run: RestoreRun,
  client: pg.Client,
  archive: SchemaArchive,
): Promise<string[]> {
  const entries = archive.entries.filter(isEventTrigger);
  if (entries.length === 0) return [];
  const failure = await restoreWhatCan(run, archive.file, [await useList(run, 'event-triggers', entries)]);
  if (failure === undefined) return [];
  const { rows } = await client.query<{ name: string }>(
    'SELECT evtname AS name FROM pg_catalog.pg_event_trigger',
  );
  const made = rows.map(({ name }) => `EVENT TRIGGER - ${name} `);
  const lacking = entries
    .map(withoutNumbers)
    .filter((entry) => entry.startsWith('EVENT TRIGGER') && !made.some((name) => entry.startsWith(name)));
  if (lacking.length === 0) throw failure;
  return lacking.map((entry) => `${entry}: left out, it could not be made here (${reason(failure)})`);
}

/** Streams the rest archive from S3 into pg_restore. */
export async function restoreRest(run: RestoreRun): Promise<void> {
  await withPgRestore(run, ['--section=data'], 'pipe', async (program) => {
    const plain = openObject(run.opener, objectOf(run, 'rest'), (bytes) => run.reporter.advance(bytes));
    const fed = pipeline(plain, program.stdin, { signal: run.signal });
    const [input, end] = await Promise.allSettled([fed, program.done]);
    // pg_restore that failed leaves a broken pipe behind; input that failed makes pg_restore fail
    if (input.status === 'rejected' && !isBrokenPipe(input.reason)) throw input.reason;
    if (end.status === 'rejected')
      throw isVerdict(end.reason)
        ? await damageOr(end.reason, run.opener, objectOf(run, 'rest'))
        : end.reason;
  });
}

function isBrokenPipe(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(error.code))
  );
}
