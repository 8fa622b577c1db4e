import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../programs/child.ts';
import type { Clients } from '../programs/clients.ts';
import { entriesForSandbox, entriesOfUser } from '../supabase/entries.ts';
import type { ArchiveRun } from './context.ts';

/** Lines of an archive's table of contents as `pg_restore --list` writes them: `215; 1259 16385 TABLE public users owner`. */
export async function tableOfContents(
  run: ArchiveRun,
  file: string,
  args: readonly string[] = [],
  clients: Clients = run.clients,
): Promise<string[]> {
  const output = await runProgram(clients.program('pg_restore'), ['--list', ...args, file], {
    signal: run.signal,
  });
  return output.split('\n').filter((line) => /^\d+;/.test(line));
}

/** Of an archive of a database: all of its entries, or, where it is that of a project, those that can be had in the target. */
export async function wantedEntries(
  run: ArchiveRun,
  file: string,
  clients: Clients = run.clients,
): Promise<string[]> {
  const entries = await tableOfContents(run, file, [], clients);
  if (run.project !== undefined) return entriesOfUser(entries, run.project);
  return run.sandbox === undefined ? entries : entriesForSandbox(entries, run.sandbox);
}

/** The number pg_restore calls an entry by in its messages. */
export function entryNumber(entry: string): string {
  return entry.slice(0, entry.indexOf(';'));
}

/** `215; 1259 16385 TABLE public users owner` without the numbers, which differ from server to server. */
export function withoutNumbers(entry: string): string {
  return entry.replace(/^\d+; \d+ \d+ /, '');
}

export function isGrant(entry: string): boolean {
  return /^(DEFAULT )?ACL /.test(withoutNumbers(entry));
}

/** Event triggers with what is said about them. */
export function isEventTrigger(entry: string): boolean {
  return /^(EVENT TRIGGER - |(COMMENT|SECURITY LABEL) - EVENT TRIGGER )/.test(withoutNumbers(entry));
}

export function isRefresh(entry: string): boolean {
  return withoutNumbers(entry).startsWith('MATERIALIZED VIEW DATA ');
}

/** @returns the argument that makes pg_restore take just these entries, in this order */
export async function useList(run: ArchiveRun, name: string, entries: readonly string[]): Promise<string> {
  const file = join(run.scratch, `${name}.list`);
  await writeFile(file, `${entries.join('\n')}\n`, { mode: 0o600 });
  return `--use-list=${file}`;
}

/** SQL of some entries of an archive, without tablespaces where the target is known to lack some. */
export function sqlOf(
  run: ArchiveRun,
  file: string,
  args: readonly string[],
  clients: Clients = run.clients,
): Promise<string> {
  const tablespaces = run.missingTablespaces.length > 0 ? ['--no-tablespaces'] : [];
  return runProgram(clients.program('pg_restore'), ['--file=-', ...tablespaces, ...args, file], {
    signal: run.signal,
  });
}

/** `app` of `Name: users_pkey; Type: CONSTRAINT; Schema: public; Owner: app` */
export function ownerInHeading(heading: string): string {
  return /; Owner: (.*)$/.exec(heading)?.[1] ?? '';
}

/** The statements of each entry, by its heading `Name: users_pkey; Type: CONSTRAINT; Schema: public; Owner: app`. */
export function blocksOf(sql: string): Map<string, string> {
  const blocks = new Map<string, string>();
  let heading: string | undefined;
  for (const line of sql.split('\n')) {
    const found = /^-- (Name: .*; Type: .*; Schema: .*; Owner: .*)$/.exec(line)?.[1];
    if (found !== undefined) heading = found;
    // comments of pg_restore, and commands of psql with a random key
    else if (heading !== undefined && line !== '' && !/^(--|\\)/.test(line))
      blocks.set(heading, `${blocks.get(heading) ?? ''}${line}\n`);
  }
  return blocks;
}
