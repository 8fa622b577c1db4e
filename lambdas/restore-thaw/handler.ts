import { z } from 'zod';
import { NoSuchSetError } from '../../core/errors/index.ts';
import { parseSetId, setFolder } from '../../core/set-id.ts';
import { fewestDays, neededUntil, TIERS, usualDays } from '../../core/thaw.ts';
import {
  allReadable,
  askFor,
  bytesOf,
  optionsOf,
  refusalOf,
  survey,
  waitingOf,
} from '../../core/thaw-objects.ts';
import { openBucket } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
import { logger } from '../common/telemetry.ts';
import { archiveStore } from './archive-store.ts';

/** The engine's own limit of a run, where the event says no other. */
const RESTORE_MINUTES = 360;

/** Between two looks: the fastest way takes minutes, the others hours. */
const WAIT_SECONDS = { expedited: 60, standard: 900, bulk: 900 } as const;

const setId = z.string().superRefine((text, context) => {
  try {
    parseSetId(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

const eventSchema = z
  .object({
    setIds: z.array(setId).min(1),
    /** Keys below the folder of a set, by its id; all of a set that is not here. */
    objects: z.record(z.string(), z.array(z.string().min(1))).default({}),
    tier: z.enum(TIERS).default('standard'),
    /** How long the copies live. */
    days: z.int().min(1).max(365).optional(),
    /** How long the restore may take that reads them. */
    restoreMinutes: z.number().positive().default(RESTORE_MINUTES),
    /** Of an earlier answer: the estimate counts from when it was first asked. */
    askedAt: z.iso.datetime().optional(),
  })
  .refine(({ days, restoreMinutes }) => days === undefined || days >= fewestDays(restoreMinutes), {
    path: ['days'],
    message: 'are fewer than the restore may take',
  });

/** What the workflow does next. */
export interface Thawed {
  /** Every object can be read, for as long as the restore may take. */
  readonly ready: boolean;
  /** Until it is worth asking again. */
  readonly waitSeconds: number;
  readonly objects: number;
  readonly bytes: number;
  /** Of them, those that cannot be read yet. */
  readonly waitingFor: number;
  readonly waitingForBytes: number;
  /** When they can be read at the latest, by what S3 says of the tier; nothing where that is not known. */
  readonly readyAt: string | null;
  /** When the first copy ends, of those that can be read. */
  readonly readableUntil: string | null;
  /** By list prices, of what waits. */
  readonly costUsd: number;
  /** To be handed over with the next call. */
  readonly askedAt: string;
}

/**
 * Asks for the objects of sets that are in an archive class, and says how they stand; a workflow calls it until they are
 * ready. Asked twice, it asks for nothing twice.
 * @throws NoSuchSetError, UsageError when the tier is not for an object, ThawRefusedError when S3 refuses some
 */
export async function handler(event: unknown): Promise<Thawed> {
  const { setIds, objects, tier, restoreMinutes, ...asked } = parseEvent(eventSchema, event);
  const days = asked.days ?? usualDays(restoreMinutes);
  const now = new Date();
  const askedAt = asked.askedAt ?? now.toISOString();
  const keys = (await Promise.all([...new Set(setIds)].map((id) => keysOf(id, objects[id])))).flat();
  const look = () => survey(archiveStore, keys, neededUntil(now, restoreMinutes));
  const before = await look();
  const refused = await askFor(archiveStore, before, tier, days);
  const refusal = refusalOf(refused, before.missing);
  if (refusal !== undefined) throw refusal;
  const unasked = before.archived.length + before.expiring.length === 0;
  const found = unasked ? before : await look();
  const waiting = waitingOf(found);
  const option = optionsOf(found, days).find((each) => each.tier === tier);
  const answer: Thawed = {
    ready: allReadable(found),
    waitSeconds: WAIT_SECONDS[tier],
    objects: keys.length,
    bytes: bytesOf([...found.readable, ...waiting]),
    waitingFor: waiting.length,
    waitingForBytes: bytesOf(waiting),
    readyAt:
      option === undefined
        ? null
        : new Date(Date.parse(askedAt) + option.waitHours * 3_600_000).toISOString(),
    readableUntil: found.readableUntil?.toISOString() ?? null,
    costUsd: option?.costUsd ?? 0,
    askedAt,
  };
  logger.info('thaw', { setIds, tier, days, ...answer });
  return answer;
}

async function keysOf(id: string, named: readonly string[] | undefined): Promise<string[]> {
  const folder = setFolder(parseSetId(id));
  if (named !== undefined) return named.map((key) => folder + key);
  const found = await openBucket().listObjects(folder);
  if (found.length === 0) throw new NoSuchSetError(id, []);
  return found.map(({ key }) => key);
}
