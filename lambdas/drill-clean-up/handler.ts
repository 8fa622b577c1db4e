import { z } from 'zod';
import { LAMBDA_ENV } from '../../core/names.ts';
import { drillProjectName } from '../../core/supabase/drill-name.ts';
import { parseEvent } from '../common/event.ts';
import { requireEnv } from '../common/settings.ts';
import { openSupabase } from '../common/supabase.ts';
import { type Cleaned, removeProjects } from './remove.ts';

const eventSchema = z.object({
  /** Of the drill: its workflow says when it began as a text, an event of its end in milliseconds. */
  execution: z.object({ id: z.string().min(1), startedAt: z.union([z.iso.datetime(), z.int()]) }),
  /** Seconds in which a project may still appear that was asked for just before the execution was stopped. */
  appearsWithinSeconds: z.int().min(0).max(600).default(0),
  /** Seconds after which nothing is tried any more. */
  forSeconds: z.int().min(1).max(780).default(600),
});
const drillSchema = z.object({ organization: z.string().min(1) });

/**
 * Deletes the project that one execution of the drill workflow has made, and looks until it is gone: after success, after
 * failure, and after an execution that was stopped, of which no state hears. It knows the project by its name alone.
 * @throws DrillCleanUpFailed where it is still there, or nobody can say
 */
export async function handler(event: unknown): Promise<Cleaned> {
  const { execution, ...limits } = parseEvent(eventSchema, event);
  const { organization } = drillSchema.parse(
    JSON.parse(requireEnv(LAMBDA_ENV.supabaseDrill, 'where drills make projects, as JSON')),
  );
  const name = drillProjectName(requireEnv(LAMBDA_ENV.environment, 'the name of the environment'), {
    id: execution.id,
    startedAt: new Date(execution.startedAt),
  });
  const sourceRef = requireEnv(LAMBDA_ENV.supabaseProjectRef, 'the ref of the project that is backed up');
  return removeProjects(await openSupabase(), { name, organization, sourceRef, ...limits });
}
