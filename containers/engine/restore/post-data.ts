import pg from 'pg';
import { DatabaseFailedError, reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { withoutOwner } from '../supabase/entries.ts';
import { grantOneByOne } from '../supabase/grants.ts';
import type { SchemaArchive } from './archives.ts';
import type { RestoreRun } from './context.ts';
import { dumpStructure } from './dump-structure.ts';
import { restoreWhatCan } from './pg-restore.ts';
import { isAboutTheObject, isViolation } from './refusals.ts';
import { searchPathsOf } from './search-paths.ts';
import {
  entryNumber,
  isEventTrigger,
  isGrant,
  isRefresh,
  sqlOf,
  tableOfContents,
  useList,
  withoutNumbers,
} from './toc.ts';

/** What is not as in the source. */
export interface Built {
  /** One sentence for each entry that was built otherwise, or left out. */
  readonly problems: readonly string[];
  /** Entries that were left out. */
  readonly leftOut: ReadonlySet<string>;
}

const ALL: Built = { problems: [], leftOut: new Set() };

/**
 * Indexes, constraints, triggers, rules, policies, then grants, then the refresh of materialized views. What can be
 * missing without harm to rows or rights, and cannot be built any more (a function that finds a table by its search
 * path, a view that divides by zero by now), is tried again in other search paths, and left out and named when that
 * does not help: a set is not worthless for one index.
 * @throws ProgramFailedError, DatabaseFailedError when anything else fails, and when rows violate a constraint
 */
export async function restorePostData(run: RestoreRun, archive: SchemaArchive): Promise<Built> {
  const { entries, postData } = archive;
  const due = entries.filter((entry) => (postData.has(entry) || isGrant(entry)) && !isEventTrigger(entry));
  const builds = due.filter((entry) => !isRefresh(entry));
  const indexes = await build(run, archive, builds, 'post-data', [`--jobs=${run.workers}`]);
  const views = await build(run, archive, due.filter(isRefresh), 'refresh', []);
  return {
    problems: [...indexes.problems, ...views.problems],
    leftOut: new Set([...indexes.leftOut, ...views.leftOut]),
  };
}

/** Without these, queries are slower or rows less constrained, but no row is lost and nobody sees more. */
function mayBeMissing(entry: string): boolean {
  return /^(INDEX|INDEX ATTACH|CONSTRAINT|CHECK CONSTRAINT|FK CONSTRAINT|STATISTICS|COMMENT|PUBLICATION|PUBLICATION TABLE|PUBLICATION TABLES IN SCHEMA|MATERIALIZED VIEW DATA) /.test(
    withoutNumbers(entry),
  );
}

async function build(
  run: RestoreRun,
  archive: SchemaArchive,
  entries: readonly string[],
  name: string,
  args: readonly string[],
): Promise<Built> {
  if (entries.length === 0) return ALL;
  const failure = await restoreWhatCan(run, archive.file, [...args, await useList(run, name, entries)]);
  if (failure === undefined) return ALL;
  const again = await missing(run, archive.encoding, entries);
  if (again.length === 0) throw failure;
  const client = await connect(run.target, run.signal);
  try {
    return await buildPatiently(run, client, archive.file, again);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Which of these the target does not have: of parallel jobs pg_restore does not say which failed. Grants are compared to
 * the letter later.
 */
async function missing(run: RestoreRun, encoding: string, entries: readonly string[]): Promise<string[]> {
  const found = await tableOfContents(run, await dumpStructure(run, encoding), [], run.targetClients);
  // owners come later, where they do
  const named = (entry: string) =>
    run.project === undefined ? withoutNumbers(entry) : withoutOwner(withoutNumbers(entry));
  const there = new Set(found.map(named));
  return entries.filter((entry) => !there.has(named(entry)));
}

/** One may have failed only because another had: as long as any of them can be built, the others are tried again. */
async function buildPatiently(
  run: RestoreRun,
  client: pg.Client,
  file: string,
  entries: readonly string[],
): Promise<Built> {
  const problems: string[] = [];
  let waiting: Waiting[] = [];
  for (const entry of entries) {
    const list = await useList(run, `entry-${entryNumber(entry)}`, [entry]);
    const sql = await sqlOf(run, file, [list]);
    if (run.manifest.platform !== undefined && isGrant(entry))
      problems.push(...(await grantOneByOne(client, sql, run.grantsRefused)));
    else waiting.push({ entry, sql: withoutOwnerIn(run, sql), error: undefined });
  }
  for (let before = -1; waiting.length !== before; ) {
    before = waiting.length;
    const left: Waiting[] = [];
    for (const item of waiting) {
      // what says who sees which rows must not come to mean something else by another path
      const paths = mayBeMissing(item.entry) ? await searchPathsOf(run, client, item.entry) : [''];
      const { path, error } = await buildInOneOf(client, paths, item);
      if (path === undefined) left.push({ ...item, error });
      else if (path !== '') problems.push(builtOtherwise(item.entry, path));
    }
    waiting = left;
  }
  for (const { entry, error } of waiting) {
    if (!mayBeMissing(entry)) throw new DatabaseFailedError(`building ${withoutNumbers(entry)}`, error);
    problems.push(`${withoutNumbers(entry)}: left out, it cannot be built any more (${reason(error)})`);
  }
  return { problems, leftOut: new Set(waiting.map(({ entry }) => entry)) };
}

/** In a project owners are set when everything is there. */
function withoutOwnerIn({ project }: RestoreRun, sql: string): string {
  return project === undefined ? sql : sql.replace(/^ALTER [^\n]* OWNER TO [^\n]*;$/gm, '');
}

function builtOtherwise(entry: string, path: string): string {
  return `${withoutNumbers(entry)}: built with search_path = ${path}, for what it calls finds names by that; see that it is right`;
}

/** An entry that failed, its statements, and what the server said. */
interface Waiting {
  readonly entry: string;
  readonly sql: string;
  readonly error: unknown;
}

/** @returns the search path that served; without one the server's first refusal */
async function buildInOneOf(
  client: pg.Client,
  paths: readonly string[],
  { entry, sql }: Waiting,
): Promise<{ path?: string; error?: unknown }> {
  let first: unknown;
  for (const path of paths) {
    try {
      await client.query(inPath(sql, path));
      return { path };
    } catch (error) {
      // in another path a function may find another table, by which rows that are right are not
      const ofTheRows = path === '' && isViolation(error) && !isRefresh(entry);
      if (ofTheRows || !isAboutTheObject(error))
        throw new DatabaseFailedError(`building ${withoutNumbers(entry)}`, error);
      first ??= error;
    }
  }
  return { error: first };
}

/** The statements as pg_restore writes them for psql, without psql's own commands, and with another search path. */
function inPath(script: string, path: string): string {
  const key = /^\\restrict (\w+)$/m.exec(script)?.[1] ?? '';
  const sql = script.replace(`\\restrict ${key}\n`, '').replace(`\\unrestrict ${key}\n`, '');
  const set = `SELECT pg_catalog.set_config('search_path', ${pg.escapeLiteral(path)}, false);`;
  return sql
    .replace(/^SELECT pg_catalog\.set_config\('search_path', '', false\);$/m, () => set)
    .replace(/^SET transaction_timeout = 0;$/m, '');
}
