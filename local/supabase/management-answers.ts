import { z } from 'zod';

/** One call of the Management API: what it takes and what it answers when all goes well, field by field. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As in Supabase's OpenAPI document. */
  readonly path: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly status: number;
  /** Nothing for an empty answer. */
  readonly answer: z.ZodType | undefined;
}

const ref = z.string().regex(/^[a-z]{20}$/);
const slug = z.string().regex(/^[\w-]+$/);
const time = z.iso.datetime();
const STATUSES = [
  ...['INACTIVE', 'ACTIVE_HEALTHY', 'ACTIVE_UNHEALTHY', 'COMING_UP', 'UNKNOWN', 'GOING_DOWN', 'INIT_FAILED'],
  ...[
    'REMOVED',
    'RESTORING',
    'UPGRADING',
    'PAUSING',
    'RESTORE_FAILED',
    'RESTARTING',
    'PAUSE_FAILED',
    'RESIZING',
  ],
] as const;
const status = z.enum(STATUSES);
export type ProjectStatus = (typeof STATUSES)[number];

export const SERVICES = [
  ...['auth', 'db', 'db_postgres_user', 'pooler', 'realtime', 'rest', 'storage', 'pg_bouncer'],
] as const;
const service = z.enum(SERVICES);

const newProject = z.strictObject({
  db_pass: z.string(),
  name: z.string().max(256),
  organization_slug: slug,
  region_selection: z
    .strictObject({ type: z.enum(['specific', 'smartGroup']), code: z.string().min(1) })
    .optional(),
  desired_instance_size: z.string().optional(),
  template_url: z.url().optional(),
  // the platform takes these and does not look at them
  organization_id: z.string().optional(),
  plan: z.enum(['free', 'pro']).optional(),
  region: z.string().optional(),
  kps_enabled: z.boolean().optional(),
});
export type NewProjectBody = z.infer<typeof newProject>;

const pitrTarget = z.strictObject({ recovery_time_target_unix: z.int().nonnegative() });
export type PitrBody = z.infer<typeof pitrTarget>;

const project = {
  id: z.string(),
  ref,
  organization_id: z.string(),
  organization_slug: slug,
  name: z.string(),
  region: z.string(),
  created_at: time,
  status,
};

const pageQuery = z.object({
  offset: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(100).default(100),
});
export type PageQuery = z.infer<typeof pageQuery>;

const listedProject = z.strictObject({
  ref,
  name: z.string(),
  cloud_provider: z.string(),
  region: z.string(),
  is_branch: z.boolean(),
  status,
  inserted_at: time,
  databases: z.array(
    z.strictObject({
      region: z.string(),
      status,
      cloud_provider: z.string(),
      identifier: z.string(),
      type: z.enum(['PRIMARY', 'READ_REPLICA']),
    }),
  ),
});

const price = z.strictObject({
  description: z.string(),
  type: z.enum(['fixed', 'usage']),
  interval: z.enum(['monthly', 'hourly']),
  amount: z.number(),
});
const variant = z.strictObject({ id: z.string(), name: z.string(), price });

const pooler = z.strictObject({
  identifier: z.string(),
  database_type: z.enum(['PRIMARY', 'READ_REPLICA']),
  is_using_scram_auth: z.boolean(),
  db_user: z.string(),
  db_host: z.string(),
  db_port: z.int(),
  db_name: z.string(),
  connection_string: z.string(),
  connectionString: z.string(),
  default_pool_size: z.int().nullable(),
  max_client_conn: z.int().nullable(),
  pool_mode: z.enum(['transaction', 'session']),
});

const apiKey = z.strictObject({
  api_key: z.string().nullable(),
  id: z.string(),
  type: z.enum(['legacy', 'publishable', 'secret']),
  name: z.string(),
  description: z.string(),
});

const backups = z.strictObject({
  region: z.string(),
  walg_enabled: z.boolean(),
  pitr_enabled: z.boolean(),
  backups: z.array(
    z.strictObject({
      id: z.int(),
      is_physical_backup: z.boolean(),
      status: z.enum(['COMPLETED', 'FAILED', 'PENDING', 'REMOVED', 'ARCHIVED', 'CANCELLED']),
      inserted_at: time,
    }),
  ),
  physical_backup_data: z.strictObject({
    earliest_physical_backup_date_unix: z.int().optional(),
    latest_physical_backup_date_unix: z.int().optional(),
  }),
});

const PROJECT = '/v1/projects/{ref}';

/** Every call that the stand-in knows. What is not in a schema neither goes in nor comes out. */
export const OPERATIONS = {
  listProjects: {
    method: 'GET',
    path: '/v1/organizations/{slug}/projects',
    query: pageQuery,
    status: 200,
    answer: z.strictObject({
      projects: z.array(listedProject),
      pagination: z.strictObject({ count: z.number(), limit: z.number(), offset: z.number() }),
    }),
  },
  organization: {
    method: 'GET',
    path: '/v1/organizations/{slug}',
    status: 200,
    answer: z.strictObject({
      id: z.string(),
      name: z.string(),
      plan: z.enum(['free', 'pro', 'team', 'enterprise', 'platform']),
      opt_in_tags: z.array(z.string()),
      allowed_release_channels: z.array(z.enum(['internal', 'alpha', 'beta', 'ga', 'withdrawn', 'preview'])),
    }),
  },
  createProject: {
    method: 'POST',
    path: '/v1/projects',
    body: newProject,
    status: 201,
    answer: z.strictObject(project),
  },
  project: {
    method: 'GET',
    path: PROJECT,
    status: 200,
    answer: z.strictObject({
      ...project,
      database: z.strictObject({
        host: z.string(),
        version: z.string(),
        postgres_engine: z.string(),
        release_channel: z.string(),
      }),
    }),
  },
  deleteProject: {
    method: 'DELETE',
    path: PROJECT,
    status: 200,
    answer: z.strictObject({ id: z.int(), ref: z.string(), name: z.string() }),
  },
  health: {
    method: 'GET',
    path: `${PROJECT}/health`,
    query: z.object({ services: z.array(service).min(1) }),
    status: 200,
    answer: z.array(
      z.strictObject({
        name: service,
        healthy: z.boolean(),
        status: z.enum(['COMING_UP', 'ACTIVE_HEALTHY', 'UNHEALTHY']),
        error: z.string().optional(),
      }),
    ),
  },
  backups: { method: 'GET', path: `${PROJECT}/database/backups`, status: 200, answer: backups },
  restorePitr: {
    method: 'POST',
    path: `${PROJECT}/database/backups/restore-pitr`,
    body: pitrTarget,
    status: 201,
    answer: undefined,
  },
  enableWebhooks: {
    method: 'POST',
    path: `${PROJECT}/database/webhooks/enable`,
    status: 201,
    answer: undefined,
  },
  pooler: { method: 'GET', path: `${PROJECT}/config/database/pooler`, status: 200, answer: z.array(pooler) },
  apiKeys: { method: 'GET', path: `${PROJECT}/api-keys`, status: 200, answer: z.array(apiKey) },
  addons: {
    method: 'GET',
    path: `${PROJECT}/billing/addons`,
    status: 200,
    answer: z.strictObject({
      selected_addons: z.array(z.strictObject({ type: z.string(), variant })),
      available_addons: z.array(
        z.strictObject({ type: z.string(), name: z.string(), variants: z.array(variant) }),
      ),
    }),
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof OPERATIONS;
