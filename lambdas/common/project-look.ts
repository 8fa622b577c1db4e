import { reason, SupabaseNotFound } from '../../core/errors/index.ts';
import type { SupabaseApi } from '../../core/supabase/api.ts';
import { HEALTHY, SERVICES, type Seen } from '../../core/supabase/status.ts';
import { logger } from './telemetry.ts';

/** Looks at a project once. What cannot be seen now may be seen the next time, so that is an answer too. */
export async function lookAt(supabase: SupabaseApi, ref: string): Promise<Seen> {
  try {
    const { status } = await supabase.project(ref);
    return { status, services: status === HEALTHY ? await supabase.health(ref, SERVICES) : undefined };
  } catch (error) {
    if (error instanceof SupabaseNotFound) return { status: 'REMOVED' };
    logger.warn('the project cannot be looked at', { ref, error });
    return { problem: reason(error) };
  }
}
