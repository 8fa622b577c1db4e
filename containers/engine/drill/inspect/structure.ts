import type pg from 'pg';
import type { Check, CheckId } from '../../../../core/drill/report.ts';
import { figure, judged } from '../../../../core/drill/verdict.ts';
import { userSchema } from '../../database/inventory.ts';
import type { SchemaArchive } from '../../restore/archives.ts';
import { comparePrivileges } from '../../restore/compare-privileges.ts';
import { missingEntries } from '../../restore/compare-structure.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { isEventTrigger, tableOfContents, withoutNumbers } from '../../restore/toc.ts';
import { ownerOf } from '../../supabase/entries.ts';
import { type Definition, definitionsIn, partsOf, saySame } from './definitions.ts';

/** What is known to be otherwise, and was told by the restore. */
export interface Known {
  readonly leftOut: ReadonlySet<string>;
  readonly unreachableOwners: ReadonlySet<string>;
}

/** Archives of structure that are compared. */
export interface Structures {
  /** Of the set. */
  readonly archives: readonly SchemaArchive[];
  /** Of the target, made now. */
  readonly file: string;
  /**
   * Of a database beside the target that holds the set's structure and nothing else: the same server has read it, so its
   * definitions are in the same words. Nothing where none can be made there.
   */
  readonly reference: string | undefined;
}

/** Sentences for each check that is about structure. */
type Findings = Record<StructureCheck, { wrong: string[]; unknown: string[] }>;
const CHECKS = ['structure', 'indexes', 'constraints', 'row-level-security', 'privileges'] as const;
type StructureCheck = (typeof CHECKS)[number];

/** By the first words of an entry of an archive; whatever is not named is structure. */
const CHECK_OF: Readonly<Record<string, StructureCheck>> = {
  INDEX: 'indexes',
  'INDEX ATTACH': 'indexes',
  CONSTRAINT: 'constraints',
  'FK CONSTRAINT': 'constraints',
  'CHECK CONSTRAINT': 'constraints',
  POLICY: 'row-level-security',
  'ROW SECURITY': 'row-level-security',
};

const checkOfType = (type: string): StructureCheck => CHECK_OF[type] ?? 'structure';

/**
 * Compares the structure of the target with the archives of the set: every object there, defined as it was, owned and granted
 * as it was, indexes usable.
 */
export async function inspectStructure(
  run: RestoreRun,
  client: pg.Client,
  structures: Structures,
  known: Known,
): Promise<Check[]> {
  const { archives, file } = structures;
  const findings = Object.fromEntries(
    CHECKS.map((id) => [id, { wrong: [], unknown: [] }]),
  ) as unknown as Findings;
  await whatIsMissing(run, structures, known, findings);
  const counts = await compareDefinitions(run, structures, findings);
  findings.indexes.wrong.push(...(await unusableIndexes(client)));
  const privileges = await comparePrivileges(
    run,
    archives.map((archive) => archive.file),
    file,
    known.unreachableOwners,
  );
  findings.privileges.wrong.push(...privileges.differences);
  findings.privileges.unknown.push(...privileges.notVerified);
  return CHECKS.map((id) => {
    const number = counts.get(id);
    return judged(id, findings[id], number === undefined ? [] : [figure(id, number, 'objects')]);
  });
}

async function whatIsMissing(
  run: RestoreRun,
  { archives, file }: Structures,
  known: Known,
  findings: Findings,
): Promise<void> {
  const entries = [
    ...(await missingEntries(run, archives, file, known)),
    ...(await missingEventTriggers(run, archives, file, known)),
  ];
  const there = new Map(
    (await tableOfContents(run, file, [], run.targetClients))
      .map(withoutNumbers)
      .map((entry) => [withoutOwner(entry), ownerOf(entry)]),
  );
  for (const entry of entries) {
    const [, type = ''] = /^([A-Z]+(?: [A-Z]+)*) /.exec(entry) ?? [];
    const owner = there.get(withoutOwner(entry));
    if (owner === undefined) findings[checkOfType(type)].wrong.push(`missing: ${entry}`);
    else if (!/^(COMMENT|SECURITY LABEL|ACL|DEFAULT ACL)$/.test(type))
      findings.privileges.wrong.push(
        `${withoutOwner(entry)} belongs to ${owner}, expected ${ownerOf(entry)}`,
      );
  }
}

