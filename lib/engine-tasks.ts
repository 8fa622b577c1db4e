import type { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import type { TaskLogNames } from '../core/failure/task-log.ts';
import { ENV } from '../core/names.ts';
import type { BackupSecrets } from './backup-secrets.ts';
import { drillRights, filesRights, readerRights, verifierRights, writerRights } from './bucket-rights.ts';
import { EngineTask } from './engine-task.ts';
import { ProjectTasks, storageMembers } from './project-tasks.ts';
import type { SupabaseSecrets } from './supabase-secrets.ts';

export interface EngineTasksProps {
  readonly bucket: IBucket;
  readonly secrets: BackupSecrets;
  /**
   * What restores need of the Supabase project.
   * @default - the database is none
   */
  readonly supabase?: { readonly secrets: SupabaseSecrets; readonly projectRef: string } | undefined;
  /** Whether files of Storage are backed up. */
  readonly backsUpFiles: boolean;
  readonly image: ContainerImage;
  /** Of drills, which have a server beside the engine. */
  readonly drill: EnvironmentConfig['drill'];
  readonly size: Pick<EnvironmentConfig['task'], 'cpu' | 'memoryMiB'>;
  /** Configuration of the engine, handed over as it is. */
  readonly engine: EnvironmentConfig['engine'];
  readonly logRetention: RetentionDays;
}

/** The engine in its offices. None of them can delete, and none has what another needs (spec S1, S3). */
export class EngineTasks extends Construct {
  /** Makes sets: knows the database, can encrypt, can add to the bucket, and copy there what has not changed. */
  readonly writer: EngineTask;
  /**
   * Makes the set of a target before a restore replaces it (spec R4): a writer that knows the target instead, and can add
   * sets of that kind only. Where the target is the database itself, the writer does.
   */
  readonly preserver: EngineTask;
  /** Reads sets back: knows no secret at all, writes nothing but its finding. */
  readonly verifier: EngineTask;
  /** Restores and drills: can decrypt, can only read from the bucket, and reports. */
  readonly reader: EngineTask;
  /** The same for a restore over the database that is backed up, which it is given instead of another target. */
  readonly inPlaceReader: EngineTask;
  /**
   * Rehearses a recovery in a server of its own: can decrypt, reads the source to count what would be lost, adds evidence. It
   * knows no target but the one it makes.
   */
  readonly drill: EngineTask;
  /** Where the database is a Supabase project. */
  readonly projects?: ProjectTasks;
  /** Copies the files of Storage, where that is asked for: knows database and files, can encrypt, adds below one prefix only. */
  readonly files?: EngineTask;

  constructor(scope: Construct, id: string, props: EngineTasksProps) {
    super(scope, id);
    const { bucket, secrets } = props;
    const common = {
      image: props.image,
      ...props.size,
      environment: {
        [ENV.bucket]: bucket.bucketName,
        [ENV.configJson]: JSON.stringify(props.engine),
        LOG_LEVEL: 'info',
      },
      logRetention: props.logRetention,
    };
    // so that a set kept before the project goes back in time is of that project
    const ofSource =
      props.supabase === undefined
        ? common
        : {
            ...common,
            environment: { ...common.environment, [ENV.supabaseProjectRef]: props.supabase.projectRef },
          };
    this.writer = new EngineTask(this, 'Writer', {
      ...ofSource,
      secrets: { [ENV.databaseUrl]: secrets.databaseUrl, [ENV.gpgPublicKey]: secrets.gpgPublicKey },
      rights: writerRights(bucket),
    });
    this.preserver = new EngineTask(this, 'Preserver', {
      ...common,
      secrets: { [ENV.databaseUrl]: secrets.targetDatabaseUrl, [ENV.gpgPublicKey]: secrets.gpgPublicKey },
      rights: writerRights(bucket, ['prerestore']),
    });
    this.verifier = new EngineTask(this, 'Verifier', { ...common, rights: verifierRights(bucket) });
    const keys = {
      [ENV.gpgPrivateKey]: secrets.gpgPrivateKey,
      [ENV.gpgPassphrase]: secrets.gpgPassphrase,
    };
    this.reader = new EngineTask(this, 'Reader', {
      ...common,
      secrets: { [ENV.targetDatabaseUrl]: secrets.targetDatabaseUrl, ...keys },
      rights: readerRights(bucket),
    });
    this.inPlaceReader = new EngineTask(this, 'InPlaceReader', {
      ...common,
      secrets: { [ENV.databaseUrl]: secrets.databaseUrl, ...keys },
      rights: readerRights(bucket),
    });
    this.drill = new EngineTask(this, 'Drill', {
      ...ofSource,
      cpu: props.drill.cpu,
      memoryMiB: props.drill.memoryMiB,
      ephemeralStorageGiB: props.drill.ephemeralStorageGiB,
      secrets: { [ENV.databaseUrl]: secrets.databaseUrl, ...keys },
      rights: drillRights(bucket),
    });
    if (props.supabase !== undefined)
      this.projects = new ProjectTasks(this, 'Projects', {
        ...{ bucket, secrets, common },
        supabase: props.supabase.secrets,
        projectRef: props.supabase.projectRef,
        drill: props.drill,
      });
    const { storageS3 } = secrets;
    if (props.backsUpFiles && storageS3 !== undefined)
      this.files = new EngineTask(this, 'Files', {
        ...ofSource,
        secrets: { [ENV.databaseUrl]: secrets.databaseUrl, [ENV.gpgPublicKey]: secrets.gpgPublicKey },
        secretMembers: storageMembers(storageS3, ''),
        rights: filesRights(bucket),
      });
  }

  /** Names of their log groups, by the step of a workflow that runs them. */
  get logs(): TaskLogNames {
    return {
      backup: this.writer.logGroup.logGroupName,
      verify: this.verifier.logGroup.logGroupName,
      preserve: this.preserver.logGroup.logGroupName,
      restore: this.reader.logGroup.logGroupName,
      restoreInPlace: this.inPlaceReader.logGroup.logGroupName,
      drill: this.drill.logGroup.logGroupName,
      ...this.projects?.logs,
      ...(this.files === undefined ? {} : { files: this.files.logGroup.logGroupName }),
    };
  }
}
