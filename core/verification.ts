import { z } from 'zod';

const schema = z.strictObject({
  format: z.literal('videoplanet-verification'),
  id: z.string(),
  outcome: z.enum(['verified', 'failed']),
  /** `structure`: sizes, hashes and OpenPGP packets. `content`: decrypted, plain hashes, archives listed. */
  depth: z.enum(['structure', 'content']),
  at: z.iso.datetime(),
  manifestSha256: z.string(),
  objects: z.int(),
  storedBytes: z.int(),
  problems: z.array(z.string()),
});

/** What the newest `verify` of a set found; kept beside the manifest, which is never changed (spec V2). */
export type Verification = z.infer<typeof schema>;

export function serializeVerification(verification: Verification): string {
  return `${JSON.stringify(schema.parse(verification), null, 1)}\n`;
}

/** Nothing when the text is none: a set whose verification cannot be read counts as not verified. */
export function parseVerification(text: string): Verification | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
