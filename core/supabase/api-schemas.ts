import { z } from 'zod';

/**
 * What this product reads of the Management API's answers, and nothing else: fields it does not know are ignored, and a
 * list of words (status, plan, type) is open, for Supabase adds to them.
 */

/** A project as every list and answer has it. */
export interface ProjectSummary {
  readonly ref: string;
  readonly name: string;
  /** Slug of its organization. */
  readonly organization: string;
  readonly region: string;
  readonly createdAt: Date;
  /** ACTIVE_HEALTHY, COMING_UP, INIT_FAILED, …; a word this version does not know is passed on. */
  readonly status: string;
}

export interface ProjectDetails extends ProjectSummary {
  readonly database: {
    /** The direct host, which has an IPv6 address only unless the project bought IPv4. */
    readonly host: string;
    readonly version: string;
    /** Major version, with a suffix for other engines: 15, 17, 17-oriole. */
    readonly postgresEngine: string;
  };
}

/** What a new project is to be. */
export interface NewProject {
  readonly name: string;
  /** Slug of the organization that pays for it. */
  readonly organization: string;
  readonly databasePassword: string;
  /** Default: the platform's choice. */
  readonly region?: { readonly type: 'specific' | 'smartGroup'; readonly code: string } | undefined;
  /** Such as `small`. Default: the smallest of the plan. */
  readonly instanceSize?: string | undefined;
}

export interface ServiceHealth {
  readonly name: string;
  /** COMING_UP, ACTIVE_HEALTHY or UNHEALTHY; UNKNOWN for a service that was asked about and left out of the answer. */
  readonly status: string;
  readonly error: string | undefined;
}

/** The times a project can be taken back to. */
export interface ProjectBackups {
  /** Is point-in-time recovery bought and on? */
  readonly pitrEnabled: boolean;
  readonly earliest: Date | undefined;
  readonly latest: Date | undefined;
}

/** Where the session pooler of a project listens, and as whom `postgres` signs in there. */
export interface PoolerAddress {
  readonly host: string;
  readonly user: string;
  readonly port: number;
}

/** A key of the project's HTTP interfaces. Secret, save for the publishable ones. */
export interface ApiKey {
  readonly name: string;
  /** `legacy` (the JWTs anon and service_role), `publishable` or `secret`. */
  readonly type: string | undefined;
  /** Nothing where the token may not see it. */
  readonly key: string | undefined;
}

export interface Organization {
  readonly slug: string;
  readonly name: string;
  /** `free`, `pro`, `team`, …; nothing where the answer leaves it out. */
  readonly plan: string | undefined;
}

/** Dollars per hour or month. */
export interface Price {
  readonly description: string;
  readonly type: string;
  readonly interval: string;
  readonly amount: number;
}

export interface AddonVariant {
  /** Such as `ci_small` or `pitr_7`. */
  readonly id: string;
  readonly name: string;
  readonly price: Price;
}

export interface Addons {
  readonly selected: readonly { readonly type: string; readonly variant: AddonVariant }[];
  readonly available: readonly {
    readonly type: string;
    readonly name: string;
    readonly variants: readonly AddonVariant[];
  }[];
  /** The point-in-time recovery that is bought, such as `pitr_7`. */
  readonly pitr: string | undefined;
}

const NO_ZONE = /\d$/;
const SHORT_ZONE = /([+-]\d\d)$/;

/** A time as the API or its database writes it: ISO, or with a space, a short zone or none, which then is UTC. */
const instant = z.string().transform((text, context) => {
  const iso = text.trim().replace(' ', 'T');
  const time = iso.split('T')[1] ?? '';
  const zoned = SHORT_ZONE.test(time)
    ? `${iso}:00`
    : NO_ZONE.test(time) && !/[+-]/.test(time)
      ? `${iso}Z`
      : iso;
  const date = new Date(zoned);
  if (!Number.isNaN(date.getTime())) return date;
  context.addIssue('expected a time');
  return z.NEVER;
});

const unixSeconds = z
  .int()
  .nonnegative()
  .nullish()
  .transform((seconds) => (typeof seconds === 'number' ? new Date(seconds * 1000) : undefined));

const project = z.object({
  ref: z.string(),
  name: z.string(),
  organization_slug: z.string(),
  region: z.string(),
  created_at: instant,
  status: z.string(),
});

const summaryOf = (found: z.infer<typeof project>): ProjectSummary => ({
  ref: found.ref,
  name: found.name,
  organization: found.organization_slug,
  region: found.region,
  createdAt: found.created_at,
  status: found.status,
});

export const projectAnswer = project.transform(summaryOf);

export const projectDetailsAnswer = project
  .extend({ database: z.object({ host: z.string(), version: z.string(), postgres_engine: z.string() }) })
  .transform((found): ProjectDetails => {
    const { host, version, postgres_engine: postgresEngine } = found.database;
    return { ...summaryOf(found), database: { host, version, postgresEngine } };
  });

/** One page; the organization is not in it. */
export const projectPageAnswer = z.object({
  projects: z.array(
    z
      .object({
        ref: z.string(),
        name: z.string(),
        region: z.string(),
        inserted_at: instant,
        status: z.string(),
      })
      .transform(({ inserted_at: createdAt, ...found }) => ({ ...found, createdAt })),
  ),
  pagination: z.object({ count: z.number() }),
});

export const healthAnswer = z.array(
  z.object({ name: z.string(), status: z.string(), error: z.string().nullish() }),
);

export const backupsAnswer = z
  .object({
    pitr_enabled: z.boolean(),
    physical_backup_data: z.object({
      earliest_physical_backup_date_unix: unixSeconds,
      latest_physical_backup_date_unix: unixSeconds,
    }),
  })
  .transform(
    ({ pitr_enabled, physical_backup_data: data }): ProjectBackups => ({
      pitrEnabled: pitr_enabled,
      earliest: data.earliest_physical_backup_date_unix,
      latest: data.latest_physical_backup_date_unix,
    }),
  );

export const poolerAnswer = z.array(
  z.object({
    database_type: z.string(),
    db_user: z.string(),
    db_host: z.string(),
    pool_mode: z.string(),
  }),
);

export const apiKeysAnswer = z.array(
  z
    .object({ name: z.string(), type: z.string().nullish(), api_key: z.string().nullish() })
    .transform(
      ({ name, type, api_key }): ApiKey => ({ name, type: type ?? undefined, key: api_key ?? undefined }),
    ),
);

export const organizationAnswer = z.object({ name: z.string(), plan: z.string().nullish() });

const variant = z.object({
  id: z.string(),
  name: z.string(),
  price: z.object({
    description: z.string(),
    type: z.string(),
    interval: z.string(),
    amount: z.number(),
  }),
});

export const addonsAnswer = z
  .object({
    selected_addons: z.array(z.object({ type: z.string(), variant })),
    available_addons: z.array(z.object({ type: z.string(), name: z.string(), variants: z.array(variant) })),
  })
  .transform(
    ({ selected_addons: selected, available_addons: available }): Addons => ({
      selected,
      available,
      pitr: selected.find(({ type }) => type === 'pitr')?.variant.id,
    }),
  );

/** What a refusal says for itself; its form is not in the contract. */
export const refusalAnswer = z.object({
  message: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
  error: z.string().optional().catch(undefined),
  missing_permissions: z.array(z.string()).optional().catch(undefined),
});
