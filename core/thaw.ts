/**
 * Archived objects: what S3 says of one, whether it can be read, and what it takes until it can. S3 makes a copy in STANDARD
 * that lives for some days; the object stays in its class.
 */

export const TIERS = ['expedited', 'standard', 'bulk'] as const;
/** How fast an object is thawed, and at what price. */
export type Tier = (typeof TIERS)[number];

/** What S3 says of an object (HeadObject). */
export interface ColdObject {
  readonly key: string;
  readonly bytes: number;
  /** Nothing for STANDARD. */
  readonly storageClass?: string | undefined;
  /** Of an object in INTELLIGENT_TIERING that has gone to one of its archive tiers. */
  readonly archiveStatus?: string | undefined;
  /** `x-amz-restore`: nothing where no copy was ever asked for, or its days are over. */
  readonly restore?: string | undefined;
  /** `x-amz-expiration`: when lifecycle will remove the object. */
  readonly expiration?: string | undefined;
}

/** The answer to HeadObject, as far as it matters here. */
interface HeadAnswer {
  readonly ContentLength?: number | undefined;
  readonly StorageClass?: string | undefined;
  readonly ArchiveStatus?: string | undefined;
  readonly Restore?: string | undefined;
  readonly Expiration?: string | undefined;
}

export function coldObject(key: string, answer: HeadAnswer): ColdObject {
  return {
    key,
    bytes: answer.ContentLength ?? 0,
    storageClass: answer.StorageClass,
    archiveStatus: answer.ArchiveStatus,
    restore: answer.Restore,
    expiration: answer.Expiration,
  };
}

/** How S3 writes a tier. */
const TIER_OF_S3 = { expedited: 'Expedited', standard: 'Standard', bulk: 'Bulk' } as const;

/** What is sent to S3 for an object; nothing of INTELLIGENT_TIERING is a copy, so it takes no number of days. */
export function thawRequest(object: ColdObject, tier: Tier, days: number) {
  return {
    ...(staysThawed(object) ? {} : { Days: days }),
    GlacierJobParameters: { Tier: TIER_OF_S3[tier] },
  };
}

/** The two depths there are; the archive tiers of INTELLIGENT_TIERING thaw as the classes do. */
const ARCHIVE: Readonly<Record<string, Depth>> = {
  GLACIER: 'GLACIER',
  DEEP_ARCHIVE: 'DEEP_ARCHIVE',
  ARCHIVE_ACCESS: 'GLACIER',
  DEEP_ARCHIVE_ACCESS: 'DEEP_ARCHIVE',
};
type Depth = 'GLACIER' | 'DEEP_ARCHIVE';

export type ThawState =
  /** Can be read; a copy only until then. */
  | { readonly state: 'readable'; readonly until: Date | null }
  /** Was asked for, and is not there yet. */
  | { readonly state: 'under-way' }
  /** Has to be asked for. */
  | { readonly state: 'archived' }
  /** Can be read, but not for as long as it is needed: has to be asked for again, which prolongs the copy. */
  | { readonly state: 'expiring'; readonly until: Date };

/**
 * Whether an object can be read.
 * @param neededUntil a copy that ends before is as good as none
 */
export function thawStateOf(object: ColdObject, neededUntil: Date): ThawState {
  if (depthOf(object) === undefined) return { state: 'readable', until: null };
  const header = parseRestoreHeader(object.restore);
  if (header === undefined) return { state: 'archived' };
  if (header.ongoing) return { state: 'under-way' };
  const { until } = header;
  if (until === null) return { state: 'readable', until };
  return { state: until < neededUntil ? 'expiring' : 'readable', until };
}

function depthOf({ storageClass = 'STANDARD', archiveStatus }: ColdObject): Depth | undefined {
  return ARCHIVE[archiveStatus ?? storageClass];
}

/** Thawed for good, until nobody has read it for long. */
function staysThawed({ storageClass }: ColdObject): boolean {
  return storageClass === 'INTELLIGENT_TIERING';
}

/** The date holds a comma, so the header is never split on commas. */
function parseRestoreHeader(
  header: string | undefined,
): { ongoing: boolean; until: Date | null } | undefined {
  const [, ongoing, date] =
    /ongoing-request="(true|false)"(?:, *expiry-date="([^"]+)")?/.exec(header ?? '') ?? [];
  if (ongoing === undefined) return undefined;
  return { ongoing: ongoing === 'true', until: dateOf(date) };
}

/** When lifecycle removes the object, thawed or not: that comes before the end of any copy. */
export function removedAt({ expiration }: ColdObject): Date | null {
  return dateOf(/expiry-date="([^"]+)"/.exec(expiration ?? '')?.[1]);
}

function dateOf(text: string | undefined): Date | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : new Date(time);
}

/** Hours until an object can be read, at most (S3 user guide, "Archive retrieval options"); nothing where S3 has no such way. */
const WAIT_HOURS: Readonly<Record<Depth, Readonly<Record<Tier, number | undefined>>>> = {
  GLACIER: { expedited: 5 / 60, standard: 5, bulk: 12 },
  DEEP_ARCHIVE: { expedited: undefined, standard: 12, bulk: 48 },
};

