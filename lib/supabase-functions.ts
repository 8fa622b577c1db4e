import { Duration } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import { LAMBDA_ENV } from '../core/names.ts';
import type { SupabaseSettings } from '../core/supabase/settings.ts';
import { BackupFunction } from './backup-function.ts';
import { keepSecretsRight, readSecretsRight } from './secret-rights.ts';
import type { SupabaseSecrets } from './supabase-secrets.ts';

export interface SupabaseFunctionsProps {
  readonly config: Pick<EnvironmentConfig, 'name' | 'timeZone'>;
  readonly settings: SupabaseSettings;
  /** Opens the Management API. */
  readonly token: ISecret;
  readonly secrets: Pick<SupabaseSecrets, 'newProject' | 'newProjectName'>;
  readonly logRetention: RetentionDays;
}

/** Reading is tried again for three minutes at the most, and each does some of it one after the other. */
export const SUPABASE_CALL_TIMEOUT = Duration.minutes(12);

/** What asks Supabase's Management API for a restore. Both hold the token; only one may write a secret. */
export class SupabaseFunctions extends Construct {
  /** Has the project taken back in time, and looks how it comes back. */
  readonly pitr: BackupFunction;
  /** Makes a project to restore into, and hands it over. Nothing where restores make none. */
  readonly project?: BackupFunction;

  constructor(scope: Construct, id: string, props: SupabaseFunctionsProps) {
    super(scope, id);
    const { config, settings, token, secrets, logRetention } = props;
    const common = { logRetention, timeout: SUPABASE_CALL_TIMEOUT };
    const environment = {
      [LAMBDA_ENV.environment]: config.name,
      [LAMBDA_ENV.timeZone]: config.timeZone,
      [LAMBDA_ENV.supabaseTokenSecretArn]: token.secretArn,
      [LAMBDA_ENV.supabaseProjectRef]: settings.projectRef,
    };
    this.pitr = new BackupFunction(this, 'Pitr', {
      ...common,
      capability: 'supabase-pitr',
      description: 'Has Supabase take its project back to a second, and looks until it is up again',
      environment,
      rights: [readSecretsRight('ReadToken', [token])],
    });
    const { newProject } = secrets;
    if (settings.newProjects === undefined || newProject === undefined) return;
    this.project = new BackupFunction(this, 'Project', {
      ...common,
      capability: 'supabase-project',
      description: 'Makes a Supabase project to restore into, and puts its passwords into a secret',
      environment: {
        ...environment,
        [LAMBDA_ENV.newProjects]: JSON.stringify(settings.newProjects),
        [LAMBDA_ENV.newProjectSecretArn]: newProject.secretArn,
        [LAMBDA_ENV.newProjectSecretName]: secrets.newProjectName,
      },
      rights: [readSecretsRight('ReadToken', [token]), keepSecretsRight('KeepPasswords', [newProject])],
    });
  }

  /** All of them. */
  get all(): BackupFunction[] {
    return [this.pitr, ...(this.project === undefined ? [] : [this.project])];
  }
}
