import { setTimeout as pause } from 'node:timers/promises';
import {
  DrillCleanUpFailed,
  reason,
  SupabaseForbidden,
  SupabaseNotFound,
  SupabaseTokenRejected,
} from '../../core/errors/index.ts';
import { isGoing, projectsOfDrill } from '../../core/supabase/drill-name.ts';
import type { WatchedSupabase } from '../common/supabase.ts';
import { logger } from '../common/telemetry.ts';

/** A project is gone within seconds, as a rule. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 8_000;

/** Whose project it is, and how long it is tried. */
export interface Removal {
  readonly name: string;
  readonly organization: string;
  readonly sourceRef: string;
  readonly appearsWithinSeconds: number;
  readonly forSeconds: number;
}

/** What was deleted, and is gone. */
export interface Cleaned {
  readonly name: string;
  readonly deleted: readonly string[];
}

/** @throws DrillCleanUpFailed */
export async function removeProjects(supabase: WatchedSupabase, removal: Removal): Promise<Cleaned> {
  const { name } = removal;
  const began = Date.now();
  const passed = () => (Date.now() - began) / 1000;
  const asked = new Set<string>();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const { refs, problem } = await tryOnce(supabase, removal, asked);
    const gone = problem === undefined && refs.length === 0;
    if (gone && (asked.size > 0 || passed() >= removal.appearsWithinSeconds)) {
      logger.info('nothing is left of the drill', { name, deleted: [...asked] });
      return { name, deleted: [...asked] };
    }
    if (passed() >= removal.forSeconds)
      throw new DrillCleanUpFailed(
        name,
        refs,
        removal.organization,
        problem ?? `deleting it was asked for ${Math.round(passed() / 60)} minutes ago and is not done`,
      );
    await pause(pauseMs);
  }
}

/**
 * Deletes what is there.
 * @returns what was there, and what kept it
 * @throws DrillCleanUpFailed at once where waiting cures nothing
 */
async function tryOnce(
  supabase: WatchedSupabase,
  { name, organization, sourceRef }: Removal,
  asked: Set<string>,
): Promise<{ readonly refs: readonly string[]; readonly problem?: string }> {
  let refs: readonly string[] = [];
  try {
    const projects = projectsOfDrill(name, await supabase.listProjects(organization), sourceRef);
    refs = projects.map(({ ref }) => ref);
    for (const { ref } of projects.filter((each) => !isGoing(each))) {
      // before the answer, which may be lost
      asked.add(ref);
      await deleteProject(supabase, ref);
      logger.info('the project of the drill is being deleted', { name, ref });
    }
    return { refs };
  } catch (error) {
    logger.warn('the project of the drill cannot be deleted yet', { name, refs, error });
    if (error instanceof SupabaseForbidden || error instanceof SupabaseTokenRejected)
      throw new DrillCleanUpFailed(name, refs, organization, reason(error));
    return { refs, problem: reason(error) };
  }
}

/** One that is not there any more is as good as deleted. */
async function deleteProject(supabase: WatchedSupabase, ref: string): Promise<void> {
  try {
    await supabase.deleteProject(ref);
  } catch (error) {
    if (!(error instanceof SupabaseNotFound)) throw error;
  }
}
