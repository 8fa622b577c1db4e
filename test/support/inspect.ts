import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished, vi } from 'vitest';
import { parseDatabaseUrl } from '../../containers/engine/database/url.ts';
import { type Inspection, inspectTarget } from '../../containers/engine/drill/inspect.ts';
import { openPrivateKeyring } from '../../containers/engine/programs/gpg.ts';
import { createReporter } from '../../containers/engine/progress/reporter.ts';
import { openBucket } from '../../containers/engine/storage/bucket.ts';
import { DEFAULT_CONFIG, parseConfig } from '../../core/config.ts';
import type { Check, CheckId } from '../../core/drill/report.ts';
import { parseSetId, setFolder } from '../../core/set-id.ts';
import { clientsEnv, type TestBucket } from './engine.ts';
import { readManifest } from './runs.ts';

/** Has a restored database looked at, in this process. */
export async function inspectCopy(
  bucket: TestBucket,
  id: string,
  target: { readonly url: string },
  { config = {}, signal = new AbortController().signal }: { config?: object; signal?: AbortSignal } = {},
): Promise<Inspection> {
  const env = { ...bucket.env, ...clientsEnv(15, 17), LOG_LEVEL: 'silent' };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  await using keyring = await openPrivateKeyring(inject('keys').privateKey, undefined);
  return await inspectTarget({
    id: 'drill-20261127T020000Z-9f3a61',
    config: Object.keys(config).length === 0 ? DEFAULT_CONFIG : parseConfig(config, 'the test'),
    bucket: openBucket(2),
    keyring,
    folder: setFolder(parseSetId(id)),
    manifest: await readManifest(bucket, id),
    target: parseDatabaseUrl(target.url, 'TARGET_DATABASE_URL'),
    targetKind: 'database',
    api: undefined,
    loaded: undefined,
    workers: 2,
    scratch: await mkdtemp(join(tmpdir(), 'vpb-inspect-')),
    reporter: createReporter('drill'),
    signal,
  });
}

/** What was not verified, by check, with what was found. */
export function notVerified({
  checks,
}: Inspection): Partial<Record<CheckId, Pick<Check, 'state' | 'findings'>>> {
  return Object.fromEntries(
    checks
      // of a source that is no project there is nothing of the platform to look at
      .filter(
        ({ state, findings }) => state !== 'verified' && findings[0] !== 'the source is no Supabase project',
      )
      .map(({ id, state, findings }) => [id, { state, findings }]),
  );
}
