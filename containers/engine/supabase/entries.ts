import { isManagedSchema, isPlatformRole } from '../../../core/supabase/managed.ts';
import { withoutNumbers } from '../restore/toc.ts';
import type { Project } from './project.ts';

/**
 * Entries of a table of contents that are the user's: what the platform has in every project is not made again, and could
 * not be. What lies in the user's schemas is, whoever owns it.
 */
export function entriesOfUser(entries: readonly string[], project: Project): string[] {
  return entries.filter((entry) => !isOfPlatform(withoutNumbers(entry), project));
}

function isOfPlatform(entry: string, { publications, unavailable }: Project): boolean {
  const owner = ownerOf(entry);
  // by name: who may change an extension is who made it, which in a project is the platform
  if (/^COMMENT - EXTENSION /.test(entry)) return true;
  // an archive has grants on an extension's objects, whatever schema they lie in; the user's are among the additions
  const within = /^(?:ACL|COMMENT|SECURITY LABEL) (?:- SCHEMA )?(\S+) /.exec(entry)?.[1];
  if (within !== undefined && isManagedSchema(within)) return true;
  // grants on the server's own objects are the platform's
  if (/^(ACL|COMMENT|SECURITY LABEL) (pg_catalog|information_schema) /.test(entry)) return true;
  const extension = /^EXTENSION - (\S+)/.exec(entry)?.[1];
  if (extension !== undefined && unavailable.includes(extension)) return true;
  const publication = /^PUBLICATION - (.*) \S+$/.exec(entry)?.[1];
  if (publication !== undefined && publications.includes(publication)) return true;
  if (!isPlatformRole(owner)) return false;
  return (
    /^((COMMENT|SECURITY LABEL) - )?(EVENT TRIGGER|PUBLICATION(?! TABLE)|DEFAULT ACL|FOREIGN DATA WRAPPER|SERVER|USER MAPPING|SCHEMA|EXTENSION|PROCEDURAL LANGUAGE)\b/.test(
      entry,
    ) || /^(DEFAULT ACL|ACL - (FOREIGN DATA WRAPPER|SERVER|LANGUAGE|SCHEMA)) /.test(entry)
  );
}

/** `TABLE public users owner` without the owner. */
export function withoutOwner(entry: string): string {
  return entry.slice(0, entry.lastIndexOf(' '));
}

/** Of `TABLE public users owner` the last word; a name with blanks is nobody's of the platform. */
export function ownerOf(entry: string): string {
  return entry.slice(entry.lastIndexOf(' ') + 1);
}
