import type { z } from 'zod';
import { EventInvalidError } from '../../core/errors/index.ts';
import { problemsOf } from '../../core/problems.ts';

/**
 * What a function was called with, as its schema reads it.
 * @throws EventInvalidError naming every field that is wrong
 */
export function parseEvent<Schema extends z.ZodType>(schema: Schema, event: unknown): z.output<Schema> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new EventInvalidError(problemsOf(parsed.error, 'whole event'));
}
