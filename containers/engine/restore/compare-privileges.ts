import type { Clients } from '../programs/clients.ts';
import type { Comparison } from './compare-structure.ts';
import type { RestoreRun } from './context.ts';
import { blocksOf, isGrant, ownerInHeading, sqlOf, useList, wantedEntries, withoutNumbers } from './toc.ts';

/**
 * Compares grants and default privileges as pg_dump writes them, statement by statement, in both directions: what the
 * target gives besides is as wrong as what it lacks.
 * @param saved archives of the set
 * @param restored archive made of the target by its own clients
 */
export async function comparePrivileges(
  run: RestoreRun,
  saved: readonly string[],
  restored: string,
  unreachableOwners: ReadonlySet<string>,
): Promise<Comparison> {
  const expected = new Map<string, string>();
  for (const file of saved)
    for (const [heading, grants] of await grantsIn(run, file, run.clients, 'saved-grants'))
      expected.set(heading, grants);
  const found = await grantsIn(run, restored, run.targetClients, 'restored-grants');
  if (isNewWithMaintain(run))
    for (const grants of [expected, found])
      for (const [heading, text] of grants) grants.set(heading, asBeforeMaintain(heading, text));
  const names = [...new Set([...expected.keys(), ...found.keys()])].sort();
  const unlike = unlikeOwners(names, unreachableOwners);
  const otherOwners = underOtherOwners(expected, found);
  const besides = new Set([...unlike, ...otherOwners]);
  const differing = names.filter(
    (name) => expected.get(name) !== found.get(name) && !besides.has(withoutOwner(name)),
  );
  // another major of pg_dump may put the same into other words, and the set's are those of the one that made it
  const comparable = run.targetClients.major === run.manifest.client.postgresMajor;
  const provable = (name: string) =>
    comparable && !isOfTheSurroundings(name, expected) && !run.grantsRefused.has(name);
  const sentences = differing.map((name) => ({
    proved: provable(name),
    text: `grants differ: ${shown(name)}: ${words(found.get(name))}, expected ${words(expected.get(name))}`,
  }));
  for (const { name, text } of differencesDespiteOwners(besides, expected, found))
    sentences.push({ proved: !unlike.has(withoutOwner(name)) && provable(name), text });
  return {
    differences: sentences.filter(({ proved }) => proved).map(({ text }) => text),
    notVerified: sentences.filter(({ proved }) => !proved).map(({ text }) => text),
  };
}

/** Version 17 brought a privilege of tables, which a source before it cannot have taken away from an owner. */
function isNewWithMaintain({ manifest, targetMajor }: RestoreRun): boolean {
  return manifest.source.serverVersionNum < 170_000 && targetMajor >= 17;
}

/** Everything that there was before it. */
const ALL_BEFORE_MAINTAIN = /^(.*REVOKE )SELECT,INSERT,REFERENCES,DELETE,TRIGGER,TRUNCATE,UPDATE( ON .*)$/;

/** What an owner has lost is written as a REVOKE of everything and a GRANT of what is left: there it is left, and means nothing. */
function asBeforeMaintain(heading: string, text: string): string {
  const owner = ownerInHeading(heading);
  const plain = (statement: string) => {
    const revoked = statement.replace(ALL_BEFORE_MAINTAIN, '$1ALL$2');
    if (!isAbout(owner, revoked, 'TO')) return [revoked];
    return / ?GRANT MAINTAIN ON /.test(revoked) ? [] : [revoked.replace(/,MAINTAIN\b/, '')];
  };
  return text
    .split(/(?<=;) /)
    .flatMap(plain)
    .sort()
    .join(' ');
}

/** A heading has a role as it is called, a statement as it is written. */
function isAbout(role: string, statement: string, word: 'TO' | 'FROM'): boolean {
  const quoted = `"${role.replaceAll('"', '""')}"`;
  return [role, quoted].some((name) => statement.endsWith(` ${word} ${name};`));
}

