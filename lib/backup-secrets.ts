import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface BackupSecretsProps {
  /** Name of the environment: secrets are found as `videoplanet-backup/<environment>/<name>`. */
  readonly environment: string;
  /**
   * Whether the database is a Supabase project that is asked about.
   * @default false
   */
  readonly supabase?: boolean;
  /**
   * Whether files of Storage are backed up. Their secret is there for a Supabase project too, which files are restored to.
   * @default false
   */
  readonly files?: boolean;
}

/**
 * What the team knows and the template must not: created empty, filled by hand. Nothing is generated, for a value nobody
 * entered would look like a working one; a task whose secret is still empty does not start, and says which.
 */
export class BackupSecrets extends Construct {
  /** The writer's task connects with it. */
  readonly databaseUrl: ISecret;
  /** Where the reader's task restores to. */
  readonly targetDatabaseUrl: ISecret;
  /** The writer encrypts to it. */
  readonly gpgPublicKey: ISecret;
  /** The reader alone decrypts with it (spec S3). */
  readonly gpgPrivateKey: ISecret;
  /** Opens the private key. */
  readonly gpgPassphrase: ISecret;
  /** Alerts go to this Slack channel. */
  readonly slackWebhookUrl: ISecret;
  /** Opens the Supabase Management API. Only where the environment has a Supabase project. */
  readonly supabaseAccessToken?: ISecret;
  /** Opens the project's files over its S3 protocol; nothing where there are none to back up or restore. */
  readonly storageS3?: ISecret;

  constructor(scope: Construct, id: string, props: BackupSecretsProps) {
    super(scope, id);
    const secret = (childId: string, name: string, description: string) =>
      emptySecret(this, childId, `videoplanet-backup/${props.environment}/${name}`, description);
    this.databaseUrl = secret(
      'DatabaseUrl',
      'database-url',
      'Database to back up: postgresql://user:password@host:5432/database?sslmode=require (with ' +
        'verify-full&sslrootcert=system instead of require where a public authority signed its certificate). Direct host ' +
        'or session pooler, port 5432, never 6543; user and password percent-encoded.',
    );
    this.targetDatabaseUrl = secret(
      'TargetDatabaseUrl',
      'target-database-url',
      'Database a restore writes to, in the form of database-url. An empty database, or a new Supabase project.',
    );
    this.gpgPublicKey = secret(
      'GpgPublicKey',
      'gpg-public-key',
      'Public key backups are encrypted to: the whole output of gpg --armor --export <key id>.',
    );
    this.gpgPrivateKey = secret(
      'GpgPrivateKey',
      'gpg-private-key',
      'Private key, for restores and drills only: the whole output of gpg --armor --export-secret-keys <key id>. ' +
        'Keep a copy outside this account: without it no backup can be read.',
    );
    this.gpgPassphrase = secret(
      'GpgPassphrase',
      'gpg-passphrase',
      'Passphrase of gpg-private-key; of a key without one: none.',
    );
    this.slackWebhookUrl = secret(
      'SlackWebhookUrl',
      'slack-webhook-url',
      'Incoming webhook of the channel that hears of failures: https://hooks.slack.com/services/…',
    );
    if (props.supabase === true)
      this.supabaseAccessToken = secret(
        'SupabaseToken',
        'supabase-token',
        'Access token of the Supabase Management API (Account, Access Tokens), beginning with sbp_: one for all projects of ' +
          'the organizations in question.',
      );
    if (props.supabase === true || props.files === true)
      this.storageS3 = secret(
        'StorageS3',
        'storage-s3',
        'S3 access to the files of the project (Storage, S3): {"endpoint": "https://<ref>.storage.supabase.co/storage/v1/s3", ' +
          '"region": "…", "accessKeyId": "…", "secretAccessKey": "…", "sessionToken": ""}. All five, the last empty as a rule.',
      );
  }
}

/** A secret without a value: the L2 construct cannot make one, it always generates a password. */
export function emptySecret(scope: Construct, id: string, name: string, description: string): ISecret {
  const resource = new CfnSecret(scope, id, {
    name,
    description: `${description} Set: aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://…`,
  });
  resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
  Validations.of(resource).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason:
      'The value comes from outside AWS (the database, the key holder, Slack, Supabase): only people can renew it there.',
  });
  return Secret.fromSecretCompleteArn(scope, `${id}Value`, resource.ref);
}
