import { z } from 'zod';

const schema = z.strictObject({
  product: z.literal('videoplanet-backup'),
  /** What took its place: the restore of a set, or a rollback. `rollback` of this id brings the database back. */
  restoreId: z.string(),
  /** The set that was restored; nothing where a rollback took its place. */
  set: z.string().nullable(),
  /** The name it had. */
  database: z.string(),
  at: z.iso.datetime(),
  /** What its comment was, which it gets back with its name. */
  originalComment: z.string().nullable(),
});

/**
 * What a database that was put aside says of itself: its comment on the server (docs/adr/0006). A comment stays with the
 * database however it is renamed, and needs no place of ours.
 */
export type KeptNote = z.infer<typeof schema>;

/** The comment. */
export function serializeKeptNote(note: Omit<KeptNote, 'product'>): string {
  return JSON.stringify(schema.parse({ product: 'videoplanet-backup', ...note }));
}

/** Nothing where the comment is somebody's own text. */
export function parseKeptNote(comment: string | null): KeptNote | undefined {
  if (comment === null) return undefined;
  try {
    return schema.parse(JSON.parse(comment));
  } catch {
    return undefined;
  }
}
