/** What a connection string says about the server, by libpq's keywords. */
export interface ServerNames {
  readonly host?: string | undefined;
  readonly user?: string | undefined;
}

/** Stands for Supabase's own authorities where a connection string names a file of them (see certificates.ts). */
export const SUPABASE_ROOTCERT = 'supabase';

/** Names of a project: twenty letters. */
export const PROJECT_REF = /^[a-z]{20}$/;

/** Whether a host is one of Supabase's own: direct, pooler, or read replica. */
export function isSupabaseHost(host: string | undefined): boolean {
  return /(^|\.)supabase\.(co|com|net|in)$/.test(host ?? '');
}

/**
 * What helps where a host could not be reached; nothing for most.
 * @param problem as the system or the server puts it
 */
export function hintFor({ host }: ServerNames, problem: string): string {
  if (!isSupabaseHost(host)) return '';
  if (host?.startsWith('db.') && /ENOTFOUND|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|timeout/i.test(problem))
    return '; a direct host of Supabase has an IPv6 address only: take the connection string of the session pooler (port 5432) from the dashboard';
  if (/password authentication failed|Tenant or user not found/i.test(problem))
    return '; through the pooler the user is called role.project, and Supabase bans an address after several wrong passwords';
  return '';
}

/**
 * The project that a connection string leads to: part of the direct host `db.<ref>.supabase.co`, or of the user name
 * `<role>.<ref>` with which one goes through the pooler; nothing for every other server.
 */
export function projectRefOf({ host, user }: ServerNames): string | undefined {
  if (!isSupabaseHost(host)) return undefined;
  const ofHost = /^(?:db\.)?([a-z]{20})\.supabase\./.exec(host ?? '')?.[1];
  return ofHost ?? /\.([a-z]{20})$/.exec(user ?? '')?.[1];
}

/** What a connection string of a Supabase host comes to, or why it cannot be used. */
export type SupabaseTls =
  | { readonly sslmode: string; readonly sslrootcert: string }
  | { readonly refuse: string };

/**
 * TLS as Supabase's documentation wants it: the certificate and the name on it are checked by Supabase's authorities,
 * also where the string asks for less, as those that the dashboard shows do.
 */
export function supabaseTls(given: { sslmode?: string; sslrootcert?: string }): SupabaseTls {
  const { sslmode = 'verify-full', sslrootcert } = given;
  if (sslmode === 'disable' || sslmode === 'allow')
    return { refuse: `has sslmode=${sslmode}: the rows would cross the internet for everyone to read` };
  if (sslrootcert !== undefined) return { sslmode, sslrootcert };
  return { sslmode: sslmode === 'verify-ca' ? sslmode : 'verify-full', sslrootcert: SUPABASE_ROOTCERT };
}
