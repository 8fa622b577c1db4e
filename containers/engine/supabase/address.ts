import { EnvironmentError } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import { openSupabaseApi, type SupabaseApi } from '../../../core/supabase/api.ts';
import { isSupabaseHost, supabaseTls } from '../../../core/supabase/host.ts';
import type { DatabaseAddress } from '../database/url.ts';

/**
 * The database of a project that is named by its ref: the host of its session pooler is asked for, not made up, for it
 * differs from project to project of one region. Direct hosts have IPv6 addresses only, which Fargate has not.
 * @param env SUPABASE_PROJECT_REF, SUPABASE_ACCESS_TOKEN and SUPABASE_DB_PASSWORD
 * @throws EnvironmentError when one of them is missing, and the errors of the Management API
 */
export async function projectDatabase(
  env: Readonly<Record<string, string | undefined>>,
  open: (token: string) => Pick<SupabaseApi, 'pooler'> = (token) => openSupabaseApi({ token, fetch }),
): Promise<DatabaseAddress> {
  const given = (name: string, purpose: string) => {
    const value = env[name]?.trim() ?? '';
    if (value === '') throw new EnvironmentError(name, 'is not set', `set it to ${purpose}`);
    return value;
  };
  const ref = given(ENV.supabaseProjectRef, 'the ref of the project');
  const token = given(ENV.supabaseAccessToken, 'an access token that may read the pooler of the project');
  const password = given(ENV.supabaseDbPassword, 'the password of its role postgres');
  const { host, port, user } = await open(token).pooler(ref);
  const tls = isSupabaseHost(host) ? supabaseTls({}) : {};
  return { keywords: { host, port: String(port), user, dbname: 'postgres', ...tls }, password };
}
