import type pg from 'pg';
import type { CheckId } from '../../../../core/drill/report.ts';
import { isPlatformRole } from '../../../../core/supabase/managed.ts';
import type { SchemaArchive } from '../../restore/archives.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { ORPHAN_SCHEMA } from '../../restore/orphan-keeper.ts';
import { sqlOf, useList, wantedEntries } from '../../restore/toc.ts';
import { type Definition, definitionsIn } from './definitions.ts';
import { isPlainlyOther, saysTheSame, sayTheSameBare } from './other-words.ts';

/** What is wrong and what could not be told, a sentence each. */
export interface Findings {
  readonly wrong: string[];
  readonly unknown: string[];
}

export function noFindings(): Findings {
  return { wrong: [], unknown: [] };
}

/** Definitions of the set and of the target, compared; findings by the check they belong to. */
export interface ComparedDefinitions {
  of(check: CheckId): Findings;
  /** How many the set has. */
  count(check: CheckId, type?: string): number;
}

/** Archives whose definitions are compared. */
export interface Structures {
  /** Of the set. */
  readonly archives: readonly SchemaArchive[];
  /** Of the target, made now. */
  readonly restored: string;
  /**
   * Of a database beside the target with the set's structure in it and nothing else: the same server has read both, so both
   * are in the same words. Nothing where none can be made there.
   */
  readonly reference: string | undefined;
  /** Labels of what the restore could not build, which it has told. */
  readonly leftOut: ReadonlySet<string>;
}

/** Compares what pg_restore writes of every entry, in both directions. */
export async function compareDefinitions(
  run: RestoreRun,
  { archives, restored, reference, leftOut }: Structures,
): Promise<ComparedDefinitions> {
  const saved = new Map<string, Definition>();
  for (const { file, entries } of archives) {
    const list = await useList(run, 'saved-definitions', entries);
    for (const [label, definition] of definitionsIn(await sqlOf(run, file, [list])))
      saved.set(label, definition);
  }
  const found = await definitionsHere(run, restored, 'found-definitions');
  const sameWords = reference !== undefined || sameServer(run);
  if (reference !== undefined)
    for (const [label, { text }] of await definitionsHere(run, reference, 'reference-definitions')) {
      const definition = saved.get(label);
      if (definition !== undefined) saved.set(label, { ...definition, text });
    }
  const byCheck = new Map<CheckId, Findings>();
  const of = (check: CheckId) => {
    const findings = byCheck.get(check) ?? noFindings();
    byCheck.set(check, findings);
    return findings;
  };
  for (const definition of saved.values())
    if (found.has(definition.label) || !leftOut.has(definition.label))
      judge(run, definition, found.get(definition.label), { sameWords, findings: of(definition.check) });
  for (const definition of found.values())
    if (!saved.has(definition.label) && isWrongBesides(run, definition))
      of(definition.check).wrong.push(
        `${definition.label} is there, and not in the set: drop it, or ask who made it`,
      );
  const count = (check: CheckId, type?: string) =>
    [...saved.values()].filter((each) => each.check === check && (type === undefined || each.type === type))
      .length;
  return { of, count };
}

async function definitionsHere(
  run: RestoreRun,
  file: string,
  name: string,
): Promise<Map<string, Definition>> {
  const list = await useList(run, name, await wantedEntries(run, file, run.targetClients));
  return definitionsIn(await sqlOf(run, file, [list], run.targetClients));
}

/** The label of an entry as a table of contents has it: `INDEX public users_email owner`. */
export function labelOfEntry(entry: string): string {
  const [, type = '', schema = '', rest = ''] = /^([A-Z]+(?: [A-Z]+)*) (\S+) (.*) \S+$/.exec(entry) ?? [];
  return `${type.endsWith('CONSTRAINT') ? 'CONSTRAINT' : type} ${schema === '-' ? '' : `${schema}.`}${rest}`;
}

