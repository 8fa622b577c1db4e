/** How a Supabase project is called where something is confirmed: by its ref; where it has none, by its database's name. */
export function projectName(keywords: Readonly<Record<string, string>>, named: string | undefined): string {
  if (named !== undefined && named.trim() !== '') return named.trim();
  const { user = '', host = '', dbname = 'postgres' } = keywords;
  // the pooler takes the ref behind the user's name, the direct host has it in its own
  const [, ofUser] = /^[^.]+\.([a-z]{20})$/.exec(user) ?? [];
  const [, ofHost] = /^db\.([a-z]{20})\.supabase\.(?:co|com|in|net)$/.exec(host) ?? [];
  return ofUser ?? ofHost ?? dbname;
}
