import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { emptySecret } from './backup-secrets.ts';

export interface SupabaseSecretsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Whether restores make projects. */
  readonly newProjects: boolean;
  /** Whether drills make projects. */
  readonly drills: boolean;
}

/** What a restore needs besides where the database is a Supabase project. */
export class SupabaseSecrets extends Construct {
  /**
   * Of the project that a restore makes: the function that makes it fills this, and nobody by hand. Nothing where
   * restores make none.
   */
  readonly newProject?: ISecret;
  /** Name of it, for people. */
  readonly newProjectName: string;
  /** The same of the project that a drill makes, and deletes. Nothing where drills make none. */
  readonly drillProject?: ISecret;
  readonly drillProjectName: string;
  /** Opens the Storage that a restore of files writes to. */
  readonly targetStorageS3: ISecret;

  constructor(scope: Construct, id: string, { environment, newProjects, drills }: SupabaseSecretsProps) {
    super(scope, id);
    const nameOf = (name: string) => `videoplanet-backup/${environment}/${name}`;
    this.newProjectName = nameOf('new-project');
    if (newProjects)
      this.newProject = emptySecret(
        this,
        'NewProject',
        this.newProjectName,
        'Connection string, password and Storage keys of the newest project that a restore has made. Written by the restore.',
      );
    this.drillProjectName = nameOf('drill-project');
    if (drills)
      this.drillProject = emptySecret(
        this,
        'DrillProject',
        this.drillProjectName,
        'Connection string, password and keys of the project that the last drill has made, and deleted. Written by the drill.',
      );
    this.targetStorageS3 = emptySecret(
      this,
      'TargetStorageS3',
      nameOf('target-storage-s3'),
      `Storage that a restore of files writes to, where that is another project. ${S3_FORM}`,
    );
  }
}

const S3_FORM =
  '{"endpoint": …, "region": …, "accessKeyId": …, "secretAccessKey": …, "sessionToken": ""}, from Storage, S3 in its dashboard.';