function judge(
  run: RestoreRun,
  saved: Definition,
  found: Definition | undefined,
  { sameWords, findings: { wrong, unknown } }: { sameWords: boolean; findings: Findings },
) {
  const { label } = saved;
  if (found === undefined) {
    wrong.push(`${label} is missing`);
    return;
  }
  if (saved.owner !== found.owner) {
    const told = `${label} belongs to ${found.owner}, expected ${saved.owner}`;
    if (canBeHad(run, saved.owner)) wrong.push(told);
    else unknown.push(`${told}: nobody can be that here`);
  }
  if (saved.text === found.text || sayTheSameBare(saved.text, found.text)) return;
  if (sameWords) wrong.push(differs(saved, found));
  else if (isPlainlyOther(saved, found)) wrong.push(differs(saved, found));
  else if (!saysTheSame(saved.text, found.text))
    unknown.push(
      `${differs(saved, found)}; another major version may say it in other words: compare by hand`,
    );
}

/** Only the same server and the same pg_dump write the same thing in the same words. */
function sameServer({ manifest, targetMajor, clients, targetClients }: RestoreRun): boolean {
  return (
    Math.floor(manifest.source.serverVersionNum / 10_000) === targetMajor &&
    clients.major === targetClients.major &&
    manifest.client.postgresMajor === targetClients.major
  );
}

/** Functions, triggers of webhooks and mappings to other servers may hold a password or a key, so of those nothing is shown. */
const SHOWN_TYPES =
  /^(TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|INDEX|CONSTRAINT|FK CONSTRAINT|CHECK CONSTRAINT|POLICY|ROW SECURITY|SEQUENCE|SEQUENCE OWNED BY|TYPE|DOMAIN|DEFAULT|TABLE ATTACH|INDEX ATTACH|STATISTICS|COLLATION)$/;

/** Long enough to see what it is about; a function may be as long as a book. */
const SHOWN = 300;

function differs(saved: Definition, found: Definition): string {
  const [was, is] = [saved.text.split('\n'), found.text.split('\n')];
  const at = was.findIndex((line, i) => line !== is[i]);
  const first = at < 0 ? was.length : at;
  if (!SHOWN_TYPES.test(saved.type))
    return `${saved.label} has another definition from its line ${first + 1} on; compare it with that of the set by hand`;
  const line = (lines: readonly string[]) =>
    lines[first] === undefined ? 'no more' : `«${lines[first].trim().slice(0, SHOWN)}»`;
  return `${saved.label} has another definition: ${line(is)}, expected ${line(was)}`;
}

/** What belongs to a service of the platform stays with whoever restores into a project. */
function canBeHad({ project }: RestoreRun, owner: string | undefined): boolean {
  return project === undefined || owner === undefined || !isPlatformRole(owner);
}

/** Beside a platform, or in what stands for one, only what changes who sees what, or what happens, is the set's business. */
function isWrongBesides({ project, sandbox }: RestoreRun, { type, schema, label }: Definition): boolean {
  if (schema.startsWith(ORPHAN_SCHEMA) || label.startsWith(`SCHEMA ${ORPHAN_SCHEMA}`)) return false;
  if (project === undefined && sandbox === undefined) return true;
  return /^(POLICY|ROW SECURITY|TRIGGER|RULE)$/.test(type);
}

/** Indexes that are there and that the server does not use, or does not fill: an archive has none of them. */
export async function unusableIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; valid: boolean; ready: boolean }>(`
    SELECT pg_catalog.format('%s.%s', n.nspname, c.relname) AS name, i.indisvalid AS valid, i.indisready AS ready
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT (i.indisvalid AND i.indisready) AND c.relkind = 'i' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
    ORDER BY 1`);
  return rows.map(
    ({ name, ready }) => `index ${name} is ${ready ? 'INVALID' : 'not ready'}: build it again with REINDEX`,
  );
}
