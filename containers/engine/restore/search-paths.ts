import pg from 'pg';
import type { RestoreRun } from './context.ts';

/**
 * Search paths in which functions of the source may find what they name, in the order of likelihood: the empty one, in
 * which archives are restored; the usual one; all schemas of the set.
 */
export function searchPathsOf({ manifest }: RestoreRun): string[] {
  const schemas = manifest.schemas.map((name) => pg.escapeIdentifier(name));
  const all = schemas.sort((a, b) => Number(b === '"public"') - Number(a === '"public"'));
  return ['', '"$user", public', all.join(', ')];
}
