import { z } from 'zod';
import type { ApiKey, PoolerAddress } from '../supabase/api.ts';

/** What a field of the secret holds where there is nothing to put: without the field a task would not start. */
export const NOTHING = 'none';

/** Fields of the secret that tasks are given, by what each is. */
export const PROJECT_FIELD = {
  databaseUrl: 'databaseUrl',
  endpoint: 'storageEndpoint',
  region: 'storageRegion',
  accessKeyId: 'storageAccessKeyId',
  secretAccessKey: 'storageSecretAccessKey',
  sessionToken: 'storageSessionToken',
} as const;

/** Those of its API: what a drill asks it with. */
export const API_FIELD = { url: 'apiUrl', anonKey: 'anonKey', serviceRoleKey: 'serviceRoleKey' } as const;

/** Those of its Storage. */
export type StorageCredentials = Readonly<
  Record<Exclude<(typeof PROJECT_FIELD)[keyof typeof PROJECT_FIELD], 'databaseUrl'>, string>
>;
export type ApiCredentials = Readonly<Record<(typeof API_FIELD)[keyof typeof API_FIELD], string>>;

/** The secret `new-project` once the project can be used. */
export interface CompleteCredentials extends StorageCredentials, ApiCredentials {
  readonly name: string;
  readonly ref: string;
  readonly password: string;
  readonly databaseUrl: string;
}

/** The same as it may be found: of an earlier project, with one that has been asked for since, or filled by hand. */
const credentialsSchema = z.looseObject({
  name: z.string().optional(),
  ref: z.string().optional(),
  password: z.string().optional(),
  databaseUrl: z.string().optional(),
  /**
   * The project that was asked for last. What opens the one before it stays until this one can be used; and one that has
   * been asked for is not asked for again.
   */
  pending: z.object({ name: z.string(), password: z.string() }).optional(),
});
export type FoundCredentials = z.output<typeof credentialsSchema>;

/** @returns nothing where the secret holds none, as before the first restore into a new project */
export function readCredentials(text: string | undefined): FoundCredentials | undefined {
  try {
    return credentialsSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/** The one database of a project. */
const DATABASE = 'postgres';

/** The connection string of a project, through its pooler; what it does not say of TLS, the engine knows of Supabase. */
export function sessionUrl({ host, port, user }: PoolerAddress, password: string): string {
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${DATABASE}`;
}

/**
 * What opens a project's Storage by the S3 protocol without a key of the dashboard: the project's name, its anon key, and
 * a token that says service_role. Projects without these two keys need keys from the dashboard.
 */
export function storageCredentials(
  ref: string,
  region: string,
  keys: readonly ApiKey[],
): { readonly usable: boolean; readonly fields: StorageCredentials } {
  const { anon, serviceRole } = legacyKeys(keys);
  const usable = anon !== undefined && serviceRole !== undefined;
  return {
    usable,
    fields: {
      storageEndpoint: storageEndpointOf(ref),
      storageRegion: region,
      storageAccessKeyId: usable ? ref : NOTHING,
      storageSecretAccessKey: anon ?? NOTHING,
      storageSessionToken: serviceRole ?? NOTHING,
    },
  };
}

/**
 * What the API of a project is asked with, by its old keys or its new ones: all of it, or nothing, for half of it opens
 * nothing.
 */
export function apiCredentials(ref: string, keys: readonly ApiKey[]): ApiCredentials {
  const { anon, serviceRole } = legacyKeys(keys);
  const ofType = (type: string) => keys.find((each) => each.type === type && each.key !== undefined)?.key;
  const [open, secret] = [anon ?? ofType('publishable'), serviceRole ?? ofType('secret')];
  if (open === undefined || secret === undefined)
    return { apiUrl: NOTHING, anonKey: NOTHING, serviceRoleKey: NOTHING };
  return { apiUrl: apiUrlOf(ref), anonKey: open, serviceRoleKey: secret };
}

export function apiUrlOf(ref: string): string {
  return `https://${ref}.supabase.co`;
}

function legacyKeys(keys: readonly ApiKey[]): { anon: string | undefined; serviceRole: string | undefined } {
  const legacy = (name: string) => keys.find((each) => each.name === name && each.type === 'legacy')?.key;
  return { anon: legacy('anon'), serviceRole: legacy('service_role') };
}

/** The direct host, which is quicker for large files than that of the API. */
function storageEndpointOf(ref: string): string {
  return `https://${ref}.storage.supabase.co/storage/v1/s3`;
}
