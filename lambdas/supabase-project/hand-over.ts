import { setTimeout as pause } from 'node:timers/promises';
import { NewProjectFailed, ProductError, reason, SupabaseAnswerLost } from '../../core/errors/index.ts';
import {
  apiCredentials,
  type CompleteCredentials,
  readCredentials,
  sessionUrl,
  storageCredentials,
} from '../../core/new-project/credentials.ts';
import { type Handover, handoverOf } from '../../core/new-project/handover.ts';
import type { KnownProject } from '../../core/new-project/watch.ts';
import type { ApiKey } from '../../core/supabase/api.ts';
import { openDatabase, parseDatabaseTarget } from '../common/database.ts';
import { readSecretIfAny, writeSecret } from '../common/secret.ts';
import { logger } from '../common/telemetry.ts';
import type { ProjectRoom } from './room.ts';

/** A pooler learns of a new password within seconds to minutes; whoever tries too often is locked out. */
const LOGINS = 5;
const BETWEEN_LOGINS_MS = 30_000;

export type Webhooks = boolean | 'perhaps';

/**
 * Completes the secret of a project that can be used, and says what is left for people.
 * @param webhooks whether what is restored needs Database Webhooks; `perhaps` where that is not known
 * @throws NewProjectFailed when nobody knows its password any more, or it opens nothing
 */
export async function handOver(
  room: ProjectRoom,
  project: KnownProject,
  webhooks: Webhooks,
): Promise<Handover> {
  const { supabase, secretArn, secretName, settings } = room;
  const { ref, name } = project;
  const { pending } = readCredentials(await readSecretIfAny(secretArn)) ?? {};
  if (pending?.name !== name)
    throw new NewProjectFailed(
      `the secret ${secretName} does not hold the password of ${name}: something else has written it meanwhile`,
    );
  if (webhooks !== false) await enableWebhooks(room, ref, webhooks);
  const databaseUrl = sessionUrl(await supabase.pooler(ref), pending.password);
  await logIn(databaseUrl, secretName);
  const keys = await keysOf(room, ref);
  const { usable, fields } = storageCredentials(ref, settings.region, keys);
  const complete: CompleteCredentials = {
    ...{ name, ref, password: pending.password, databaseUrl },
    ...fields,
    ...apiCredentials(ref, keys),
  };
  await writeSecret(secretArn, { ...complete });
  logger.info('the new project is handed over', { ref, name, storage: usable });
  return handoverOf(project, secretName, usable);
}

/** Where the answer is lost, the engine says whether they are there. */
async function enableWebhooks(
  { supabase }: ProjectRoom,
  ref: string,
  webhooks: Exclude<Webhooks, false>,
): Promise<void> {
  try {
    await supabase.enableWebhooks(ref);
  } catch (error) {
    if (webhooks === true && !(error instanceof SupabaseAnswerLost))
      throw new NewProjectFailed(
        `Database Webhooks, which the source uses, cannot be enabled in the new project: ${reason(error)}`,
        { cause: error },
      );
    logger.warn('webhooks are not enabled, or that is not known', { ref, error });
  }
}

/** @throws NewProjectFailed naming host and cause, never the password */
async function logIn(databaseUrl: string, secretName: string): Promise<void> {
  const target = parseDatabaseTarget(databaseUrl, secretName);
  for (let login = 1; ; login++) {
    try {
      await (await openDatabase(target)).end();
      return;
    } catch (error) {
      if (login === LOGINS)
        throw new NewProjectFailed(`the new project cannot be signed in to: ${reason(error)}`, {
          cause: error,
        });
      logger.warn('signing in to the new project failed', { login, error });
      await pause(BETWEEN_LOGINS_MS);
    }
  }
}

/** Keys open its Storage only: without them the database comes back all the same. */
async function keysOf({ supabase }: ProjectRoom, ref: string): Promise<readonly ApiKey[]> {
  try {
    return await supabase.apiKeys(ref);
  } catch (error) {
    if (!(error instanceof ProductError)) throw error;
    logger.warn('the keys of the new project cannot be read', { ref, error });
    return [];
  }
}
