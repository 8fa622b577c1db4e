import { z } from 'zod';
import { parseEvent } from '../common/event.ts';

const eventSchema = z.object({
  setIds: z.array(z.string()).min(1),
  tier: z.enum(['expedited', 'standard', 'bulk']),
  days: z.int(),
  restoreMinutes: z.number().positive(),
  askedAt: z.iso.datetime(),
});

/** Seam: takes every set for readable. One that is archived is then refused by the engine, in words. */
export async function handler(event: unknown): Promise<unknown> {
  parseEvent(eventSchema, event);
  return { ready: true, waitSeconds: 0, objects: 0, bytes: 0, readyAt: null, costUsd: null };
}