/** Objects that belong to another here than in the source. */
function unlikeOwners(names: readonly string[], unreachable: ReadonlySet<string>): Set<string> {
  return new Set(names.filter((name) => unreachable.has(ownerInHeading(name))).map(withoutOwner));
}

/**
 * Objects that belong to another in the target, such as the server's own and those of an extension: whoever made the server
 * or the extension has another name there. Owners of what users made are compared for themselves.
 */
function underOtherOwners(
  expected: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): Set<string> {
  const ownerOf = (grants: ReadonlyMap<string, string>) =>
    new Map(Array.from(grants.keys(), (heading) => [withoutOwner(heading), ownerInHeading(heading)]));
  const there = ownerOf(found);
  return new Set(
    Array.from(ownerOf(expected)).flatMap(([object, owner]) =>
      there.has(object) && there.get(object) !== owner ? [object] : [],
    ),
  );
}

/**
 * An owner's own rights are not written, so with another owner the same grants read otherwise: those to either owner are
 * left out of the comparison, and the others must be the same.
 */
function differencesDespiteOwners(
  unlike: ReadonlySet<string>,
  expected: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): { name: string; text: string }[] {
  const of = (grants: ReadonlyMap<string, string>, object: string) =>
    [...grants].find(([heading]) => withoutOwner(heading) === object);
  return [...unlike].flatMap((object) => {
    const [was, is] = [of(expected, object), of(found, object)];
    const owners = [was, is].flatMap((entry) => (entry === undefined ? [] : ownerInHeading(entry[0])));
    const others = (text = '') =>
      text
        .split(/(?<=;) /)
        .filter(
          (statement) =>
            !owners.some((owner) => isAbout(owner, statement, 'TO') || isAbout(owner, statement, 'FROM')),
        )
        .join(' ');
    const [wanted, got] = [others(was?.[1]), others(is?.[1])];
    if (wanted === got) return [];
    return {
      name: was?.[0] ?? is?.[0] ?? object,
      text: `grants differ: ${shown(object)}: ${words(got)}, expected ${words(wanted)}`,
    };
  });
}

function withoutOwner(heading: string): string {
  return heading.replace(/; Owner: .*$/, '');
}

/** Grants on the server's own objects, and default privileges of others, may be the target's own affair. */
function isOfTheSurroundings(name: string, expected: ReadonlyMap<string, string>): boolean {
  if (/; Schema: (pg_catalog|information_schema);/.test(name)) return true;
  return !expected.has(name) && /; Type: DEFAULT ACL;|^Name: SCHEMA public;/.test(name);
}

/** Sorted statements by the heading of their entry: neither the order of grants within one nor blanks say anything. */
async function grantsIn(
  run: RestoreRun,
  file: string,
  clients: Clients,
  name: string,
): Promise<Map<string, string>> {
  const entries = (await wantedEntries(run, file, clients)).filter(
    (entry) => isGrant(entry) && !ofLargeObject(entry),
  );
  if (entries.length === 0) return new Map();
  const list = await useList(run, name, entries);
  const sql = await sqlOf(run, file, [list], clients);
  return new Map(
    Array.from(blocksOf(sql), ([heading, text]) => [
      heading,
      text.trim().split('\n').sort().join(' ').replace(/ +/g, ' '),
    ]),
  );
}

/** Since version 17 these go with the data, which is not read back for them. */
function ofLargeObject(entry: string): boolean {
  return withoutNumbers(entry).startsWith('ACL - LARGE OBJECT');
}

function shown(heading: string): string {
  return heading
    .replace(/^Name: /, '')
    .replace(/; Type: (DEFAULT )?ACL; Schema: /, ' in schema ')
    .replace(/; Owner: .*$/, '');
}

function words(statements: string | undefined): string {
  return statements === undefined ? 'as built in' : `«${statements}»`;
}
