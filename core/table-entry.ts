import { z } from 'zod';

/** A table as configurations and people write it; without a schema it is one of `public`. */
export const tableEntry = z
  .string()
  .regex(/^[^\s.]+(\.[^\s.]+)?$/u, 'expected a table as name or schema.name');

/** `schema.name` of an entry. */
export function qualified(entry: string): string {
  return entry.includes('.') ? entry : `public.${entry}`;
}
