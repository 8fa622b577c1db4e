import { ownerOf } from '../supabase/entries.ts';
import type { SchemaArchive } from './archives.ts';
import { comparePrivileges } from './compare-privileges.ts';
import type { RestoreRun } from './context.ts';
import { dumpStructure } from './dump-structure.ts';
import { isEventTrigger, tableOfContents, withoutNumbers } from './toc.ts';

/** What a comparison found, one sentence each; nothing in either list is the proof. */
export interface Comparison {
  /** In what the restored database differs from what the manifest says was saved. */
  readonly differences: readonly string[];
  /** What could not be compared. */
  readonly notVerified: readonly string[];
}

/**
 * Every object of the archive's table of contents must be in one made of the restored database: indexes, constraints,
 * triggers, policies, comments, each with its owner (spec V3); what is there besides is no loss. Grants must be the same
 * to the letter, for one more may show rows to strangers.
 * @param leftOut entries that are known to be missing, and told elsewhere
 */
export async function compareStructure(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
  leftOut: ReadonlySet<string>,
  unreachableOwners: ReadonlySet<string>,
): Promise<Comparison> {
  const file = await dumpStructure(run, archives[0]?.encoding ?? 'UTF8');
  const missing = await missingEntries(run, archives, file, { leftOut, unreachableOwners });
  const privileges = await comparePrivileges(
    run,
    archives.map((archive) => archive.file),
    file,
    unreachableOwners,
  );
  return {
    differences: [
      ...missing.map((entry) => `missing from the structure: ${entry}`),
      ...privileges.differences,
    ],
    notVerified: privileges.notVerified,
  };
}

/**
 * Entries of the archives, without their numbers, that the target has not.
 * @param file archive made of the target
 */
async function missingEntries(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
  file: string,
  except: { readonly leftOut: ReadonlySet<string>; readonly unreachableOwners: ReadonlySet<string> },
): Promise<string[]> {
  const found = new Set((await tableOfContents(run, file, [], run.targetClients)).map(withoutNumbers));
  // another major of pg_dump groups large objects otherwise; their number and content are compared anyway
  const sameMajor = run.targetClients.major === run.manifest.client.postgresMajor;
  return (
    archives
      .flatMap(({ entries }) => entries)
      .filter((entry) => !isEventTrigger(entry) && !except.leftOut.has(entry))
      .map(withoutNumbers)
      // told already: what cannot be given away belongs to another
      .filter((entry) => !except.unreachableOwners.has(ownerOf(entry)))
      .filter(
        (entry) =>
          !ofEveryDatabase(entry) && (sameMajor || !/BLOB|LARGE OBJECT/.test(entry)) && !found.has(entry),
      )
  );
}

/**
 * Named after the database, which may be called otherwise here; its settings are applied, not compared. And plpgsql,
 * which is dumped only where somebody has dropped it and made it again.
 */
function ofEveryDatabase(entry: string): boolean {
  return /^(DATABASE|DATABASE PROPERTIES|(ACL|COMMENT|SECURITY LABEL) - DATABASE|(COMMENT - )?EXTENSION (- )?plpgsql) /.test(
    entry,
  );
}
