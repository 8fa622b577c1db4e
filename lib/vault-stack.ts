import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import { BackupBucket } from './backup-bucket.ts';
import { BackupSecrets } from './backup-secrets.ts';
import { checkedLifecycle } from './checked-lifecycle.ts';
import { SupabaseSecrets } from './supabase-secrets.ts';

export interface VaultStackProps extends StackProps {
  readonly config: Pick<EnvironmentConfig, 'name' | 'policy' | 'supabase'> &
    Partial<Pick<EnvironmentConfig, 'files'>>;
}

/** What must outlive everything else: the backups and the secrets. It refers to nothing outside itself. */
export class VaultStack extends Stack {
  /** Tasks and functions of the operations stack work on it. */
  readonly bucket: IBucket;
  /** Tasks of the operations stack are given them by ECS. */
  readonly secrets: BackupSecrets;
  /** The same, only where the database is a Supabase project. */
  readonly supabaseSecrets?: SupabaseSecrets;

  constructor(scope: Construct, id: string, props: VaultStackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    const { name, policy, supabase, files } = props.config;
    const backups = new BackupBucket(this, 'Backups', {
      lifecycle: checkedLifecycle(this, policy),
      lockFor: Duration.days(policy.objectLockDays),
    });
    this.bucket = backups.bucket;
    this.secrets = new BackupSecrets(this, 'Secrets', {
      environment: name,
      supabase: supabase !== undefined,
      files: files?.enabled ?? false,
    });
    if (supabase !== undefined)
      this.supabaseSecrets = new SupabaseSecrets(this, 'Supabase', {
        environment: name,
        newProjects: supabase.newProjects !== undefined,
        drills: supabase.drill !== undefined,
      });
    new CfnOutput(this, 'BucketName', {
      value: this.bucket.bucketName,
      description: 'The backups lie here: BACKUP_BUCKET of the engine',
    });
  }
}
