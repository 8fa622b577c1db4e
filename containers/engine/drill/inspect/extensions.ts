import type pg from 'pg';
import type { Check } from '../../../../core/drill/report.ts';
import { figure, judged } from '../../../../core/drill/verdict.ts';
import type { RestoreRun } from '../../restore/context.ts';

/** Extensions as the set has them. A newer version is what a restore gives; an older one may lack what the rows need. */
export async function inspectExtensions(
  { manifest, sandbox, project }: RestoreRun,
  client: pg.Client,
): Promise<Check> {
  const { rows } = await client.query<{ name: string; version: string }>(
    'SELECT extname AS name, extversion AS version FROM pg_catalog.pg_extension',
  );
  const versions = new Map(rows.map(({ name, version }) => [name, version]));
  // what this server cannot have at all is told with what only a project can have
  const told = new Set([...(sandbox?.unavailable ?? []), ...(project?.unavailable ?? [])]);
  const wrong: string[] = [];
  const unknown: string[] = [];
  for (const { name, version } of manifest.extensions) {
    const found = versions.get(name);
    if (found === undefined && !told.has(name)) wrong.push(`extension ${name} is missing`);
    else if (found !== undefined && isOlder(found, version))
      unknown.push(`extension ${name} is of version ${found}, the source had ${version}`);
  }
  return judged('extensions', { wrong, unknown }, [
    figure('extensions', manifest.extensions.length, 'objects'),
  ]);
}

function isOlder(found: string, expected: string): boolean {
  return found.localeCompare(expected, 'en', { numeric: true }) < 0;
}
