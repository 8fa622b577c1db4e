/**
 * Names that both sides of the product must spell alike: what `lib` sets, `lambdas` and `containers` read.
 * A name is changed here or nowhere.
 */

/** Environment variables of the engine (docs/architecture.md, "Environment"). */
export const ENV = {
  databaseUrl: 'DATABASE_URL',
  targetDatabaseUrl: 'TARGET_DATABASE_URL',
  /** A project by its ref, in place of DATABASE_URL, with what its session pooler is found and entered by. */
  supabaseProjectRef: 'SUPABASE_PROJECT_REF',
  supabaseAccessToken: 'SUPABASE_ACCESS_TOKEN',
  supabaseDbPassword: 'SUPABASE_DB_PASSWORD',
  bucket: 'BACKUP_BUCKET',
  config: 'BACKUP_CONFIG',
  configJson: 'BACKUP_CONFIG_JSON',
  /** Minutes after which a run ends itself, where that is sooner than configured: the workflow says it for each kind. */
  runMinutes: 'BACKUP_RUN_MINUTES',
  /** Key of the bucket to which a run writes its result as well, for a workflow that has no other way to read it. */
  resultKey: 'BACKUP_RESULT_KEY',
  gpgPublicKey: 'GPG_PUBLIC_KEY',
  gpgPrivateKey: 'GPG_PRIVATE_KEY',
  gpgPassphrase: 'GPG_PASSPHRASE',
  postgresBinDirs: 'BACKUP_POSTGRES_BINDIRS',
} as const;

/** S3 protocol of the project's Storage; of the project a restore writes to with TARGET_ before each. */
export const STORAGE_ENV = {
  endpoint: 'STORAGE_S3_ENDPOINT',
  region: 'STORAGE_S3_REGION',
  accessKeyId: 'STORAGE_S3_ACCESS_KEY_ID',
  secretAccessKey: 'STORAGE_S3_SECRET_ACCESS_KEY',
  sessionToken: 'STORAGE_S3_SESSION_TOKEN',
} as const;
/** Members of the JSON in the secret storage-s3, by the variable each becomes. */
export const STORAGE_SECRET = {
  [STORAGE_ENV.endpoint]: 'endpoint',
  [STORAGE_ENV.region]: 'region',
  [STORAGE_ENV.accessKeyId]: 'accessKeyId',
  [STORAGE_ENV.secretAccessKey]: 'secretAccessKey',
  [STORAGE_ENV.sessionToken]: 'sessionToken',
} as const;
export const TARGET_PREFIX = 'TARGET_';

/** The API of the project that a drill restores into, and the keys it is asked with; not there for a bare database. */
export const TARGET_API_ENV = {
  url: 'TARGET_API_URL',
  anonKey: 'TARGET_ANON_KEY',
  serviceRoleKey: 'TARGET_SERVICE_ROLE_KEY',
} as const;

