import type { NewProjectBody, OperationName, PageQuery, PitrBody } from './management-answers.ts';
import type { Hosted } from './management-projects.ts';

/** A request whose place, query and body are known to be right. */
export interface Asked {
  /** The ref or slug in its path. */
  readonly id: string;
  readonly query: unknown;
  readonly body: unknown;
}

/** What the calls need of the stand-in. */
export interface World {
  readonly organization: { readonly slug: string; readonly name: string; readonly plan: string };
  readonly major: number;
  readonly poolerPort: number;
  all(): readonly Hosted[];
  /** @throws Refusal when there is none */
  find(ref: string): Hosted;
  create(body: NewProjectBody): Promise<Hosted>;
  remove(hosted: Hosted): Promise<void>;
  restore(hosted: Hosted, at: Date): Promise<void>;
}

/** An answer that is no success, and the message in it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const summary = (hosted: Hosted, status = hosted.status()): object => ({
  id: hosted.project.ref,
  ref: hosted.project.ref,
  organization_id: hosted.organization,
  organization_slug: hosted.organization,
  name: hosted.name,
  region: hosted.region,
  created_at: hosted.createdAt.toISOString(),
  status,
});

const listed = (hosted: Hosted): object => ({
  ref: hosted.project.ref,
  name: hosted.name,
  cloud_provider: 'AWS',
  region: hosted.region,
  is_branch: false,
  status: hosted.status(),
  inserted_at: hosted.createdAt.toISOString(),
  databases: [],
});

/** What each call does, and the body of its answer. */
export const CALLS: Readonly<Record<OperationName, (world: World, asked: Asked) => unknown>> = {
  listProjects(world, { id, query }) {
    const { offset, limit } = query as PageQuery;
    checkOrganization(world, id);
    const all = world
      .all()
      .filter(({ organization }) => organization === id)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return {
      projects: all.slice(offset, offset + limit).map(listed),
      pagination: { count: all.length, limit, offset },
    };
  },
  organization(world, { id }) {
    checkOrganization(world, id);
    const { slug, name, plan } = world.organization;
    return { id: slug, name, plan, opt_in_tags: [], allowed_release_channels: ['ga', 'preview'] };
  },
  async createProject(world, { body }) {
    const asked = body as NewProjectBody;
    checkOrganization(world, asked.organization_slug);
    return summary(await world.create(asked));
  },
  project(world, { id }) {
    const hosted = world.find(id);
    const database = {
      host: `db.${id}.supabase.co`,
      version: `${world.major}.4.1.074`,
      postgres_engine: String(world.major),
      release_channel: 'ga',
    };
    return { ...summary(hosted, hosted.look()), database };
  },
  async deleteProject(world, { id }) {
    const hosted = world.find(id);
    await world.remove(hosted);
    return { id: 1, ref: id, name: hosted.name };
  },
  health(world, { id, query }) {
    const hosted = world.find(id);
    const status = hosted.look();
    return (query as { services: string[] }).services.map((name) => healthOf(hosted, status, name));
  },
  backups(world, { id }) {
    const { region, pitr } = world.find(id);
    const unix = (date: Date): number => Math.floor(date.getTime() / 1000);
    return {
      region,
      walg_enabled: true,
      pitr_enabled: pitr !== undefined,
      backups: [],
      physical_backup_data:
        pitr === undefined
          ? {}
          : {
              earliest_physical_backup_date_unix: unix(pitr.earliest),
              latest_physical_backup_date_unix: unix(pitr.latest),
            },
    };
  },
  enableWebhooks(world, { id }) {
    // every project of the stand-in has them from the start
    world.find(id);
    return undefined;
  },
  async restorePitr(world, { id, body }) {
    const hosted = world.find(id);
    const at = new Date((body as PitrBody).recovery_time_target_unix * 1000);
    if (hosted.pitr === undefined) throw new Refusal(400, 'Point-in-time recovery is not enabled.');
    // the API takes whole seconds, so its bounds are the seconds in which they lie
    if (at.getTime() < Math.floor(hosted.pitr.earliest.getTime() / 1000) * 1000 || at > hosted.pitr.latest)
      throw new Refusal(400, 'The recovery time target is outside of the window of backups.');
    await world.restore(hosted, at);
    return undefined;
  },
  pooler(world, { id }) {
    const hosted = world.find(id);
    const user = `postgres.${hosted.project.ref}`;
    const text = `postgresql://${user}:[YOUR-PASSWORD]@127.0.0.1:${world.poolerPort}/postgres`;
    return [
      {
        identifier: id,
        database_type: 'PRIMARY',
        is_using_scram_auth: false,
        db_user: user,
        db_host: '127.0.0.1',
        db_port: world.poolerPort,
        db_name: 'postgres',
        connection_string: text,
        connectionString: text,
        default_pool_size: null,
        max_client_conn: null,
        pool_mode: 'transaction',
      },
    ];
  },
  apiKeys(world, { id, query }) {
    const shown = (query as { reveal?: string }).reveal === 'true';
    return Object.entries(world.find(id).keys).map(([name, key]) => ({
      api_key: shown || name === 'anon' ? key : null,
      id: name,
      type: 'legacy',
      name,
      description: `Legacy ${name} API key`,
    }));
  },
  addons(world, { id }) {
    const { pitr, size } = world.find(id);
    const compute = COMPUTE.find((variant) => variant.id === `ci_${size}`);
    return {
      selected_addons: [
        ...(compute === undefined ? [] : [{ type: 'compute_instance', variant: compute }]),
        ...(pitr === undefined ? [] : [{ type: 'pitr', variant: PITR_7 }]),
      ],
      available_addons: [
        { type: 'compute_instance', name: 'Compute Instance', variants: COMPUTE },
        { type: 'pitr', name: 'Point in Time Recovery', variants: [PITR_7] },
      ],
    };
  },
};

const hourly = (id: string, name: string, amount: number) => ({
  id,
  name,
  price: { description: `$${amount}/hour`, type: 'usage', interval: 'hourly', amount },
});
const COMPUTE = [
  hourly('ci_micro', 'Micro', 0.01344),
  hourly('ci_small', 'Small', 0.0206),
  hourly('ci_medium', 'Medium', 0.0822),
];
const PITR_7 = hourly('pitr_7', '7 days', 0.137);

function checkOrganization(world: World, slug: string): void {
  if (slug !== world.organization.slug) throw new Refusal(404, 'Organization not found');
}

function healthOf(hosted: Hosted, status: string, name: string): object {
  const comingUp = status === 'COMING_UP' || status === 'RESTORING';
  const healthy = status === 'ACTIVE_HEALTHY' && !hosted.unhealthy.includes(name);
  if (healthy) return { name, healthy, status: 'ACTIVE_HEALTHY' };
  if (comingUp) return { name, healthy, status: 'COMING_UP' };
  return { name, healthy, status: 'UNHEALTHY', error: `${name} does not answer` };
}
