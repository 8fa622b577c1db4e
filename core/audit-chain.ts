import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PREFIX } from './names.ts';

/** Links of the audit chain lie here, the newest first by key. */
export const CHAIN_FOLDER = `${PREFIX.audit}/chain/`;

/** Links there can be: one a second for three centuries. */
const LAST_NUMBER = 9_999_999_999;
const DIGITS = String(LAST_NUMBER).length;

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * One record at its place in the order of all records. It holds the text of the record, so that a writer that dies after its
 * link and before its record loses nothing: whoever writes next puts the record there.
 */
const linkSchema = z.object({
  format: z.literal('videoplanet-audit-link'),
  formatVersion: z.literal(1),
  /** From 1, without a gap. */
  number: z.int().min(1).max(LAST_NUMBER),
  /** SHA-256 of the link before, its text as it is stored; null for the first. */
  previous: sha256Schema.nullable(),
  at: z.iso.datetime(),
  /** Where the record lies. */
  key: z.string().min(1),
  /** SHA-256 of the record. */
  sha256: sha256Schema,
  record: z.string(),
});

export type AuditLink = z.infer<typeof linkSchema>;

/** Key of a link. Numbers count down in it: S3 lists by key, and one short list then finds the newest link. */
export function linkKey(number: number): string {
  return `${CHAIN_FOLDER}${String(LAST_NUMBER - number).padStart(DIGITS, '0')}.json`;
}

/** Number of the link that a key is for; nothing where it is none of a link. */
export function linkNumber(key: string): number | undefined {
  const [, digits] = /\/(\d{10})\.json$/.exec(key) ?? [];
  if (digits === undefined || !key.startsWith(CHAIN_FOLDER)) return undefined;
  const number = LAST_NUMBER - Number(digits);
  return number >= 1 && linkKey(number) === key ? number : undefined;
}

/** The text of a new link. */
export function linkText(link: Omit<AuditLink, 'format' | 'formatVersion' | 'sha256'>): string {
  const { number, previous, at, key, record } = link;
  const sha256 = sha256Of(record);
  const all = {
    format: 'videoplanet-audit-link',
    formatVersion: 1,
    ...{ number, previous, at, key, sha256, record },
  };
  return `${JSON.stringify(all, null, 1)}\n`;
}

/** A link as it was written; nothing where the text is none, or does not agree with itself or with its key. */
export function parseLink(text: string, number: number): AuditLink | undefined {
  try {
    const link = linkSchema.parse(JSON.parse(text));
    return link.number === number && link.sha256 === sha256Of(link.record) ? link : undefined;
  } catch {
    return undefined;
  }
}

/** What links name texts by. */
export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
