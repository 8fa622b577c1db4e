/**
 * Names that both sides of the product must spell alike: what `lib` sets, `lambdas` and `containers` read.
 * A name is changed here or nowhere.
 */

/** Environment variables of the engine (docs/architecture.md, "Environment"). */
export const ENV = {
  databaseUrl: 'DATABASE_URL',
  targetDatabaseUrl: 'TARGET_DATABASE_URL',
  bucket: 'BACKUP_BUCKET',
  config: 'BACKUP_CONFIG',
  gpgPublicKey: 'GPG_PUBLIC_KEY',
  gpgPrivateKey: 'GPG_PRIVATE_KEY',
  gpgPassphrase: 'GPG_PASSPHRASE',
  postgresBinDirs: 'BACKUP_POSTGRES_BINDIRS',
} as const;

/** Object names inside a set's folder. */
export const OBJECT = {
  schema: 'schema.dump.zst.gpg',
  rest: 'rest.dump.zst.gpg',
  roles: 'roles.sql.zst.gpg',
  instructions: 'RESTORE.md',
  manifest: 'manifest.json',
  verification: 'verification.json',
  claim: 'claim.json',
  dataFolder: 'data',
  sliceSuffix: '.copy.zst.gpg',
} as const;

/** What the process exit code says; Step Functions and shells branch on it. */
export const EXIT = {
  /** Done and verified. */
  verified: 0,
  /** Failed: nothing that looks like a backup, or a restore that is not one, was left without saying so. */
  failed: 1,
  /** Done, but something could not be verified; the result names it. */
  unverified: 2,
  /** Bad input or configuration; nothing was done. */
  badInput: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
