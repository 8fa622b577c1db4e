import { LAMBDA_ENV } from '../../core/names.ts';
import { openSupabaseApi, type SupabaseApi } from '../../core/supabase/api.ts';
import { readSecret } from './secret.ts';
import { requireEnv } from './settings.ts';

/** What the functions that watch Supabase ask of it. */
export type WatchedSupabase = Pick<SupabaseApi, 'backups' | 'listProjects' | 'deleteProject'>;

/** Hosts of a stand-in's pooler: this machine. */
const STAND_IN_HOSTS = ['127.0.0.1', 'localhost'];

/**
 * The Management API, opened with the token of the vault. The token is read for every call of the function: one that was
 * renewed is used at once.
 * @throws SecretUnreadableError when nobody has put it in yet
 */
export async function openSupabase(): Promise<SupabaseApi> {
  const arn = requireEnv(LAMBDA_ENV.supabaseTokenSecretArn, 'the secret with the access token of Supabase');
  const baseUrl = process.env[LAMBDA_ENV.supabaseApiUrl];
  const port = process.env[LAMBDA_ENV.supabasePoolerPort];
  return openSupabaseApi({
    token: await readSecret(arn),
    fetch,
    baseUrl,
    ...(baseUrl === undefined || port === undefined
      ? {}
      : { poolerHosts: STAND_IN_HOSTS, poolerPort: Number(port) }),
  });
}
