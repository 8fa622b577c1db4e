import { ProductError, RestoreRefused } from '../../core/errors/index.ts';
import { readCredentials } from '../../core/new-project/credentials.ts';
import { type Load, planNewProject } from '../../core/new-project/plan.ts';
import { plannedReport, type RestoreReport } from '../../core/restore-report.ts';
import { projectOfAnotherDrill } from '../../core/supabase/drill-name.ts';
import { isUp } from '../../core/supabase/status.ts';
import { readSecretIfAny } from '../common/secret.ts';
import { logger } from '../common/telemetry.ts';
import type { ProjectRoom } from './room.ts';

/** What is asked for later: the size is empty where the plan of the organization has only one. */
export interface PlannedProject {
  readonly report: RestoreReport;
  readonly price: string;
  readonly size: string;
}

/** @throws RestoreRefused when there is no room for it, or Supabase does not say */
export async function planProject(
  room: ProjectRoom,
  name: string,
  load: Load,
  withFiles: boolean,
): Promise<PlannedProject> {
  const { settings, supabase } = room;
  try {
    const [organization, projects, kept, listed] = await Promise.all([
      supabase.organization(settings.organization),
      supabase.listProjects(settings.organization),
      readSecretIfAny(room.secretArn),
      listedPrice(room),
    ]);
    refuseBesideAnother(projectOfAnotherDrill(name, projects));
    const free = organization.plan === 'free';
    const plan = planNewProject(
      {
        ...{
          name,
          region: settings.region,
          size: free ? undefined : settings.instanceSize,
          listed,
          withFiles,
        },
        replacesSecretOf: readCredentials(kept)?.ref ?? null,
      },
      {
        ...{ slug: organization.slug, name: organization.name, plan: organization.plan ?? 'unknown' },
        activeProjects: projects.filter(({ status }) => isUp(status)).length,
      },
      load,
    );
    logger.info('a project is planned', { name, organization: settings.organization, price: plan.price });
    return { report: plannedReport(plan), price: plan.price, size: free ? '' : settings.instanceSize };
  } catch (error) {
    if (!(error instanceof ProductError) || error instanceof RestoreRefused) throw error;
    throw new RestoreRefused(
      `No project was asked for: ${error.message}.`,
      `프로젝트를 요청하지 않았습니다: ${error.message}.`,
    );
  }
}

/** @throws RestoreRefused where another drill's project is there: what opens this one would lie in the same secret */
function refuseBesideAnother(other: { readonly ref: string; readonly name: string } | undefined): void {
  if (other === undefined) return;
  throw new RestoreRefused(
    `Another drill of this environment has its project there (${other.ref}, ${other.name}): wait until it has ended, or, when none is running, delete the project.`,
    `이 환경의 다른 훈련이 만든 프로젝트가 있습니다(${other.ref}, ${other.name}). 끝날 때까지 기다리거나, 도는 훈련이 없으면 그 프로젝트를 지우세요.`,
  );
}

/** As Supabase lists it for the project that is backed up; a list that cannot be read makes no plan impossible. */
async function listedPrice({
  supabase,
  sourceRef,
  settings,
}: ProjectRoom): Promise<{ hourly: number } | undefined> {
  try {
    const { available } = await supabase.addons(sourceRef);
    const sizes = available.find(({ type }) => type === 'compute_instance')?.variants ?? [];
    const price = sizes.find(({ id }) => id === `ci_${settings.instanceSize}`)?.price;
    return price?.interval === 'hourly' ? { hourly: price.amount } : undefined;
  } catch (error) {
    logger.warn('the list of prices cannot be read', { error });
    return undefined;
  }
}
