import { z } from 'zod';
import { EnvironmentError, reason } from '../../core/errors/index.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import type { Handover } from '../../core/new-project/handover.ts';
import { newProjectSchema, type ProjectWatch } from '../../core/new-project/watch.ts';
import { newProjectsSchema } from '../../core/supabase/settings.ts';
import { parseEvent } from '../common/event.ts';
import { requireEnv } from '../common/settings.ts';
import { openSupabase } from '../common/supabase.ts';
import { handOver } from './hand-over.ts';
import { lookForProject, makeProject } from './make.ts';
import { type PlannedProject, planProject } from './plan.ts';
import type { ProjectRoom } from './room.ts';

const eventSchema = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('plan'),
    facts: z.object({ project: z.string().min(1), files: z.unknown().optional() }),
    load: z.object({
      ...{ sizeBytes: z.number(), tables: z.number() },
      ...{ objects: z.number(), storedBytes: z.number(), webhooks: z.boolean() },
    }),
  }),
  newProjectSchema.pick({ name: true, price: true }).extend({ action: z.literal('make'), size: z.string() }),
  z.object({ action: z.literal('look'), project: newProjectSchema }),
  z.object({
    ...{ action: z.literal('handover'), project: newProjectSchema },
    webhooks: z.union([z.boolean(), z.literal('perhaps')]),
  }),
]);

/**
 * Makes a project to restore into, or to hold a drill in: `plan` says what that costs and whether there is room, `make` asks for it, once, `look`
 * sees how far it is, and `handover` puts what opens it into a secret. No password ever is in an answer.
 * @throws RestoreRefused, NewProjectFailed in words for an operator
 */
export async function handler(event: unknown): Promise<PlannedProject | ProjectWatch | Handover> {
  const asked = parseEvent(eventSchema, event);
  const room = await openRoom();
  switch (asked.action) {
    case 'plan':
      return planProject(room, asked.facts.project, asked.load, asked.facts.files != null);
    case 'make':
      return makeProject(room, asked);
    case 'look':
      return lookForProject(room, asked.project);
    case 'handover':
      return handOver(room, asked.project, asked.webhooks);
  }
}

async function openRoom(): Promise<ProjectRoom> {
  const text = requireEnv(LAMBDA_ENV.newProjects, 'where restores make projects, as JSON');
  const read = () => {
    try {
      return newProjectsSchema.parse(JSON.parse(text));
    } catch (error) {
      throw new EnvironmentError(LAMBDA_ENV.newProjects, `cannot be used (${reason(error)})`, 'deploy again');
    }
  };
  return {
    settings: read(),
    sourceRef: requireEnv(LAMBDA_ENV.supabaseProjectRef, 'the ref of the project that is backed up'),
    secretArn: requireEnv(LAMBDA_ENV.newProjectSecretArn, 'the secret that takes its passwords'),
    secretName: requireEnv(LAMBDA_ENV.newProjectSecretName, 'the name of that secret'),
    supabase: await openSupabase(),
  };
}
