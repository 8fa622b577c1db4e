import { NewProjectFailed, reason, SupabaseAnswerLost } from '../../core/errors/index.ts';
import { readCredentials } from '../../core/new-project/credentials.ts';
import { newPassword } from '../../core/new-project/name.ts';
import { firstLook, type KnownProject, nextLook, type ProjectWatch } from '../../core/new-project/watch.ts';
import type { Seen } from '../../core/supabase/status.ts';
import { lookAt } from '../common/project-look.ts';
import { readSecretIfAny, writeSecret } from '../common/secret.ts';
import { logger } from '../common/telemetry.ts';
import type { ProjectRoom } from './room.ts';

/**
 * Asks for a project, once: its password lies in the secret before, under the name of the project, so whoever is called
 * again for that name sees that it has been asked for.
 * @throws NewProjectFailed when Supabase refused, so that there is none
 */
export async function makeProject(
  { settings, secretArn, supabase }: ProjectRoom,
  asked: Pick<KnownProject, 'name' | 'price'> & { readonly size: string },
): Promise<ProjectWatch> {
  const { name, price, size } = asked;
  const kept = readCredentials(await readSecretIfAny(secretArn));
  if (kept?.pending?.name === name) {
    logger.warn('the project has been asked for before', { name });
    return firstLook({ name, price }, '', new Date());
  }
  const password = newPassword();
  await writeSecret(secretArn, { ...kept, pending: { name, password } }).catch((error: unknown) => {
    throw new NewProjectFailed(`no project was asked for: ${reason(error)}`, { cause: error });
  });
  const { organization, region } = settings;
  try {
    const { ref } = await supabase.createProject({
      ...{ name, organization, databasePassword: password },
      instanceSize: size === '' ? undefined : size,
      region: { type: 'specific', code: region },
    });
    logger.info('a project is being made', { name, ref });
    return firstLook({ name, price }, ref, new Date());
  } catch (error) {
    if (!(error instanceof SupabaseAnswerLost))
      throw new NewProjectFailed(`no project was made: ${reason(error)}`, { cause: error });
    logger.warn('the answer was lost; the project is looked for by its name', { name, error });
    return firstLook({ name, price }, '', new Date());
  }
}

/** @throws NewProjectFailed as core/new-project/watch.ts says */
export async function lookForProject(room: ProjectRoom, known: KnownProject): Promise<ProjectWatch> {
  const { found, problem } = known.ref === '' ? await findByName(room, known.name) : { found: known.ref };
  const seen: Seen = found === undefined ? { problem } : await lookAt(room.supabase, found);
  const next = nextLook(known, found, seen, new Date());
  logger.info('the new project was looked at', { name: next.name, ref: next.ref, status: next.status });
  return next;
}

async function findByName(
  { supabase, settings }: ProjectRoom,
  name: string,
): Promise<{ found?: string | undefined; problem?: string | undefined }> {
  try {
    const projects = await supabase.listProjects(settings.organization);
    return { found: projects.find((each) => each.name === name)?.ref };
  } catch (error) {
    logger.warn('the projects cannot be listed', { error });
    return { problem: reason(error) };
  }
}
