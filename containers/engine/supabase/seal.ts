import type pg from 'pg';
import { WHOLE_KINDS } from '../../../core/kinds.ts';
import type { SetObject } from '../../../core/manifest.ts';
import { type Addition, writeLines } from '../../../core/supabase/additions.ts';
import { sealText } from '../backup/archives.ts';
import type { BackupRun } from '../backup/context.ts';
import { readAllAdditions } from './additions.ts';
import { readVault } from './vault.ts';

/**
 * Reads what a project has besides its archives and rows, and returns the tasks that store it: what users have added to
 * the platform's schemas and, where the configuration wants them, the secrets of its vault. What can be in no new project
 * is told.
 * @param client a session of the snapshot
 */
export async function sealAdditions(
  run: BackupRun,
  client: pg.Client,
): Promise<(() => Promise<SetObject>)[]> {
  if (!run.scope.supabase || !WHOLE_KINDS.includes(run.id.kind)) return [];
  const vault = run.config.backup.vaultSecrets ? await readVault(client, run.facts.user) : undefined;
  const broken = (vault?.broken ?? []).map(
    (name): Addition => ({
      kind: 'lost',
      what: `vault secret ${name}, which its own database cannot decrypt`,
    }),
  );
  const additions = [...(await readAllAdditions(client)), ...broken];
  for (const { kind, what } of additions)
    if (kind === 'lost')
      run.reporter.warn('in a schema of the platform, where no restore can make it again', { what });
  return [
    () => sealText(run, 'supabase', writeLines(additions)),
    ...(vault === undefined ? [] : [() => sealText(run, 'vault', writeLines(vault.secrets))]),
  ];
}
