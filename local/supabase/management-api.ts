import { Refusal, type World } from './management-calls.ts';
import {
  COMES_UP,
  type Hosted,
  host,
  IS_HEALTHY,
  IS_RESTORED,
  type Phase,
  type Pitr,
} from './management-projects.ts';
import { type Fault, LOCAL_TOKEN, listen, rateLimiter, type Trap } from './management-server.ts';
import { startPooler } from './pooler.ts';
import type { LocalSupabase, Project } from './projects.ts';

export { type Fault, LOCAL_TOKEN, type Phase, type Pitr };

export const LOCAL_ORGANIZATION = 'local-organization';

/** What the next project that is made will go through. */
export interface Fate {
  /** Default: COMING_UP for two looks, then ACTIVE_HEALTHY. A single COMING_UP never ends. */
  readonly phases?: readonly Phase[];
  /** Services that stay UNHEALTHY. */
  readonly unhealthy?: readonly string[];
}

/** Supabase's Management API on this machine, whose projects are databases that are really made and dropped. */
export interface ManagementApi {
  /** http://127.0.0.1:12345 */
  readonly endpoint: string;
  /** Port of its session pooler on 127.0.0.1: for `poolerPort` of openSupabaseApi, with `poolerHosts: ['127.0.0.1']`. */
  readonly poolerPort: number;
  /** Every request so far, such as `POST /v1/projects`, in order. */
  readonly requests: readonly string[];
  /** Refs of the projects that exist. */
  refs(): readonly string[];
  /** Leads straight to the database of a project, as `postgres`. */
  connectionString(ref: string): string;
  /** Takes a project that was made elsewhere, as healthy; `password` is for the pooler. */
  adopt(project: Project, about: { readonly name: string; readonly password: string }): void;
  /** For the projects made next, one after the other. */
  nextProject(...fates: readonly Fate[]): void;
  /** For the next point-in-time restore. Default: RESTORING for two looks, then ACTIVE_HEALTHY. */
  nextRestore(phases: readonly Phase[]): void;
  /** Buys point-in-time recovery for a project. */
  setPitr(ref: string, pitr: Pitr | undefined): void;
  /** @param call the beginning of a request, such as `GET /v1/projects/`, or a pattern for it */
  fail(call: string | RegExp, fault: Fault): void;
  /** Does what is asked, or does it not, and cuts the connection in place of an answer. */
  lose(call: string | RegExp, how: { readonly done: boolean; readonly times?: number }): void;
  stop(): Promise<void>;
}

export interface ManagementOptions {
  readonly plan?: 'free' | 'pro' | 'team' | 'enterprise';
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Requests per minute and endpoint of one project or organization. Default: 120, as the platform's. */
  readonly rateLimit?: number;
  /** Takes the rows of a project back to a time, since nothing here has kept them. */
  readonly onPitr?: (project: Project, at: Date) => Promise<void>;
}

/** What projects are made of; the database server itself, as a rule. */
export type Maker = Pick<LocalSupabase, 'makeProject' | 'dropProject'> & {
  readonly server: { readonly major: number };
};

/** Starts it. The databases that are left when it stops belong to the server that made them. */
export async function startManagementApi(
  supabase: Maker,
  options: ManagementOptions = {},
): Promise<ManagementApi> {
  const { now = Date.now } = options;
  const projects = new Map<string, Hosted>();
  const fates: Fate[] = [];
  const restores: (readonly Phase[])[] = [];
  const traps: Trap[] = [];
  const requests: string[] = [];
  const pooler = await startPooler((ref) => projects.get(ref));
  const world: World = {
    organization: { slug: LOCAL_ORGANIZATION, name: 'Local', plan: options.plan ?? 'pro' },
    major: supabase.server.major,
    poolerPort: pooler.port,
    all: () => [...projects.values()],
    find(ref) {
      const found = projects.get(ref);
      if (found === undefined) throw new Refusal(404, 'Project not found');
      return found;
    },
    async create(body) {
      const { phases = COMES_UP, unhealthy } = fates.shift() ?? {};
      const project = await supabase.makeProject();
      const hosted = host(project, { body, phases, unhealthy }, now);
      projects.set(project.ref, hosted);
      return hosted;
    },
    async remove({ project }) {
      projects.delete(project.ref);
      await supabase.dropProject(project.ref);
    },
    async restore(hosted, at) {
      hosted.enter(restores.shift() ?? IS_RESTORED);
      await options.onPitr?.(hosted.project, at);
    },
  };
  const server = await listen(world, { traps, requests, limit: rateLimiter(options.rateLimit ?? 120, now) });
  const set = (trap: Trap): void => void traps.push(trap);
  return {
    endpoint: server.endpoint,
    poolerPort: pooler.port,
    requests,
    refs: () => [...projects.keys()],
    connectionString: (ref) => world.find(ref).project.url,
    adopt(project, { name, password }) {
      const body = { name, db_pass: password, organization_slug: LOCAL_ORGANIZATION };
      projects.set(project.ref, host(project, { body, phases: IS_HEALTHY }, now));
    },
    nextProject: (...given) => void fates.push(...given),
    nextRestore: (phases) => void restores.push(phases),
    setPitr(ref, pitr) {
      world.find(ref).pitr = pitr;
    },
    fail: (call, fault) => set({ call, left: fault.times ?? 1, fault }),
    lose: (call, { done, times = 1 }) => set({ call, left: times, fault: { done } }),
    async stop() {
      await server.stop();
      await pooler.stop();
    },
  };
}
