import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { TaskLogs } from '../core/failure/task-log.ts';
import { ENV, STORAGE_ENV, STORAGE_SECRET, TARGET_API_ENV, TARGET_PREFIX } from '../core/names.ts';
import { API_FIELD, PROJECT_FIELD } from '../core/new-project/credentials.ts';
import type { BackupSecrets } from './backup-secrets.ts';
import { drillRights, filesReaderRights, projectReaderRights } from './bucket-rights.ts';
import { EngineTask, type EngineTaskProps } from './engine-task.ts';
import type { SupabaseSecrets } from './supabase-secrets.ts';

export interface ProjectTasksProps {
  readonly bucket: IBucket;
  readonly secrets: Pick<
    BackupSecrets,
    'databaseUrl' | 'targetDatabaseUrl' | 'gpgPrivateKey' | 'gpgPassphrase' | 'storageS3'
  >;
  readonly supabase: SupabaseSecrets;
  /** Of the project that is backed up: what confirms that its files are overwritten. */
  readonly projectRef: string;
  /** Size of the task that holds drills. */
  readonly drill: Pick<EngineTaskProps, 'cpu' | 'memoryMiB'>;
  /** What all tasks have in common. */
  readonly common: Omit<EngineTaskProps, 'secrets' | 'rights'>;
}

/** The engine where it restores to a Supabase project or its Storage; each knows the one it writes to, and no other. */
export class ProjectTasks extends Construct {
  /** Restores into the project that a restore has made: its database and its files. Nothing where none is made. */
  readonly projectReader?: EngineTask;
  /** Holds a drill in the project that was made for it. Nothing where none is made. */
  readonly drill?: EngineTask;
  /** Brings files back into the Storage of the target. */
  readonly filesReader: EngineTask;
  /** Brings files back into the Storage that is backed up. */
  readonly filesInPlaceReader: EngineTask;

  constructor(scope: Construct, id: string, props: ProjectTasksProps) {
    super(scope, id);
    const { bucket, secrets, supabase, projectRef } = props;
    const keys = {
      [ENV.gpgPrivateKey]: secrets.gpgPrivateKey,
      [ENV.gpgPassphrase]: secrets.gpgPassphrase,
    };
    const task = (name: string, own: Partial<EngineTaskProps>) =>
      new EngineTask(this, name, {
        ...props.common,
        rights: filesReaderRights(bucket),
        ...own,
        secrets: { ...own.secrets, ...keys },
      });
    const { newProject, drillProject } = supabase;
    if (newProject !== undefined)
      this.projectReader = task('ProjectReader', {
        secretMembers: {
          [ENV.targetDatabaseUrl]: { secret: newProject, member: PROJECT_FIELD.databaseUrl },
          ...storageMembers(newProject, TARGET_PREFIX, PROJECT_FIELD),
        },
        rights: projectReaderRights(bucket),
      });
    if (drillProject !== undefined)
      this.drill = task('Drill', {
        ...{ cpu: props.drill.cpu, memoryMiB: props.drill.memoryMiB },
        // the source is read to count what would be lost
        secrets: { [ENV.databaseUrl]: secrets.databaseUrl },
        secretMembers: {
          [ENV.targetDatabaseUrl]: { secret: drillProject, member: PROJECT_FIELD.databaseUrl },
          ...apiMembers(drillProject),
          ...storageMembers(drillProject, TARGET_PREFIX, PROJECT_FIELD),
        },
        environment: { ...props.common.environment, [ENV.supabaseProjectRef]: projectRef },
        rights: drillRights(bucket),
      });
    this.filesReader = task('FilesReader', {
      secrets: { [ENV.targetDatabaseUrl]: secrets.targetDatabaseUrl },
      secretMembers: storageMembers(supabase.targetStorageS3, TARGET_PREFIX),
    });
    this.filesInPlaceReader = task('FilesInPlaceReader', {
      secrets: { [ENV.databaseUrl]: secrets.databaseUrl },
      secretMembers: secrets.storageS3 === undefined ? {} : storageMembers(secrets.storageS3, ''),
      environment: { ...props.common.environment, [ENV.supabaseProjectRef]: projectRef },
    });
  }

  /** Names of their log groups. */
  get logs(): TaskLogs {
    return {
      ...(this.projectReader === undefined
        ? {}
        : { restoreProject: this.projectReader.logGroup.logGroupName }),
      ...(this.drill === undefined ? {} : { drillProject: this.drill.logGroup.logGroupName }),
      restoreFiles: this.filesReader.logGroup.logGroupName,
      restoreFilesInPlace: this.filesInPlaceReader.logGroup.logGroupName,
    };
  }
}

type StorageField = keyof typeof STORAGE_ENV;
const STORAGE_FIELDS = Object.keys(STORAGE_ENV) as StorageField[];

/** What the API of a project is asked with. */
function apiMembers(secret: ISecret): NonNullable<EngineTaskProps['secretMembers']> {
  return {
    [TARGET_API_ENV.url]: { secret, member: API_FIELD.url },
    [TARGET_API_ENV.anonKey]: { secret, member: API_FIELD.anonKey },
    [TARGET_API_ENV.serviceRoleKey]: { secret, member: API_FIELD.serviceRoleKey },
  };
}

/** Variables of the S3 protocol of a Storage, from the members of a secret. */
export function storageMembers(
  secret: ISecret,
  prefix: string,
  named?: Readonly<Record<StorageField, string>>,
): NonNullable<EngineTaskProps['secretMembers']> {
  return Object.fromEntries(
    STORAGE_FIELDS.map((field) => [
      `${prefix}${STORAGE_ENV[field]}`,
      { secret, member: named?.[field] ?? STORAGE_SECRET[STORAGE_ENV[field]] },
    ]),
  );
}
