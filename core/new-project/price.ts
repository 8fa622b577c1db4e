/** US dollars an hour that a project's machine costs, by its size; Supabase's list of 2026. */
const HOURLY: Readonly<Record<string, number>> = {
  nano: 0,
  micro: 0.01344,
  small: 0.0206,
  medium: 0.0822,
  large: 0.1517,
  xlarge: 0.2877,
};
const HOURS_OF_MONTH = 744;

/**
 * What a project costs as long as it is there, in words that are the same in both languages.
 * @param listed US dollars an hour by Supabase's own list of just now; nothing where it does not say
 */
export function priceOf(
  plan: string,
  size: string | undefined,
  listed: { readonly hourly: number } | undefined,
): string {
  if (plan === 'free') return '$0 (Free)';
  // left out, Supabase takes the smallest there is
  const hourly = listed?.hourly ?? HOURLY[size ?? 'micro'];
  if (hourly === undefined) return '';
  return `$${(hourly * HOURS_OF_MONTH).toFixed(2)}/month ($${hourly}/hour, ${size ?? 'micro'})`;
}
