import type { z } from 'zod';
import { SupabaseArgumentInvalid, SupabasePoolerForeign } from '../errors/index.ts';
import { type Call, type Line, request, sleepFor } from './api-request.ts';
import {
  type Addons,
  type ApiKey,
  addonsAnswer,
  apiKeysAnswer,
  backupsAnswer,
  healthAnswer,
  type NewProject,
  type Organization,
  organizationAnswer,
  type PoolerAddress,
  type ProjectBackups,
  type ProjectDetails,
  type ProjectSummary,
  poolerAnswer,
  projectAnswer,
  projectDetailsAnswer,
  projectPageAnswer,
  type ServiceHealth,
} from './api-schemas.ts';
import { PROJECT_REF } from './host.ts';

export type * from './api-schemas.ts';

/**
 * What this product asks of Supabase's Management API. Every method may throw each of the errors in
 * core/errors/supabase.ts. Reading is tried again where that helps, which may take 190 s for each page; what changes
 * something is sent once, and where its answer is lost that is `SupabaseAnswerLost`.
 */
export interface SupabaseApi {
  /** All of an organization, also those that are being made or have failed. */
  listProjects(organization: string): Promise<readonly ProjectSummary[]>;
  createProject(request: NewProject): Promise<ProjectSummary>;
  project(ref: string): Promise<ProjectDetails>;
  /** @param services such as auth, db, pooler, rest, storage; each has one entry in what is returned */
  health(ref: string, services: readonly string[]): Promise<readonly ServiceHealth[]>;
  /** Deletes the project and its own backups, for good. */
  deleteProject(ref: string): Promise<void>;
  backups(ref: string): Promise<ProjectBackups>;
  /** Takes the project itself back to a time, in whole seconds; it cannot be used meanwhile. */
  restorePitr(ref: string, at: Date): Promise<void>;
  /** Makes the schema that triggers of Database Webhooks call; a project that has it keeps it. */
  enableWebhooks(ref: string): Promise<void>;
  /**
   * The session pooler.
   * @throws SupabasePoolerForeign when the answer names a host that is not Supabase's
   */
  pooler(ref: string): Promise<PoolerAddress>;
  apiKeys(ref: string): Promise<readonly ApiKey[]>;
  organization(slug: string): Promise<Organization>;
  addons(ref: string): Promise<Addons>;
}

export interface SupabaseApiOptions {
  /** A personal access token. White space around it is left out. */
  readonly token: string;
  readonly fetch: typeof fetch;
  /** Default: Supabase's. Without TLS only on this machine. */
  readonly baseUrl?: string | undefined;
  /** Hosts that may be a pooler besides those of Supabase, with whatever user they name: for a stand-in. */
  readonly poolerHosts?: readonly string[] | undefined;
  /** Port of the session pooler: for a stand-in, whose port is a free one. Default: 5432. */
  readonly poolerPort?: number | undefined;
  readonly now?: Line['now'] | undefined;
  readonly sleep?: Line['sleep'] | undefined;
  readonly random?: Line['random'] | undefined;
  /** Default: 30 s. */
  readonly timeLimitMs?: number | undefined;
  /** Ends what is under way. A change that was sent by then ends as `SupabaseAnswerLost`. */
  readonly signal?: AbortSignal | undefined;
}

const BASE_URL = 'https://api.supabase.com';
const SESSION_PORT = 5432;
const PAGE = 100;
/** Of the list, when projects come and go while it is read. */
const PASSES = 3;
const SLUG = /^[\w-]+$/;
const POOLER_HOST = /^([a-z0-9-]+\.)+pooler\.supabase\.com$/;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** @throws SupabaseArgumentInvalid when the token or the address cannot be one */
export function openSupabaseApi(options: SupabaseApiOptions): SupabaseApi {
  const line = lineOf(options);
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
    request(line, { method: 'GET', path }, schema);
  return {
    listProjects: (organization) => listProjects(organization, get),
    createProject: async (asked) => request(line, creation(asked), projectAnswer),
    project: async (ref) => get(ofProject(ref), projectDetailsAnswer),
    health: (ref, services) => health(ref, services, get),
    deleteProject: async (ref) => request(line, { method: 'DELETE', path: ofProject(ref) }),
    backups: async (ref) => get(ofProject(ref, '/database/backups'), backupsAnswer),
    restorePitr: async (ref, at) => request(line, pitr(ref, at)),
    enableWebhooks: async (ref) =>
      request(line, { method: 'POST', path: ofProject(ref, '/database/webhooks/enable') }),
    pooler: (ref) => pooler(ref, options, get),
    apiKeys: async (ref) => get(ofProject(ref, '/api-keys?reveal=true'), apiKeysAnswer),
    organization: async (slug) => {
      const { name, plan } = await get(ofOrganization(slug), organizationAnswer);
      return { slug, name, plan: plan ?? undefined };
    },
    addons: async (ref) => get(ofProject(ref, '/billing/addons'), addonsAnswer),
  };
}

type Get = <T>(path: string, schema: z.ZodType<T>) => Promise<T>;

