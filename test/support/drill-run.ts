import { parseDatabaseUrl } from '../../containers/engine/database/url.ts';
import type { DrillRun, TargetApi } from '../../containers/engine/drill/context.ts';
import { createReporter } from '../../containers/engine/progress/reporter.ts';
import { parseConfig } from '../../core/config.ts';
import type { TableEntry } from '../../core/manifest.ts';
import type { Project } from '../../local/supabase/projects.ts';
import { makeManifest } from './manifests.ts';

export interface ProjectRun {
  readonly target: Project;
  readonly api?: TargetApi | undefined;
  /** The part `drill` of a configuration. */
  readonly drill?: object;
  /** Critical tables of schema public. */
  readonly critical?: readonly string[];
  readonly signal?: AbortSignal;
}

/** What a check gets that asks a restored project, and reads nothing of the set. */
export function projectRun({ target, api, drill = {}, critical = [], signal }: ProjectRun): DrillRun {
  const tables = critical.map((name) => ({ schema: 'public', name, level: 'critical' }) as TableEntry);
  return {
    id: 'drill-20261127T020000Z-9f3a61',
    config: parseConfig({ drill }, 'the test'),
    manifest: makeManifest('daily', '2026-11-27T00:00:00Z', { tables }),
    target: parseDatabaseUrl(target.url, 'TARGET_DATABASE_URL'),
    targetKind: 'supabase',
    api,
    loaded: undefined,
    workers: 1,
    reporter: createReporter('drill'),
    signal: signal ?? new AbortController().signal,
    // of the set these checks read nothing
    ...({} as Pick<DrillRun, 'bucket' | 'keyring' | 'folder' | 'scratch'>),
  };
}

/** An address on this machine where nobody listens. */
export function nobody(): TargetApi {
  return { url: 'http://127.0.0.1:9', anonKey: 'sb_publishable_none', serviceRoleKey: 'sb_secret_none' };
}
