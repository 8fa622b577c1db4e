import { z } from 'zod';
import { parseEvent } from '../common/event.ts';

const eventSchema = z.object({ target: z.enum(['source', 'target']) });

/** Seam: nobody checks rules yet, and it says so. */
export async function handler(event: unknown): Promise<unknown> {
  parseEvent(eventSchema, event);
  const findings = [{ name: 'all', state: 'could-not-check', reason: 'no rule is checked yet' }];
  return { outcome: 'could-not-verify', findings };
}
