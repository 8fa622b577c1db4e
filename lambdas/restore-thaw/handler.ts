import { z } from 'zod';
import { parseEvent } from '../common/event.ts';

const eventSchema = z.object({ setIds: z.array(z.string()), tier: z.string(), days: z.int() });

/** Seam: takes every set for readable. One that is archived is then refused by the engine, in words. */
export async function handler(event: unknown): Promise<unknown> {
  parseEvent(eventSchema, event);
  return { ready: true, waitSeconds: 0, objects: 0, bytes: 0, readyAt: null, costUsd: null };
}