/** Expedited minutes are those of objects up to 250 MB; larger ones come at about 300 MB/s. */
const EXPEDITED_BYTES_PER_HOUR = 300e6 * 3600;

/**
 * List prices in USD, us-east-1, without tax: 1,000 requests, a GiB retrieved, a GiB of STANDARD for a month
 * (https://aws.amazon.com/s3/pricing/). Other regions differ somewhat, and what leaves AWS costs more than all of this.
 */
const PRICE: Readonly<Record<Depth, Readonly<Record<Tier, { requests: number; gib: number }>>>> = {
  GLACIER: {
    expedited: { requests: 10, gib: 0.03 },
    standard: { requests: 0.05, gib: 0.01 },
    bulk: { requests: 0, gib: 0 },
  },
  DEEP_ARCHIVE: {
    expedited: { requests: 0, gib: 0 },
    standard: { requests: 0.1, gib: 0.02 },
    bulk: { requests: 0.025, gib: 0.0025 },
  },
};
const STANDARD_GIB_MONTH = 0.023;
export const PRICE_REGION = 'us-east-1';

const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;

/** What thawing takes, by one tier. */
export interface ThawOption {
  readonly tier: Tier;
  /** At most. */
  readonly waitHours: number;
  /** By list prices of `PRICE_REGION`, up to the next cent. */
  readonly costUsd: number;
}

/**
 * The ways there are for all of these objects together.
 * @param archived objects that have to be asked for
 * @param prolonged objects whose copy is only to live longer
 * @param days the copies are to live
 */
export function thawOptions(
  archived: readonly ColdObject[],
  prolonged: readonly ColdObject[],
  days: number,
): ThawOption[] {
  return TIERS.flatMap((tier) => {
    const waits = archived.map((object) => waitHours(object, tier));
    if (waits.includes(undefined)) return [];
    const cents = 100 * (retrievalCost(archived, tier) + copyCost([...archived, ...prolonged], days));
    const wait = Math.max(0, ...waits.map((hours) => hours ?? 0));
    // prices are no binary fractions: without the first rounding, an exact cent would become two
    return [
      {
        tier,
        waitHours: Math.round(wait * 100) / 100,
        costUsd: Math.ceil(Math.round(cents * 1e6) / 1e6) / 100,
      },
    ];
  });
}

/** Hours until the object can be read, at most; nothing where the tier is not for it. */
export function waitHours(object: ColdObject, tier: Tier): number | undefined {
  const depth = depthOf(object);
  const hours = depth === undefined ? 0 : WAIT_HOURS[depth][tier];
  if (hours === undefined || tier !== 'expedited' || depth === undefined) return hours;
  return Math.max(hours, object.bytes / EXPEDITED_BYTES_PER_HOUR);
}

function retrievalCost(objects: readonly ColdObject[], tier: Tier): number {
  let cost = 0;
  for (const object of objects) {
    const depth = depthOf(object);
    // INTELLIGENT_TIERING bills retrieval for the fast way only
    if (depth === undefined || (staysThawed(object) && tier !== 'expedited')) continue;
    const { requests, gib } = PRICE[depth][tier];
    cost += requests / 1000 + (object.bytes / GIB) * gib;
  }
  return cost;
}

/** The temporary copy, billed besides the object itself. */
function copyCost(objects: readonly ColdObject[], days: number): number {
  const copied = objects.filter((object) => !staysThawed(object));
  return (copied.reduce((sum, { bytes }) => sum + bytes, 0) / GIB) * STANDARD_GIB_MONTH * (days / 30);
}

/** A restore that begins late, and clocks that differ. */
const MARGIN_MINUTES = 60;

/** Until when a copy must live for a restore that begins now and may take so long. */
export function neededUntil(now: Date, restoreMinutes: number): Date {
  return new Date(now.getTime() + (restoreMinutes + MARGIN_MINUTES) * 60_000);
}

/** Days a copy lives, where nobody says: time to see that it is there, to restore, and to restore once more. */
const USUAL_DAYS = 3;

/** Fewest days by which a copy outlives a restore of that length. */
export function fewestDays(restoreMinutes: number): number {
  return Math.ceil(((restoreMinutes + MARGIN_MINUTES) * 60_000) / DAY_MS);
}

/** Days to ask for where nobody says how many. */
export function usualDays(restoreMinutes: number): number {
  return Math.max(USUAL_DAYS, fewestDays(restoreMinutes));
}

/** `1.2 GB`, for messages. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

/** `standard: up to 12 h, $0.05`, for messages. */
export function optionText({ tier, waitHours: hours, costUsd }: ThawOption): string {
  const price = `$${costUsd.toFixed(2)}`;
  if (hours === 0) return `${tier}: at once, ${price}`;
  return `${tier}: up to ${hours < 1 ? `${Math.ceil(hours * 60)} min` : `${hours} h`}, ${price}`;
}