function lineOf(options: SupabaseApiOptions): Line {
  const token = options.token.trim();
  // a header with anything else is refused by fetch, with an error that shows it
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new SupabaseArgumentInvalid(
      'the access token of Supabase',
      token === '' ? 'empty' : 'one with a blank, a line break or another character that no token has',
      'one such as sbp_…',
    );
  return {
    token,
    baseUrl: checkedUrl(options.baseUrl ?? BASE_URL),
    fetch: options.fetch,
    now: options.now ?? Date.now,
    sleep: options.sleep ?? sleepFor,
    random: options.random ?? Math.random,
    timeLimitMs: options.timeLimitMs ?? 30_000,
    signal: options.signal,
  };
}

function checkedUrl(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.includes(url.hostname));
  if (!safe) throw new SupabaseArgumentInvalid('the address of the Management API', baseUrl, BASE_URL);
  return baseUrl.replace(/\/+$/, '');
}

function ofProject(ref: string, rest = ''): string {
  if (!PROJECT_REF.test(ref))
    throw new SupabaseArgumentInvalid('the project ref', JSON.stringify(ref), '20 letters a-z');
  return `/v1/projects/${ref}${rest}`;
}

function ofOrganization(slug: string, rest = ''): string {
  return `/v1/organizations/${encodeURIComponent(checkedSlug(slug))}${rest}`;
}

function checkedSlug(slug: string): string {
  if (SLUG.test(slug)) return slug;
  throw new SupabaseArgumentInvalid(
    'the slug of the organization',
    JSON.stringify(slug),
    'letters, digits, _ and -, as in the address of its page in the dashboard',
  );
}

/**
 * Every page, until one brings nothing new. Where the number of projects changes meanwhile, one may have slipped past
 * between two pages, so the list is read again; what any pass has seen counts.
 */
async function listProjects(organization: string, get: Get): Promise<ProjectSummary[]> {
  const found = new Map<string, ProjectSummary>();
  for (let pass = 1; pass <= PASSES; pass++) {
    const counts = new Set<number>();
    const seen = new Set<string>();
    for (let offset = 0; ; ) {
      const path = ofOrganization(organization, `/projects?offset=${offset}&limit=${PAGE}`);
      const { projects, pagination } = await get(path, projectPageAnswer);
      const before = seen.size;
      for (const project of projects) {
        seen.add(project.ref);
        found.set(project.ref, { ...project, organization });
      }
      offset += projects.length;
      counts.add(pagination.count);
      // a full page may have another behind it, whatever the count says
      if (seen.size === before || (projects.length < PAGE && offset >= pagination.count)) break;
    }
    if (counts.size === 1) break;
  }
  return [...found.values()];
}

function creation(asked: NewProject): Call {
  const { name, organization, databasePassword, region, instanceSize } = asked;
  return {
    method: 'POST',
    path: '/v1/projects',
    body: {
      name,
      organization_slug: checkedSlug(organization),
      db_pass: databasePassword,
      ...(region === undefined ? {} : { region_selection: { type: region.type, code: region.code } }),
      ...(instanceSize === undefined ? {} : { desired_instance_size: instanceSize }),
    },
  };
}

function pitr(ref: string, at: Date): Call {
  const seconds = Math.floor(at.getTime() / 1000);
  if (!(seconds >= 0))
    throw new SupabaseArgumentInvalid('the time to go back to', String(at.getTime()), 'a time after 1970');
  return {
    method: 'POST',
    path: ofProject(ref, '/database/backups/restore-pitr'),
    body: { recovery_time_target_unix: seconds },
  };
}

async function health(ref: string, services: readonly string[], get: Get): Promise<ServiceHealth[]> {
  const query = services.map((service) => `services=${encodeURIComponent(service)}`).join('&');
  const answer = await get(ofProject(ref, `/health?${query}`), healthAnswer);
  return services.map((name) => {
    const found = answer.find((entry) => entry.name === name);
    return { name, status: found?.status ?? 'UNKNOWN', error: found?.error ?? undefined };
  });
}

async function pooler(ref: string, options: SupabaseApiOptions, get: Get): Promise<PoolerAddress> {
  const entries = await get(ofProject(ref, '/config/database/pooler'), poolerAnswer);
  const primary = entries.filter((entry) => entry.database_type === 'PRIMARY');
  // both modes are of one host; the port says which it is, and only sessions keep a snapshot
  const entry = primary.find((one) => one.pool_mode === 'session') ?? primary[0];
  if (entry === undefined) throw new SupabasePoolerForeign(ref, 'there is none for its primary database');
  const { db_host: host, db_user: user } = entry;
  const port = options.poolerPort ?? SESSION_PORT;
  if (options.poolerHosts?.includes(host)) return { host, user, port };
  if (!POOLER_HOST.test(host))
    throw new SupabasePoolerForeign(ref, `host ${host}, expected one of pooler.supabase.com`);
  // the pooler finds the project by the user's name
  if (!user.includes('.')) return { host, user: `${user}.${ref}`, port };
  if (!user.endsWith(`.${ref}`))
    throw new SupabasePoolerForeign(ref, `user ${user}, expected postgres.${ref}`);
  return { host, user, port };
}
