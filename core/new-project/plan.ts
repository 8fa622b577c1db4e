import { RestoreRefused } from '../errors/index.ts';
import { priceOf } from './price.ts';

/** What Supabase says of the organization that a project is made in. */
export interface OrganizationSituation {
  readonly slug: string;
  readonly name: string;
  /** `free`, `pro`, `team` …; others may come. */
  readonly plan: string;
  /** Projects of it that run. */
  readonly activeProjects: number;
}

/** What is brought into the new project. */
export interface Load {
  /** Of the database when the set was made. */
  readonly sizeBytes: number;
  readonly tables: number;
  readonly objects: number;
  readonly storedBytes: number;
  /** Whether the source uses Database Webhooks, without which its triggers cannot be restored. */
  readonly webhooks: boolean;
}

/** What a restore into a new project would make, and cost (spec R1, R9). */
export interface NewProjectPlan {
  readonly mode: 'new-project';
  readonly name: string;
  readonly organization: { readonly slug: string; readonly name: string; readonly plan: string };
  readonly region: string;
  readonly size: string;
  /** In words; empty where it is not known. */
  readonly price: string;
  readonly load: Load;
  readonly withFiles: boolean;
  /** The first disk of a project may turn read-only while more than it holds is written at once. */
  readonly diskMayFill: boolean;
  /** Ref of the project whose passwords lie in the secret, and would be replaced there. */
  readonly replacesSecretOf: string | null;
}

const MB = 1e6;
const GB = 1e9;
/** What the Free plan gives. */
const FREE = { projects: 2, databaseBytes: 500 * MB };
/** Each project begins with 8 GB, which grow by half as they fill; what is written faster meets a read-only database. */
const DISK_BYTES = 8 * GB;
const DISK_GROWS = 1.5;

/**
 * What would be made, or why it cannot be.
 * @param wanted `listed` is what Supabase's own list says of the size
 * @throws RestoreRefused where the organization's plan has no room
 */
export function planNewProject(
  wanted: {
    readonly name: string;
    readonly region: string;
    readonly size: string | undefined;
    readonly listed: { readonly hourly: number } | undefined;
    readonly withFiles: boolean;
    readonly replacesSecretOf: string | null;
  },
  organization: OrganizationSituation,
  load: Load,
): NewProjectPlan {
  const { slug, name, plan } = organization;
  if (plan === 'free') refuseWithoutRoom(organization, load);
  return {
    mode: 'new-project',
    name: wanted.name,
    organization: { slug, name, plan },
    region: wanted.region,
    size: wanted.size ?? (plan === 'free' ? 'nano' : 'micro'),
    price: priceOf(plan, wanted.size, wanted.listed),
    load,
    withFiles: wanted.withFiles,
    diskMayFill: load.sizeBytes > DISK_BYTES * DISK_GROWS,
    replacesSecretOf: wanted.replacesSecretOf,
  };
}

function refuseWithoutRoom({ name, activeProjects }: OrganizationSituation, { sizeBytes }: Load): void {
  if (activeProjects >= FREE.projects)
    throw new RestoreRefused(
      `The organization ${name} is on the Free plan, which gives ${FREE.projects} running projects, and has ${activeProjects}; pause or delete one, take a paid plan, or name another organization in core/environments.ts.`,
      `조직 ${name}은(는) Free 요금제라 실행 중인 프로젝트를 ${FREE.projects}개까지 둘 수 있는데 이미 ${activeProjects}개가 있습니다. 하나를 멈추거나 지우거나, 유료 요금제로 바꾸거나, core/environments.ts에 다른 조직을 적으세요.`,
    );
  if (sizeBytes > FREE.databaseBytes) {
    const [has, may] = [(sizeBytes / MB).toFixed(0), (FREE.databaseBytes / MB).toFixed(0)];
    throw new RestoreRefused(
      `The database of the set has ${has} MB, and a project of the Free plan turns read-only above ${may} MB; take a paid plan, or restore into another database with {"mode": "full"}.`,
      `세트의 데이터베이스는 ${has} MB인데 Free 요금제의 프로젝트는 ${may} MB를 넘으면 읽기 전용이 됩니다. 유료 요금제로 바꾸거나 {"mode": "full"}로 다른 데이터베이스에 복원하세요.`,
    );
  }
}
