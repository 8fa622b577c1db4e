import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { z } from 'zod';
import { reason } from '../../core/errors/index.ts';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { isLeftOver, type ListedProject } from '../../core/supabase/drill-name.ts';
import { requireEnv } from '../common/settings.ts';
import { openSupabase, type WatchedSupabase } from '../common/supabase.ts';
import { emitEnvironmentMetric, logger } from '../common/telemetry.ts';

const drillSchema = z.object({ organization: z.string().min(1), maxHours: z.number().positive() });

export interface ReaperResult {
  /** Projects of the organization, whosoever they are. */
  readonly projects: number;
  /** References of those that drills had left and this run deleted. */
  readonly deleted: readonly string[];
  /** References of those it could not delete. */
  readonly kept: readonly string[];
}

/**
 * Deletes what drills left in their organization (spec D6), for it is billed by the hour. That there was something to
 * delete raises an alarm: a drill did not clean up. One that cannot be deleted keeps none of the others.
 */
export async function handler(): Promise<ReaperResult> {
  const drill = drillOfStack();
  const rule = {
    environment: requireEnv(LAMBDA_ENV.environment, 'the name of the environment'),
    sourceRef: requireEnv(LAMBDA_ENV.supabaseProjectRef, 'the reference of the project that is backed up'),
    maxHours: drill.maxHours,
  };
  const supabase = await openSupabase();
  const projects = await supabase.listProjects(drill.organization);
  const now = new Date();
  const deleted: string[] = [];
  const kept: string[] = [];
  for (const project of projects.filter((each) => isLeftOver(each, rule, now))) {
    ((await isDeleted(supabase, project)) ? deleted : kept).push(project.ref);
  }
  logger.info('looked for what drills left', { projects: projects.length, deleted, kept });
  return { projects: projects.length, deleted, kept };
}

/** Counted one by one: a run that is cut off has told of what it did. */
async function isDeleted(supabase: WatchedSupabase, project: ListedProject): Promise<boolean> {
  const { ref, name, status } = project;
  const facts = { ref, name, status, createdAt: project.createdAt.toISOString() };
  try {
    await supabase.deleteProject(ref);
  } catch (error) {
    logger.error('a project that a drill left could not be deleted', {
      ...facts,
      reason: reason(error),
      whatToDo: `delete it in https://supabase.com/dashboard/project/${ref}/settings/general; until then it is billed`,
    });
    emitEnvironmentMetric(METRIC.leakedProjectsKept, MetricUnit.Count, 1);
    return false;
  }
  logger.warn('a project that a drill left was deleted', facts);
  emitEnvironmentMetric(METRIC.leakedProjectsDeleted, MetricUnit.Count, 1);
  return true;
}

function drillOfStack(): z.infer<typeof drillSchema> {
  const text = requireEnv(LAMBDA_ENV.supabaseDrill, 'where drills make projects, as JSON');
  return drillSchema.parse(JSON.parse(text));
}
