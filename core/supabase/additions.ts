import { z } from 'zod';

/**
 * What users have added to the platform's own schemas, and no archive holds, for the structure there is not theirs. One
 * JSON object a line, so that `jq -r '.sql[]?'` makes a script of it for psql.
 */
const added = {
  /** As a person would name it: `policy own_files on storage.objects`. */
  what: z.string(),
  /** Statements that make it, names qualified. */
  sql: z.array(z.string()).min(1),
};

const addition = z.discriminatedUnion('kind', [
  /** One that lies among the platform's extensions, where users may make some: tables may use it. */
  z.strictObject({ kind: z.literal('function'), ...added }),
  z.strictObject({ kind: z.literal('policy'), ...added }),
  z.strictObject({ kind: z.literal('trigger'), ...added }),
  z.strictObject({ kind: z.literal('grant'), ...added }),
  /** What a publication that every project has publishes. */
  z.strictObject({ kind: z.literal('publication'), ...added }),
  /** A job of pg_cron. Its statement is not run by a restore as it stands: the job would start at once. */
  z.strictObject({
    kind: z.literal('cron'),
    what: z.string(),
    name: z.string().nullable(),
    schedule: z.string(),
    command: z.string(),
    database: z.string(),
    username: z.string(),
    active: z.boolean(),
  }),
  /** Something that nobody may make in a new project. */
  z.strictObject({ kind: z.literal('lost'), what: z.string() }),
]);

export type Addition = z.infer<typeof addition>;
export type CronJob = Extract<Addition, { kind: 'cron' }>;
/** What statements make. */
export type MadeBySql = Extract<Addition, { sql: string[] }>;

const secret = z.strictObject({
  name: z.string().nullable(),
  description: z.string(),
  secret: z.string(),
});

/** A secret of Supabase Vault, decrypted: it goes into an encrypted object, or nowhere. */
export type VaultSecret = z.infer<typeof secret>;

export function writeLines(values: readonly (Addition | VaultSecret)[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

export function readAdditions(text: string): Addition[] {
  return linesOf(text).map((line) => addition.parse(JSON.parse(line)));
}

export function readSecrets(text: string): VaultSecret[] {
  return linesOf(text).map((line) => secret.parse(JSON.parse(line)));
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