/** Object names inside a set's folder. */
export const OBJECT = {
  schema: 'schema.dump.zst.gpg',
  rest: 'rest.dump.zst.gpg',
  roles: 'roles.sql.zst.gpg',
  /** Of a Supabase project: structure of the platform's schemas, for a database that has none. */
  platform: 'platform.dump.zst.gpg',
  /** What users have added there, for a project: see core/supabase/additions.ts. */
  supabase: 'supabase.jsonl.zst.gpg',
  vault: 'vault.jsonl.zst.gpg',
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

/** Environment variables of the Lambda functions; the stack sets them, the handlers read them. */
export const LAMBDA_ENV = {
  /** `staging`, `production` …: the dimension of every metric, and part of every alert. */
  environment: 'ENVIRONMENT_NAME',
  /** The validated policy of the environment, as JSON. */
  policy: 'BACKUP_POLICY',
  /** Per kind, the minutes after which the workflow stops a task, as JSON. */
  taskTimeoutMinutes: 'TASK_TIMEOUT_MINUTES',
  /** Log groups of the tasks, by the step that runs them, as JSON. */
  taskLogs: 'TASK_LOGS',
  /** The workflow whose running executions are looked at before another one starts. */
  backupStateMachineArn: 'BACKUP_STATE_MACHINE_ARN',
  restoreStateMachineArn: 'RESTORE_STATE_MACHINE_ARN',
  /** Minutes after which the workflow stops the task of a restore. */
  restoreTimeoutMinutes: 'RESTORE_TIMEOUT_MINUTES',
  /** Language of what people are told in Slack: `ko` or `en`. */
  language: 'MESSAGE_LANGUAGE',
  /** Secret that holds the address of the Slack channel's webhook. */
  slackWebhookSecret: 'SLACK_WEBHOOK_SECRET_ARN',
  /** Topic that takes what Slack does not. */
  alertTopicArn: 'ALERT_TOPIC_ARN',
  /** Table of what Slack was told in this hour, and of runs that failed last. */
  toldTable: 'TOLD_TABLE',
  /** Secrets that hold the connection strings of the database, and of the one a restore writes to. */
  databaseSecretArn: 'DATABASE_SECRET_ARN',
  targetDatabaseSecretArn: 'TARGET_DATABASE_SECRET_ARN',
  /** Secret that a restore into a new project writes, and what is told of it. */
  newProjectSecretArn: 'NEW_PROJECT_SECRET_ARN',
  newProjectSecretName: 'NEW_PROJECT_SECRET_NAME',
  /** Zone in which people read a clock. */
  timeZone: 'TIME_ZONE',
  /** The part `integrity` of the engine's configuration, as JSON. */
  integrity: 'INTEGRITY_CONFIG',
  /** Secret that holds the access token of the Supabase Management API. */
  supabaseTokenSecretArn: 'SUPABASE_TOKEN_SECRET_ARN',
  /** Address of the Management API; the stack does not set it, a stand-in does. */
  supabaseApiUrl: 'SUPABASE_API_URL',
  /** Reference of the project that is backed up. */
  supabaseProjectRef: 'SUPABASE_PROJECT_REF',
  /** The part `supabase.newProjects` of the environment, as JSON; not there where restores make no projects. */
  newProjects: 'SUPABASE_NEW_PROJECTS',
  /** Port of the pooler; the stack does not set it, a stand-in does. */
  supabasePoolerPort: 'SUPABASE_POOLER_PORT',
  /** The part `supabase.drill` of the environment, as JSON. */
  supabaseDrill: 'SUPABASE_DRILL',
  /** What a drill restores into where its input says nothing, and the minutes after which the workflow stops it. */
  drillTarget: 'DRILL_TARGET',
  drillTimeoutMinutes: 'DRILL_TIMEOUT_MINUTES',
  /** SSM parameter that says whether drills are off for a month; core/drill/switch.ts reads it. */
  drillSwitch: 'DRILL_SWITCH_PARAMETER',
  /** What the cost guard goes by, as JSON; core/cost/guard-settings.ts reads it. */
  costGuard: 'COST_GUARD',
  /** Cluster in which the tasks run. */
  clusterArn: 'CLUSTER_ARN',
  /** What the monitor judges the health of the backups by (core/health/expectations.ts), as JSON. */
  expectations: 'HEALTH_EXPECTATIONS',
} as const;

/** Custom metrics (embedded metric format); dimensions `Environment` and, where one kind is meant, `Kind`. */
export const METRIC = {
  namespace: 'VideoPlanetBackup',
  dimensionEnvironment: 'Environment',
  dimensionKind: 'Kind',
  /** Minutes between now and the snapshot of the newest verified set of the kind (spec M1). */
  newestVerifiedAgeMinutes: 'NewestVerifiedAgeMinutes',
  /** Minutes since the run began that made the newest inventory of files; its kind is `files`. */
  newestInventoryAgeMinutes: 'NewestInventoryAgeMinutes',
  /** Sets of the kind that exist, verified or not. */
  sets: 'Sets',
  /** Sets the retention run marked as expired. */
  setsMarkedExpired: 'SetsMarkedExpired',
  /** 1 where point-in-time recovery of the Supabase project is on, 0 where it is off. */
  pitrEnabled: 'PitrEnabled',
  /** Minutes between now and the newest point that recovery can go to. */
  pitrNewestPointAgeMinutes: 'PitrNewestPointAgeMinutes',
  /** Days between now and the oldest point that recovery can go to. */
  pitrDays: 'PitrDays',
  /** Projects that drills had left, and the reaper deleted. */
  leakedProjectsDeleted: 'LeakedProjectsDeleted',
  /** Projects that drills had left, and that are still there. */
  leakedProjectsKept: 'LeakedProjectsKept',
  /** Days since the newest drill began that verified everything (spec D6). */
  verifiedDrillAgeDays: 'VerifiedDrillAgeDays',
  /** US dollars that AWS counts for the month so far, without tax and credits. */
  monthToDateUsd: 'MonthToDateUsd',
  /** What the cost guard told of that no other alarm tells of. */
  costFindings: 'CostFindings',
  /** Of the newest verified sets of all kinds: the least, and the most, by the median of the sets before each; 1 where none is. */
  smallestSizeRatio: 'SmallestSizeRatio',
  largestSizeRatio: 'LargestSizeRatio',
  /** The same for the minutes they took; and the share of its time limit that the one nearest to it took. */
  longestDurationRatio: 'LongestDurationRatio',
  longestShareOfTimeLimit: 'LongestShareOfTimeLimit',
  /** Sets that people are called for: found damaged, or made and not verified; and runs that have not made one. */
  setsDamaged: 'SetsDamaged',
  setsUnverified: 'SetsUnverified',
  runsStuck: 'RunsStuck',
  /** Sets that are there long after retention and lifecycle should have let them go. */
  setsOverdue: 'SetsOverdue',
  /** Hours since the oldest upload was begun that is neither completed nor given up; 0 where there is none. */
  oldestOpenUploadHours: 'OldestOpenUploadHours',
} as const;

/** Names a failed execution ends with; alarms and the runbook go by them. */
export const WORKFLOW_ERROR = {
  /** The input of the execution is not what the workflow takes; nothing was done. */
  inputInvalid: 'WorkflowInputInvalid',
  backupFailed: 'BackupFailed',
  /** The engine refused its input or configuration (exit code 3); nothing was done. */
  configurationInvalid: 'BackupConfigurationInvalid',
  verificationFailed: 'BackupVerificationFailed',
  taskNotStarted: 'TaskNotStarted',
  timedOut: 'WorkflowTimedOut',
  retentionFailed: 'RetentionFailed',
  /** The input of a restore is not what the workflow takes, or names what is not there; nothing was done. */
  restoreInputInvalid: 'RestoreInputInvalid',
  /** A restore was refused, by the workflow or by the engine (exit code 3); nothing was done. */
  restoreRefused: 'RestoreRefused',
  /** The engine failed (exit code 1), and took back what it had begun or says what is left. */
  restoreFailed: 'RestoreFailed',
  /** The data is there; something about it was not proved (exit code 2). */
  restoreNotVerified: 'RestoreNotVerified',
  /** The data is there, and breaks an integrity rule. */
  restoreViolatesIntegrity: 'RestoreViolatesIntegrity',
  /** Archived objects did not become readable; nothing was restored. */
  thawFailed: 'RestoreThawFailed',
  /** What is in the target could not be kept first, so nothing was restored over it. */
  preRestoreSetFailed: 'PreRestoreSetFailed',
  /** Supabase took the project back and failed: it is in a state that it does not leave by itself. */
  pitrFailed: 'PitrRestoreFailed',
  /** Nobody can say whether the project goes back: an answer was lost, or it is not done in time. */
  pitrUnclear: 'PitrRestoreUnclear',
  /** The project of a restore was not made, or cannot be used; whatever was made stays, and is billed. */
  newProjectFailed: 'NewProjectFailed',
  /** The database is there and its Storage files are not, or not all of them. */
  filesFailed: 'RestoreFilesFailed',
  /** The input of a drill is not what the workflow takes, or the engine refused it; nothing was done. */
  drillInputInvalid: 'DrillInputInvalid',
  /** Something that a drill looked at is wrong, or the drill broke: until it is known which, no restore is proved. */
  drillFailed: 'DrillFailed',
  /** Nothing was found wrong, and not everything could be looked at. */
  drillNotVerified: 'DrillNotVerified',
  /** What a drill has made is still there, and billed. */
  drillCleanUpFailed: 'DrillCleanUpFailed',
  unexpected: 'WorkflowUnexpectedError',
} as const;

/**
 * Errors that functions throw before they have asked anybody else for anything, so that nothing has begun. Whatever else
 * one ends with leaves open what became of its request.
 */
export const NOTHING_ASKED_ERRORS = [
  WORKFLOW_ERROR.restoreInputInvalid,
  WORKFLOW_ERROR.restoreRefused,
  WORKFLOW_ERROR.newProjectFailed,
  'EventInvalidError',
  'EnvironmentError',
  'SecretUnreadableError',
] as const;

/**
 * Errors of `ecs:runTask.sync` that mean the task never started, so that running it again is safe
 * (cdklabs/construct-hub#415: a throttle may come disguised as an invalid parameter).
 */
export const TASK_START_ERRORS = [
  'AmazonECS.Unknown',
  'ECS.AmazonECSException',
  'ECS.InvalidParameterException',
  'ECS.ThrottlingException',
  'ECS.ServerException',
  'ECS.SdkClientException',
] as const;

/** Object tag by which retention marks, and the only thing by which lifecycle expires (spec P10). */
export const RETENTION_TAG = { key: 'retention', expired: 'expired' } as const;

/** Key prefixes besides those of the kinds. */
export const PREFIX = { audit: 'audit', assets: 'assets', drills: 'drills', restores: 'restores' } as const;

/** What the image and the task definition agree on. */
export const CONTAINER = {
  name: 'engine',
  /** First part of the names of its log streams: `engine/engine/<task>`. */
  logPrefix: 'engine',
  /** Uid and gid the image makes and the task runs as. */
  user: '10001:10001',
  /** The only place a task can write to; the image hands it to its user. */
  scratchDir: '/scratch',
} as const;
