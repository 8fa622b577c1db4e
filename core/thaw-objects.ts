import PQueue from 'p-queue';
import { ThawRefusedError, UsageError } from './errors/index.ts';
import {
  type ColdObject,
  removedAt,
  type ThawOption,
  type ThawState,
  type Tier,
  thawOptions,
  thawStateOf,
  waitHours,
} from './thaw.ts';

/** What thawing needs of a bucket; both sides of the product bring their own client. */
export interface ArchiveStore {
  /** What S3 says of an object, or nothing when there is none. */
  look(key: string): Promise<ColdObject | undefined>;
  /**
   * Asks for a copy that lives for some days; one that is under way, or there, is fine.
   * @returns why S3 refused, where it did
   */
  ask(object: ColdObject, tier: Tier, days: number): Promise<string | undefined>;
}

/** Requests under way at once: S3 takes a thousand restore requests a second of one account. */
const CONCURRENCY = 32;

/** How the objects of a set stand. */
export interface Survey {
  readonly readable: readonly ColdObject[];
  readonly underWay: readonly ColdObject[];
  readonly archived: readonly ColdObject[];
  readonly expiring: readonly ColdObject[];
  /** Keys under which there is nothing. */
  readonly missing: readonly string[];
  /** When the first copy ends, of those that can be read. */
  readonly readableUntil: Date | null;
  /** When lifecycle removes the first of the objects, thawed or not. */
  readonly removedAt: Date | null;
}

/** Looks at objects, many at once. @param until copies must live so long */
export async function survey(store: ArchiveStore, keys: readonly string[], until: Date): Promise<Survey> {
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const looked = await queue.addAll(keys.map((key) => async () => ({ key, object: await store.look(key) })));
  const found = looked.flatMap(({ object }) =>
    object === undefined ? [] : [{ object, thaw: thawStateOf(object, until) }],
  );
  const inState = (state: ThawState['state']) =>
    found.filter(({ thaw }) => thaw.state === state).map(({ object }) => object);
  return {
    readable: inState('readable'),
    underWay: inState('under-way'),
    archived: inState('archived'),
    expiring: inState('expiring'),
    missing: looked.filter(({ object }) => object === undefined).map(({ key }) => key),
    readableUntil: earliest(found.map(({ thaw }) => ('until' in thaw ? thaw.until : null))),
    removedAt: earliest(found.map(({ object }) => removedAt(object))),
  };
}

/** Objects that cannot be read, or not for long enough, for whichever reason. */
export function waitingOf({ archived, underWay, expiring }: Survey): readonly ColdObject[] {
  return [...archived, ...underWay, ...expiring];
}

/** Whether every object can be read for as long as it is needed. */
export function allReadable(survey: Survey): boolean {
  return waitingOf(survey).length + survey.missing.length === 0;
}

/** What thawing all that is not readable takes, whether it was asked for already or not. */
export function optionsOf({ underWay, archived, expiring }: Survey, days: number): ThawOption[] {
  return thawOptions([...archived, ...underWay], expiring, days);
}

/**
 * Asks for all that have to be asked for; those that S3 refuses do not keep it from asking for the others.
 * @throws UsageError before asking for any, when the tier is not for one of them
 * @returns why not, by key
 */
export async function askFor(
  store: ArchiveStore,
  { archived, expiring }: Survey,
  tier: Tier,
  days: number,
): Promise<ReadonlyMap<string, string>> {
  const tooDeep = archived.filter((object) => waitHours(object, tier) === undefined);
  if (tooDeep.length > 0)
    throw new UsageError(
      `tier ${tier} is not for DEEP_ARCHIVE, in which ${tooDeep.length} of the objects are; use standard or bulk`,
    );
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const answers = await queue.addAll(
    [...archived, ...expiring].map((object) => async () => ({
      key: object.key,
      refusal: await store.ask(object, tier, days),
    })),
  );
  return new Map(
    answers.flatMap(({ key, refusal }) => (refusal === undefined ? [] : [[key, refusal] as const])),
  );
}

/** What is to be told when S3 refused some objects, or some are not there. */
export function refusalOf(
  refused: ReadonlyMap<string, string>,
  missing: readonly string[],
): ThawRefusedError | undefined {
  const problems = [
    ...Array.from(refused, ([key, because]) => `${key}: ${because}`),
    ...missing.map((key) => `${key}: it is not in the bucket`),
  ];
  return problems.length === 0 ? undefined : new ThawRefusedError(problems);
}

function earliest(dates: readonly (Date | null)[]): Date | null {
  const times = dates.flatMap((date) => (date === null ? [] : [date.getTime()]));
  return times.length === 0 ? null : new Date(Math.min(...times));
}

export function bytesOf(objects: readonly ColdObject[]): number {
  return objects.reduce((sum, { bytes }) => sum + bytes, 0);
}
