import { runProgram } from '../../programs/child.ts';
import type { SchemaArchive } from '../archives.ts';
import type { ArchiveRun } from '../context.ts';

/** An entry of the schema archive's table of contents, with what it needs to be there before it. */
export interface Entry {
  /** pg_restore's number for it. */
  readonly id: string;
  /** The line of the list. */
  readonly line: string;
  /** `TABLE`, `FK CONSTRAINT` … */
  readonly kind: string;
  /** `-` for what lies in none. */
  readonly schema: string;
  /** `users`; `users users_pkey` for a constraint, `touch(integer)` for a function, `TABLE users` for a comment. */
  readonly tag: string;
  /** Empty where it has none. */
  readonly owner: string;
  readonly needs: readonly string[];
}

/** Kinds of more than one word, of which the first may be a kind too; the longest comes first. */
const LONG_KINDS = [
  'TEXT SEARCH CONFIGURATION',
  'TEXT SEARCH DICTIONARY',
  'PUBLICATION TABLES IN SCHEMA',
  'TEXT SEARCH TEMPLATE',
  'MATERIALIZED VIEW DATA',
  'FOREIGN DATA WRAPPER',
  'PROCEDURAL LANGUAGE',
  'TEXT SEARCH PARSER',
  'DATABASE PROPERTIES',
  'PUBLICATION TABLE',
  'MATERIALIZED VIEW',
  'SEQUENCE OWNED BY',
  'CHECK CONSTRAINT',
  'OPERATOR FAMILY',
  'OPERATOR CLASS',
  'SECURITY LABEL',
  'FOREIGN TABLE',
  'FK CONSTRAINT',
  'EVENT TRIGGER',
  'ACCESS METHOD',
  'BLOB COMMENTS',
  'INDEX ATTACH',
  'TABLE ATTACH',
  'ROW SECURITY',
  'USER MAPPING',
  'SHELL TYPE',
  'DEFAULT ACL',
] as const;

/** A name in the list: pg_dump makes blanks of line breaks, so that an entry is a line. */
export const inOneLine = (name: string) => name.replaceAll(/[\n\r]/g, ' ');

/** Lists the archive with the dependencies of its entries. */
export async function listEntries(
  run: ArchiveRun,
  { file }: SchemaArchive,
  roles: readonly string[],
): Promise<Entry[]> {
  const output = await runProgram(run.clients.program('pg_restore'), ['--list', '--verbose', file], {
    signal: run.signal,
  });
  return readEntries(output, run.manifest.schemas, roles);
}

/**
 * Reads what `pg_restore --list --verbose` writes: a line for each entry, and after it the numbers it depends on. Names
 * are not quoted there and may hold blanks; schemas and roles that can be meant are known, and tell where one ends.
 */
export function readEntries(output: string, schemas: readonly string[], roles: readonly string[]): Entry[] {
  const entries: (Entry & { needs: string[] })[] = [];
  const names = [...schemas, 'pg_catalog', '-'].map(inOneLine).sort((a, b) => b.length - a.length);
  const owners = roles.map(inOneLine).sort((a, b) => b.length - a.length);
  for (const line of output.split('\n')) {
    const needs = /^;\s+depends on:((?: \d+)+)$/.exec(line)?.[1];
    if (needs !== undefined) entries.at(-1)?.needs.push(...needs.trim().split(' '));
    const [, id, text] = /^(\d+); \d+ \d+ (.*)$/.exec(line) ?? [];
    if (id === undefined || text === undefined) continue;
    const kind = LONG_KINDS.find((name) => text.startsWith(`${name} `)) ?? text.slice(0, text.indexOf(' '));
    const rest = text.slice(kind.length + 1);
    const schema = names.find((name) => rest.startsWith(`${name} `)) ?? '-';
    const named = rest.slice(schema.length + 1);
    const owner = owners.find((name) => named.endsWith(` ${name}`)) ?? '';
    // without an owner the line ends with a blank
    const tag = named.endsWith(` ${owner}`) ? named.slice(0, named.length - owner.length - 1) : named;
    entries.push({ id, line, kind, schema, tag, owner, needs: [] });
  }
  return entries;
}

/** As a person would name it: `INDEX public.users_email`, `POLICY public.users own`. */
export function shown({ kind, schema, tag }: Entry): string {
  return `${kind} ${schema === '-' ? '' : `${schema}.`}${tag}`;
}

/** Comments, grants and labels, which go with what they are about. */
export function isRemark({ kind }: Entry): boolean {
  return ['COMMENT', 'ACL', 'SECURITY LABEL'].includes(kind);
}
