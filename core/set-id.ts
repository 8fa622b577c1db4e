import { UsageError } from './errors/index.ts';
import { isKind, KIND_PREFIX, KINDS, type Kind } from './kinds.ts';
import { OBJECT } from './names.ts';

/** One backup set: its kind and the instant it was due. Two runs of one slot make one set (spec B8). */
export interface SetId {
  readonly kind: Kind;
  /** Instant the set was due, UTC, whole seconds. */
  readonly slot: Date;
}

const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** `20261123T170000Z`: sorts as time does and needs no escaping in a key. */
export function formatSlot(slot: Date): string {
  return slot.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/**
 * Reads an instant as an operator or a scheduler writes it: ISO 8601 with a time zone, or the basic form of a key.
 * @throws UsageError when it is neither; a time without a zone is refused, for it means another instant here than there,
 *   and a year that a key has no four digits for, or in which nothing was backed up
 */
export function parseInstant(text: string): Date {
  const iso = text.replace(BASIC, '$1-$2-$3T$4:$5:$6Z');
  const zoned = /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.exec(
    iso,
  );
  const instant = new Date(zoned !== null && isCalendarDay(zoned[1] ?? '') ? Date.parse(iso) : Number.NaN);
  if (Number.isNaN(instant.getTime())) {
    const leap = /:60(\.|Z|[+-])/.test(iso) ? ', and no leap second' : '';
    throw new UsageError(
      `${text} is no instant; expected ISO 8601 with a zone, such as 2026-11-24T02:00:00+09:00${leap}`,
    );
  }
  const year = instant.getUTCFullYear();
  if (year >= 1970 && year <= 9999) return instant;
  const named = String(year).padStart(4, '0');
  throw new UsageError(`${text} is in the year ${named}, in UTC; expected one from 1970 to 9999`);
}

/**
 * An instant to the whole second, which is as exact as a set id.
 * @throws UsageError as `parseInstant`
 */
export function parseSlot(text: string): Date {
  return new Date(Math.floor(parseInstant(text).getTime() / 1000) * 1000);
}

/** Date.parse takes 30 February for 2 March, which would be another slot. */
function isCalendarDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** `daily-20261123T170000Z` */
export function formatSetId(id: SetId): string {
  return `${id.kind}-${formatSlot(id.slot)}`;
}

/** @throws UsageError when the text is no set id */
export function parseSetId(text: string): SetId {
  const dash = text.indexOf('-');
  const kind = text.slice(0, dash);
  const slot = text.slice(dash + 1);
  if (dash < 0 || !isKind(kind) || !BASIC.test(slot)) {
    throw new UsageError(
      `${text} is no set id; expected <kind>-<slot>, such as daily-20261123T170000Z, kinds ${KINDS.join(', ')}`,
    );
  }
  return { kind, slot: parseSlot(slot) };
}

/** Whether the text is the id of a set of this kind. */
export function isIdOf(kind: Kind, text: string): boolean {
  return text.startsWith(`${kind}-`) && slotIn(text.slice(kind.length + 1)) !== undefined;
}

/** Folder of the set, with its trailing slash: `daily/20261123T170000Z/`. */
export function setFolder(id: SetId): string {
  return `${KIND_PREFIX[id.kind]}/${formatSlot(id.slot)}/`;
}

/** The set whose folder this is, or nothing when the key is none of a set's. */
export function setOfFolder(folder: string): SetId | undefined {
  const [prefix, slot] = folder.split('/');
  const kind = KINDS.find((candidate) => KIND_PREFIX[candidate] === prefix);
  const due = slotIn(slot ?? '');
  return kind === undefined || due === undefined ? undefined : { kind, slot: due };
}

/** The instant that a text of the form `20261123T170000Z` says; nothing for any other, digits that are no date included. */
export function slotIn(text: string): Date | undefined {
  if (!BASIC.test(text)) return undefined;
  try {
    return parseSlot(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return undefined;
  }
}

/**
 * Key of one slice below the set's folder. A table's name may hold anything, a slash or a control character
 * included; what a key should not hold is percent-encoded, Korean stays readable.
 */
export function sliceKey(schema: string, table: string, index: number): string {
  const name = `${encodeName(schema)}.${encodeName(table)}`;
  return `${OBJECT.dataFolder}/${name}/${String(index).padStart(4, '0')}${OBJECT.sliceSuffix}`;
}

/** Escapes the dot too: without that, `a.b` + `c` and `a` + `b.c` would share a folder. */
function encodeName(name: string): string {
  return name.replace(/[^\p{L}\p{N}_-]/gu, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}
