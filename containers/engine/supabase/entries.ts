import { isPlatformRole } from '../../../core/supabase/managed.ts';
import { withoutNumbers } from '../restore/toc.ts';
import type { Project, Sandbox } from './project.ts';

/**
 * Entries of a table of contents that are the user's: what the platform has in every project is not made again, and could
 * not be. What lies in the user's schemas is, whoever owns it.
 */
export function entriesOfUser(entries: readonly string[], project: Project): string[] {
  return entries.filter((entry) => !isOfPlatform(withoutNumbers(entry), project));
}

/** Entries that a database without the platform can take. */
export function entriesForSandbox(entries: readonly string[], sandbox: Sandbox): string[] {
  return entries.filter((entry) => {
    const named = withoutNumbers(entry);
    const within = schemaOfRemark(named);
    if (within !== undefined && sandbox.left.includes(within)) return false;
    // an extension's objects belong to whoever makes it, with the grants that go with that
    if (/^(ACL|COMMENT|SECURITY LABEL) extensions /.test(named)) return false;
    if (isOfServer(named) || isUnavailable(named, sandbox)) return false;
    return !(
      isPlatformRole(ownerOf(named)) &&
      /^((COMMENT|SECURITY LABEL) - )?(EVENT TRIGGER|PUBLICATION) /.test(named)
    );
  });
}

/** Labels that only an extension of the source's platform understands, which newer projects lack (pgsodium). */
export function isLabel(entry: string): boolean {
  return withoutNumbers(entry).startsWith('SECURITY LABEL ');
}

function isOfPlatform(entry: string, project: Project): boolean {
  if (entry.startsWith('SECURITY LABEL ')) return true;
  const within = schemaOfRemark(entry);
  if (within !== undefined && project.managed.includes(within)) return true;
  if (isOfServer(entry) || isUnavailable(entry, project)) return true;
  const publication = /^PUBLICATION - (.*) \S+$/.exec(entry)?.[1];
  if (publication !== undefined && project.publications.includes(publication)) return true;
  return isPlatformRole(ownerOf(entry)) && (ONE_OF_A_KIND.test(entry) || GRANT_ON_ONE.test(entry));
}

/** An archive has grants on an extension's objects, whatever schema they lie in. */
function schemaOfRemark(entry: string): string | undefined {
  return /^(?:ACL|COMMENT|SECURITY LABEL) (?:- SCHEMA )?(\S+) /.exec(entry)?.[1];
}

/** Grants on the server's own objects are the platform's, and who may change an extension is who made it. */
function isOfServer(entry: string): boolean {
  return /^(ACL|COMMENT|SECURITY LABEL) (pg_catalog|information_schema) |^COMMENT - EXTENSION /.test(entry);
}

function isUnavailable(entry: string, { unavailable }: Pick<Project, 'unavailable'>): boolean {
  const extension = /^EXTENSION - (\S+)/.exec(entry)?.[1];
  return extension !== undefined && unavailable.includes(extension);
}

/** What lies in no schema, and a project has of the platform. */
const ONE_OF_A_KIND =
  /^((COMMENT|SECURITY LABEL) - )?(EVENT TRIGGER|PUBLICATION(?! TABLE)|DEFAULT ACL|FOREIGN DATA WRAPPER|SERVER|USER MAPPING|SCHEMA|EXTENSION|PROCEDURAL LANGUAGE)\b/;
const GRANT_ON_ONE = /^(DEFAULT ACL|ACL - (FOREIGN DATA WRAPPER|SERVER|LANGUAGE|SCHEMA)) /;

/** `TABLE public users owner` without the owner. */
export function withoutOwner(entry: string): string {
  return entry.slice(0, entry.lastIndexOf(' '));
}

/** Of `TABLE public users owner` the last word; a name with blanks is nobody's of the platform. */
export function ownerOf(entry: string): string {
  return entry.slice(entry.lastIndexOf(' ') + 1);
}
