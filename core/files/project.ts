import { projectRefOf } from '../supabase/host.ts';

/** How a Supabase project is called where something is confirmed: by its ref; where it has none, by its database's name. */
export function projectName(keywords: Readonly<Record<string, string>>, named: string | undefined): string {
  if (named !== undefined && named.trim() !== '') return named.trim();
  return projectRefOf(keywords) ?? keywords.dbname ?? 'postgres';
}
