import { CHAIN_FOLDER, linkKey, linkNumber, linkText, parseLink, sha256Of } from './audit-chain.ts';
import { AuditChainBusyError } from './errors/index.ts';

/** What adding a record needs of a bucket. */
export interface AuditStore {
  /** The first keys below a prefix, in their order. */
  firstKeys(prefix: string, most: number): Promise<string[]>;
  /** Text of an object, or nothing when there is none. */
  getText(key: string): Promise<string | undefined>;
  /**
   * Writes an object where there is none. `conflict`: another write to the key is under way, and nobody knows yet what
   * comes of it.
   */
  putIfAbsent(key: string, text: string): Promise<'written' | 'taken' | 'conflict'>;
}

export interface Appended {
  /** Whether another attempt had written the record before. */
  readonly existing: boolean;
  /** Whether the record lies under its own key; if not, it is in the chain, and the next writer puts it there. */
  readonly settled: boolean;
}

export interface AppendOptions {
  readonly now: () => Date;
  /** Waits before the next try. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** With as many writers at once each of them still gets its turn; far more than there can be. */
const MOST_TRIES = 60;
const LONGEST_PAUSE_MS = 400;
/** Requests that fail without saying what became of them, before it is said that S3 fails. */
const LOST_ANSWERS = 3;
/** Objects that are no links may lie in the folder; they must not keep anybody from writing. */
const KEYS_LOOKED_AT = 100;

/**
 * Adds a record to the chain and puts it under its key: once, however many try at once and however often. No service gives
 * out the numbers: of those who write the next link S3 lets one through, and the others look again (docs/adr/0022).
 *
 * What makes it safe is the order. A link is written before its record, and nobody writes a link before the record of the
 * link before it is there. So a link that has a successor has a record, and whoever finds no record of its own under
 * its key knows that no link of the past holds it.
 * @throws AuditChainBusyError when others were quicker every time
 * @throws whatever the store throws, when it fails again and again
 */
export async function appendRecord(
  store: AuditStore,
  key: string,
  record: string,
  { now, pause }: AppendOptions,
): Promise<Appended> {
  let lost = 0;
  for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
    const head = await newestLink(store);
    if (head?.link !== undefined) await settle(store, head.link, pause);
    const held = await store.getText(key);
    if (held !== undefined) return { existing: held !== record, settled: true };
    const link = {
      number: (head?.number ?? 0) + 1,
      previous: head === undefined ? null : sha256Of(head.text),
      at: now().toISOString(),
      key,
      record,
    };
    try {
      const claimed = await store.putIfAbsent(linkKey(link.number), linkText(link));
      if (claimed === 'written') return { existing: false, settled: await isSettled(store, link, pause) };
    } catch (error) {
      // it may have been written all the same: the next look finds it
      lost += 1;
      if (lost >= LOST_ANSWERS) throw error;
    }
    await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 10 * 2 ** attempt));
  }
  throw new AuditChainBusyError(key, MOST_TRIES);
}

/** The newest link; its content is nothing where somebody has spoilt it, which keeps nobody from going on behind it. */
async function newestLink(store: AuditStore) {
  const keys = await store.firstKeys(CHAIN_FOLDER, KEYS_LOOKED_AT);
  const newest = keys.find((key) => linkNumber(key) !== undefined);
  const number = newest === undefined ? undefined : linkNumber(newest);
  if (newest === undefined || number === undefined) return undefined;
  const text = (await store.getText(newest)) ?? '';
  return { number, text, link: parseLink(text, number) };
}

/** Puts a record under its key, unless it is there. @throws when that cannot be found out */
async function settle(
  store: AuditStore,
  { key, record }: { key: string; record: string },
  pause: AppendOptions['pause'],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    if ((await store.putIfAbsent(key, record)) !== 'conflict') return;
    // the other write may fail, and then there is none
    if ((await store.getText(key)) !== undefined) return;
    if (attempt === MOST_TRIES) throw new AuditChainBusyError(key, MOST_TRIES);
    await pause(Math.random() * LONGEST_PAUSE_MS);
  }
}

/** The record is in the chain already: what fails now loses nothing. */
async function isSettled(
  store: AuditStore,
  link: { key: string; record: string },
  pause: AppendOptions['pause'],
): Promise<boolean> {
  try {
    await settle(store, link, pause);
    return true;
  } catch {
    return false;
  }
}
