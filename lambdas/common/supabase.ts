import { LAMBDA_ENV } from '../../core/names.ts';
import { openSupabaseApi, type SupabaseApi } from '../../core/supabase/api.ts';
import { readSecret } from './secret.ts';
import { requireEnv } from './settings.ts';

/** What the functions that watch Supabase ask of it. */
export type WatchedSupabase = Pick<SupabaseApi, 'backups' | 'listProjects' | 'deleteProject'>;

/**
 * The Management API, opened with the token of the vault. The token is read for every call of the function: one that was
 * renewed is used at once.
 * @throws SecretUnreadableError when nobody has put it in yet
 */
export async function openSupabase(): Promise<WatchedSupabase> {
  const arn = requireEnv(LAMBDA_ENV.supabaseTokenSecretArn, 'the secret with the access token of Supabase');
  return openSupabaseApi({
    token: await readSecret(arn),
    fetch,
    baseUrl: process.env[LAMBDA_ENV.supabaseApiUrl],
  });
}