/** A restore makes them last of all and compares before; in a database that is done they are as much there as others. */
async function missingEventTriggers(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
  file: string,
  known: Known,
): Promise<string[]> {
  // a role that is no superuser cannot make them, which the restore has said
  if (run.project !== undefined) return [];
  const there = new Set((await tableOfContents(run, file, [], run.targetClients)).map(withoutNumbers));
  return archives
    .flatMap(({ entries }) => entries)
    .filter((entry) => isEventTrigger(entry) && !known.leftOut.has(entry))
    .map(withoutNumbers)
    .filter((entry) => !there.has(entry));
}

function withoutOwner(entry: string): string {
  return entry.slice(0, entry.length - ownerOf(entry).length).trimEnd();
}

/** @returns how many objects each check has compared */
async function compareDefinitions(
  run: RestoreRun,
  { archives, file, reference }: Structures,
  findings: Findings,
): Promise<ReadonlyMap<CheckId, number>> {
  const found = await definitionsIn(run, file, run.targetClients, 'found');
  const expected =
    reference === undefined
      ? await savedDefinitions(run, archives)
      : await definitionsIn(run, reference, run.targetClients, 'reference');
  const inSameWords = reference !== undefined || writesAlike(run);
  const counts = new Map<CheckId, number>();
  const count = (id: CheckId) => counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [key, definition] of expected) {
    count(checkOfType(definition.type));
    const other = found.get(key);
    if (other === undefined) continue;
    for (const [check, sentence] of differencesBetween(definition, other))
      findings[check][inSameWords ? 'wrong' : 'unknown'].push(sentence);
  }
  for (const [key, { type, shown }] of found)
    if (!expected.has(key) && (type === 'POLICY' || type === 'ROW SECURITY') && run.project === undefined)
      findings['row-level-security'].wrong.push(`${shown}: it is not in the set`);
  return counts;
}

async function savedDefinitions(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
): Promise<Map<string, Definition>> {
  const all = new Map<string, Definition>();
  for (const [i, archive] of archives.entries())
    for (const [key, definition] of await definitionsIn(run, archive.file, run.clients, `saved-${i}`))
      all.set(key, definition);
  return all;
}

/** Another major of the server, or of pg_dump, puts the same into other words. */
function writesAlike({ manifest, targetMajor, targetClients, clients }: RestoreRun): boolean {
  return (
    Math.floor(manifest.source.serverVersionNum / 10_000) === targetMajor &&
    targetClients.major === clients.major
  );
}

function differencesBetween(expected: Definition, found: Definition): [StructureCheck, string][] {
  const [was, is] = [partsOf(expected), partsOf(found)];
  const { shown, type } = expected;
  const otherwise = (part: 'constraints' | 'rest') =>
    saySame(was[part], is[part])
      ? []
      : [`${shown} is defined otherwise: ${firstDifference(is[part], was[part])}`];
  const forced = is.rowSecurity === '' ? 'is not forced' : 'is forced';
  return [
    ...(was.rowSecurity === is.rowSecurity
      ? []
      : [`${shown}: row level security ${forced}, otherwise than in the set`]
    ).map((sentence): [StructureCheck, string] => ['row-level-security', sentence]),
    ...otherwise('constraints').map((sentence): [StructureCheck, string] => ['constraints', sentence]),
    ...otherwise('rest').map((sentence): [StructureCheck, string] => [checkOfType(type), sentence]),
  ];
}

const TOLD = 160;

/** The first line in which two definitions differ. */
function firstDifference(is: string, was: string): string {
  const [here, there] = [is.split('\n'), was.split('\n')];
  const at = here.findIndex((line, i) => !saySame(line, there[i] ?? ''));
  const line = (lines: readonly string[]) =>
    (lines[at < 0 ? here.length : at] ?? 'nothing').trim().slice(0, TOLD);
  return `«${line(here)}», expected «${line(there)}»`;
}

/** pg_dump passes over these in silence. */
async function unusableIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; table: string }>(
    `SELECT pg_catalog.format('%I.%I', n.nspname, i.relname) AS name, c.relname AS table
     FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
       JOIN pg_catalog.pg_class c ON c.oid = x.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE (NOT x.indisvalid OR NOT x.indisready) AND i.relkind = 'i' AND ${userSchema('n')} ORDER BY 1`,
  );
  return rows.map(
    ({ name, table }) =>
      `index ${name} of table ${table} is not valid, so no query uses it; build it again (REINDEX)`,
  );
}
